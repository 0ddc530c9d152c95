import type { SqliteFile } from '../../store/index.ts';

const prepared = new WeakMap<SqliteFile, Map<string, unknown>>();

/** Prepared once a file: figures are read and written by few statements, many times. */
export const statement = <Row>(file: SqliteFile, sql: string) => {
  const known = prepared.get(file) ?? new Map<string, unknown>();
  prepared.set(file, known);
  const found = known.get(sql) ?? file.prepare(sql);
  known.set(sql, found);
  return found as ReturnType<typeof file.prepare<unknown[], Row>>;
};
