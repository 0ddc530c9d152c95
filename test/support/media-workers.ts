import { readdirSync, readFileSync } from 'node:fs';

/** Processes of mediasoup's worker that `parent` started. */
export const mediaWorkers = (parent = process.pid): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const mine = new RegExp(`^PPid:\\s+${parent}$`, 'm').test(status);
        return mine && status.startsWith('Name:\tmediasoup') ? [Number(pid)] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
