import type { Kysely } from 'kysely';
import type { FlowVersionTable } from './flow-schema.ts';
import type { Database } from './schema.ts';
import { createStatements } from './statements.ts';

export type FlowRepository = {
  /** The version that calls which begin now run; undefined when there is no such flow. */
  latest(flowId: string): Promise<number | undefined>;
  version(flowId: string, version: number): Promise<FlowVersionTable | undefined>;
  /** The latest first, without their definitions. */
  versions(flowId: string): Promise<readonly Omit<FlowVersionTable, 'definition'>[]>;
  /** The latest version of each flow of the plan, by id. */
  list(): Promise<readonly FlowVersionTable[]>;
};

/** Versions of flows. The tracking plan writes them. */
export const flowRepository = (db: Kysely<Database>): FlowRepository => {
  const statements = createStatements();
  return {
    latest: async (flowId) => {
      const [row] = await statements.run(db, 'latest', [flowId, 1], (query) =>
        query
          .selectFrom('flow_version')
          .select('version')
          .where('flow_id', '=', flowId)
          .orderBy('version', 'desc')
          .limit(1),
      );
      return row?.version;
    },
    version: (flowId, version) =>
      db
        .selectFrom('flow_version')
        .selectAll()
        .where('flow_id', '=', flowId)
        .where('version', '=', version)
        .executeTakeFirst(),
    versions: (flowId) =>
      db
        .selectFrom('flow_version')
        .select(['flow_id', 'version', 'digest', 'created_at'])
        .where('flow_id', '=', flowId)
        .orderBy('version', 'desc')
        .execute(),
    list: () =>
      db
        .selectFrom('flow')
        .innerJoin('flow_version', 'flow_version.flow_id', 'flow.id')
        .selectAll('flow_version')
        .where('flow_version.version', '=', (query) =>
          query
            .selectFrom('flow_version as newer')
            .select((eb) => eb.fn.max('newer.version').as('version'))
            .whereRef('newer.flow_id', '=', 'flow.id'),
        )
        .orderBy('flow.id')
        .execute(),
  };
};
