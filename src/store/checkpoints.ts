import { once } from 'node:events';
import { startThread } from '../base/thread.ts';
import type { SqliteFile } from './connection.ts';

/** SQLite's own default: after so many pages the writer itself moves the log into the file, and waits for the disk. */
const INLINE_PAGES = 1000;

/**
 * Checkpoints `file`'s write-ahead log in a thread of its own, so that no call waits for the disk. A thread that dies
 * leaves the work to the writer, as without it.
 */
export const startCheckpoints = (file: SqliteFile): { stop(): Promise<void> } => {
  const inline = (pages: number): void => {
    if (file.open) file.pragma(`wal_autocheckpoint = ${pages}`);
  };
  const thread = startThread(import.meta.url, './checkpoint-worker', { workerData: file.name });
  const ended = once(thread, 'exit');
  // An error ends the thread; its exit says so.
  thread.on('error', () => undefined);
  thread.once('exit', () => inline(INLINE_PAGES));
  inline(0);

  return {
    stop: async () => {
      thread.postMessage('stop');
      await ended;
    },
  };
};
