import { randomInt } from 'node:crypto';

/** A closed port rests for so long, so that late packets of its old call reach no new one. */
const QUARANTINE_MS = 5_000;

/** Pairs of ports, the even one for RTP and the next for RTCP (RFC 3550 11), given out at random. `now` is monotonic milliseconds. */
export type PortPool = {
  /** An even port, taken until `release`; undefined when all are taken or resting. */
  take(now: number): number | undefined;
  /** Gives a port back, to rest. For one that somebody else holds, too. */
  release(port: number, now: number): void;
  /** Ports (not pairs) resting. */
  quarantined(now: number): number;
};

/**
 * @param range first and last port that may be used
 * @param quarantineMs how long a released pair rests
 */
export const createPortPool = (
  range: { readonly from: number; readonly to: number },
  quarantineMs = QUARANTINE_MS,
): PortPool => {
  const free: number[] = [];
  for (let port = range.from + (range.from % 2); port + 1 <= range.to; port += 2) free.push(port);
  /** In the order of their release. */
  const resting: { readonly port: number; readonly until: number }[] = [];

  const wake = (now: number): void => {
    while (resting[0] !== undefined && resting[0].until <= now) {
      const rested = resting.shift();
      if (rested) free.push(rested.port);
    }
  };

  return {
    take(now) {
      wake(now);
      const last = free.pop();
      if (last === undefined) return undefined;
      const place = randomInt(free.length + 1);
      const chosen = free[place];
      if (chosen === undefined) return last;
      free[place] = last;
      return chosen;
    },
    release(port, now) {
      resting.push({ port, until: now + quarantineMs });
    },
    quarantined(now) {
      wake(now);
      return resting.length * 2;
    },
  };
};
