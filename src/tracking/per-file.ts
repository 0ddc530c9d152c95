import type { SqliteFile } from '../store/index.ts';

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
