import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';

/** Often enough to keep the log small, seldom enough to sync many calls at once. */
const EVERY_MS = 2000;

/**
 * Moves what is in the write-ahead log into the database file, and waits for the disk in the place of the thread that
 * carries calls. PASSIVE stops no reader and no writer (sqlite.org/wal.html#ckpt).
 */
const file = new Sqlite(String(workerData));
file.pragma('synchronous = NORMAL');

const timer = setInterval(() => {
  try {
    file.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // A full disk or a file that is held: the log keeps everything until the next time.
  }
}, EVERY_MS);

parentPort?.once('message', () => {
  clearInterval(timer);
  file.close();
  parentPort?.close();
});
