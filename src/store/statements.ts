import type { CompiledQuery, Kysely } from 'kysely';
import type { Database } from './schema.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * Queries of the busy path, compiled by Kysely once for each shape and run again with other values: compiling a row of
 * forty columns costs more than inserting it.
 */
export type Statements = {
  /** Inserts rows that all have the first one's columns; a row that is there already stays as it is when `keep` is set. */
  insert(
    db: Kysely<Database>,
    table: keyof Database,
    rows: readonly Row[],
    options?: { keep?: boolean },
  ): Promise<void>;
  /** @returns how many rows matched */
  update(db: Kysely<Database>, table: keyof Database, values: Row, where: Row): Promise<number>;
  /** Runs a query whose parameters are `parameters`, in their order; `build` is asked once for each `name`. */
  run<R>(
    db: Kysely<Database>,
    name: string,
    parameters: readonly unknown[],
    build: (db: Kysely<Database>) => { compile(): CompiledQuery<R> },
  ): Promise<readonly R[]>;
};

/** @returns statements for one database: what is compiled for one dialect does not fit another */
export const createStatements = (): Statements => {
  const compiled = new Map<string, CompiledQuery>();

  const lookUp = (name: string, build: () => CompiledQuery): CompiledQuery => {
    const known = compiled.get(name);
    if (known) return known;
    const query = build();
    compiled.set(name, query);
    return query;
  };

  return {
    insert: async (db, table, rows, { keep = false } = {}) => {
      const [first] = rows;
      if (!first) return;
      const columns = Object.keys(first);
      const query = lookUp(`insert ${table} ${rows.length} ${keep} ${columns.join()}`, () => {
        // The shape is known to fit: repositories hand in rows of the table's own type.
        const insert = db.insertInto(table).values(rows as never);
        return (keep ? insert.onConflict((conflict) => conflict.doNothing()) : insert).compile();
      });
      const parameters = rows.flatMap((row) => columns.map((column) => row[column]));
      await db.executeQuery({ ...query, parameters });
    },
    update: async (db, table, values, where) => {
      const columns = Object.keys(values);
      const conditions = Object.keys(where);
      const query = lookUp(`update ${table} ${columns.join()} where ${conditions.join()}`, () =>
        db
          .updateTable(table)
          .set(values as never)
          .where((eb) => eb.and(where as never))
          .compile(),
      );
      const parameters = [
        ...columns.map((column) => values[column]),
        ...conditions.map((column) => where[column]),
      ];
      const result = await db.executeQuery({ ...query, parameters });
      return Number(result.numAffectedRows ?? 0n);
    },
    run: async <R>(
      db: Kysely<Database>,
      name: string,
      parameters: readonly unknown[],
      build: (db: Kysely<Database>) => { compile(): CompiledQuery<R> },
    ) => {
      const query = lookUp(`run ${name}`, () => build(db).compile());
      return (await db.executeQuery({ ...query, parameters } as CompiledQuery<R>)).rows;
    },
  };
};
