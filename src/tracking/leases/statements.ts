import type { SqliteFile } from '../../store/index.ts';

/** Statements are compiled once for each open file and let go with it. */
export const perFile = <S extends object>(prepare: (file: SqliteFile) => S): ((file: SqliteFile) => S) => {
  const prepared = new WeakMap<SqliteFile, S>();
  return (file) => {
    const known = prepared.get(file);
    if (known) return known;
    const made = prepare(file);
    prepared.set(file, made);
    return made;
  };
};

/**
 * Runs work in the transaction that is open, or in one of its own that has the write lock from its beginning: what it reads
 * stays true until it has written, and all of it is written or nothing.
 *
 * @throws SqliteError `SQLITE_BUSY` when another process holds the database for longer than the busy timeout
 */
export const atomically = <T>(file: SqliteFile, work: () => T): T =>
  file.inTransaction ? work() : file.transaction(work).immediate();
