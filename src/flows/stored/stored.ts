import { UsageError } from '../../base/errors.ts';
import type { LinePlan } from '../../config/index.ts';
import type { LineTable, Store } from '../../store/index.ts';
import { compileFlow } from '../compile.ts';
import type { LintContext, LintLine } from '../lint/types.ts';
import type { Flow, FlowDefinition } from '../types.ts';

/** A version of a flow. */
export type KeptFlow = {
  readonly definition: FlowDefinition;
  readonly flow: Flow;
  readonly version: number;
  readonly digest: string;
  readonly createdAt: number;
};

/**
 * A flow as it was kept.
 *
 * @param version undefined: the latest
 * @throws UsageError when there is no such flow or version
 */
export const keptFlow = async (
  flows: Pick<Store['flows'], 'latest' | 'version'>,
  id: string,
  version?: number,
): Promise<KeptFlow> => {
  const latest = await flows.latest(id);
  if (latest === undefined) {
    throw new UsageError(`There is no flow ${id} in the database: \`dialtrace apply\` brings it there`);
  }
  const row = await flows.version(id, version ?? latest);
  if (row === undefined) {
    throw new UsageError(`There is no version ${version} of flow ${id}: the latest is ${latest}`);
  }
  const definition = JSON.parse(row.definition) as FlowDefinition;
  return {
    definition,
    flow: compileFlow(definition, row.version),
    version: row.version,
    digest: row.digest,
    createdAt: row.created_at,
  };
};

type AnyLine = Pick<LinePlan, 'id' | 'type'> & {
  readonly ringSeconds: number;
  readonly trunk: string | undefined;
};

const anyLine = (line: LinePlan | LineTable): AnyLine => {
  const { id, type } = line;
  if ('ring_timeout_s' in line) {
    return { id, type, ringSeconds: line.ring_timeout_s, trunk: line.trunk_id ?? undefined };
  }
  return {
    id,
    type,
    ringSeconds: line.ringTimeoutSeconds,
    trunk: line.type === 'trunk' ? line.trunk : undefined,
  };
};

/** Lines of a plan or of the database, as lint knows them. */
export const lintLines = (
  lines: readonly (LinePlan | LineTable)[],
  trunkIds: readonly string[],
): ReadonlyMap<string, LintLine> =>
  new Map(
    lines.map(anyLine).map(({ id, type, ringSeconds, trunk }) => {
      const hasTrunk = type !== 'trunk' || (trunk !== undefined && trunkIds.includes(trunk));
      return [id, { id, type, ringSeconds, hasTrunk }];
    }),
  );

/** Languages of prompts by their id. */
export const promptLanguages = (
  prompts: readonly { readonly id: string; readonly language: string }[],
): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>();
  for (const { id, language } of prompts) found.set(id, [...(found.get(id) ?? []), language]);
  return found;
};

/** What flows of the database may refer to. */
export const lintContext = async (
  { db }: Pick<Store, 'db'>,
  known: {
    readonly trunkIds: readonly string[];
    /** Undefined: not known, and not checked. */
    readonly prompts?: readonly { readonly id: string; readonly language: string }[] | undefined;
  },
): Promise<LintContext> => {
  const [lines, users] = await Promise.all([
    db.selectFrom('line').selectAll().execute(),
    db.selectFrom('user').select('name').execute(),
  ]);
  return {
    lines: lintLines(lines, known.trunkIds),
    users: new Set(users.map(({ name }) => name)),
    prompts: known.prompts && promptLanguages(known.prompts),
  };
};
