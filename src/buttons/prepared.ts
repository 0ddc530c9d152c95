import type { SqliteFile } from '../store/index.ts';

/** Statements that are prepared once for a file. */
export const preparedOnce = <T>(prepare: (file: SqliteFile) => T): ((file: SqliteFile) => T) => {
  const prepared = new WeakMap<SqliteFile, { readonly statements: T }>();
  return (file) => {
    const found = prepared.get(file);
    if (found) return found.statements;
    const statements = prepare(file);
    prepared.set(file, { statements });
    return statements;
  };
};
