import type { Kysely } from 'kysely';
import { flowRepository } from './flows.ts';
import type { Database, LineTable } from './schema.ts';
import { createStatements } from './statements.ts';
import type { NumberRepository, NumberRoute } from './types.ts';

/** Tracking numbers with their source and lines. The tracking plan writes them. */
export const numberRepository = (db: Kysely<Database>): NumberRepository => {
  const statements = createStatements();
  const flows = flowRepository(db);
  return {
    route: async (e164) => {
      const [number] = await statements.run(db, 'number', [e164], (query) =>
        query.selectFrom('tracking_number').selectAll().where('number', '=', e164),
      );
      if (!number) return undefined;
      const { source_id: sourceId, flow_id: flowId } = number;
      const [[source], lines, version] = await Promise.all([
        sourceId === null
          ? []
          : statements.run(db, 'source', [sourceId], (query) =>
              query.selectFrom('source').selectAll().where('id', '=', sourceId),
            ),
        statements.run(db, 'lines', [e164], (query) =>
          query
            .selectFrom('tracking_number_line')
            .innerJoin('line', 'line.id', 'tracking_number_line.line_id')
            .selectAll('line')
            .where('tracking_number_line.number', '=', e164)
            .orderBy('tracking_number_line.position'),
        ),
        flowId === null ? undefined : flows.latest(flowId),
      ]);
      const flow = flowId === null || version === undefined ? undefined : { id: flowId, version };
      // The plan may have changed between the questions.
      return source || sourceId === null ? { number, source, lines, flow } : undefined;
    },
    list: () => db.transaction().execute(listRoutes),
    line: async (id) => {
      const [line] = await statements.run(db, 'line', [id], (query) =>
        query.selectFrom('line').selectAll().where('id', '=', id),
      );
      return line;
    },
  };
};

const listRoutes = async (db: Kysely<Database>): Promise<readonly NumberRoute[]> => {
  const numbers = await db.selectFrom('tracking_number').selectAll().orderBy('number').execute();
  const sources = await db.selectFrom('source').selectAll().execute();
  const lines = await db
    .selectFrom('tracking_number_line')
    .innerJoin('line', 'line.id', 'tracking_number_line.line_id')
    .selectAll('line')
    .select('tracking_number_line.number as tracking_number')
    .orderBy('tracking_number_line.number')
    .orderBy('tracking_number_line.position')
    .execute();
  const versions = await db
    .selectFrom('flow_version')
    .select(({ fn }) => ['flow_id', fn.max('version').as('version')])
    .groupBy('flow_id')
    .execute();
  const versionOf = new Map(versions.map(({ flow_id, version }) => [flow_id, version]));
  const flowOf = (id: string | null): NumberRoute['flow'] => {
    const version = id === null ? undefined : versionOf.get(id);
    return id === null || version === undefined ? undefined : { id, version };
  };
  const sourceOf = new Map(sources.map((source) => [source.id, source]));
  const linesOf = new Map<string, LineTable[]>();
  for (const { tracking_number, ...line } of lines) {
    linesOf.set(tracking_number, [...(linesOf.get(tracking_number) ?? []), line]);
  }
  return numbers.flatMap((number) => {
    const source = number.source_id === null ? undefined : sourceOf.get(number.source_id);
    return source || number.source_id === null
      ? [{ number, source, lines: linesOf.get(number.number) ?? [], flow: flowOf(number.flow_id) }]
      : [];
  });
};
