import type { SqliteFile } from '../../store/index.ts';

export { perFile } from '../per-file.ts';

/**
 * Runs work in the transaction that is open, or in one of its own that has the write lock from its beginning: what it reads
 * stays true until it has written, and all of it is written or nothing.
 *
 * @throws SqliteError `SQLITE_BUSY` when another process holds the database for longer than the busy timeout
 */
export const atomically = <T>(file: SqliteFile, work: () => T): T =>
  file.inTransaction ? work() : file.transaction(work).immediate();
