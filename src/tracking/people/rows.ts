import type { SqliteFile } from '../../store/index.ts';

type Statement = ReturnType<typeof prepare>;
/** By position, or one object for `@name`. */
type Values = readonly (string | number | Buffer | null | object)[];

const prepare = (file: SqliteFile, sql: string) => file.prepare<unknown[]>(sql);

const prepared = new WeakMap<SqliteFile, Map<string, Statement>>();

const statement = (file: SqliteFile, sql: string): Statement => {
  const known = prepared.get(file) ?? new Map<string, Statement>();
  prepared.set(file, known);
  const found = known.get(sql) ?? prepare(file, sql);
  known.set(sql, found);
  return found;
};

/** First row of a query; statements are prepared once a file. */
export const one = <Row>(file: SqliteFile, sql: string, ...values: Values): Row | undefined =>
  statement(file, sql).get(...values) as Row | undefined;

export const all = <Row>(file: SqliteFile, sql: string, ...values: Values): readonly Row[] =>
  statement(file, sql).all(...values) as Row[];

/** @returns how many rows were written */
export const run = (file: SqliteFile, sql: string, ...values: Values): number =>
  statement(file, sql).run(...values).changes;

/** Runs `work` in one transaction that holds the write lock from its beginning, or within the one that is open. */
export const inTransaction = <T>(file: SqliteFile, work: () => T): T => file.transaction(work).immediate();
