import { type Kysely, sql, type Transaction } from 'kysely';
import type { NumberPlan, PoolPlan, TrackingPlan } from '../../config/index.ts';
import type { CallerVault, Database, LineTable, NumberState, SourceTable, Store } from '../../store/index.ts';
import { type Change, diffStates, type PlanDiff, type Subject } from './diff.ts';
import { keepVersions } from './flow-versions.ts';
import {
  automationRow,
  buttonRow,
  experimentRow,
  flowRow,
  groupRow,
  lineRow,
  numberRow,
  poolRow,
  scheduleRow,
  siteRow,
  sourceRow,
} from './rows.ts';
import { desiredState, storedState, WITHDRAWN } from './state.ts';

/** The part of the store that a plan concerns. */
export type PlanStore = Pick<Store, 'db' | 'vault'>;

/** What applying the plan would change. Changes nothing. */
export const planChanges = ({ db, vault }: PlanStore, plan: TrackingPlan): Promise<PlanDiff> =>
  db
    .transaction()
    .execute(async (trx) => diffStates(await storedState(trx, vault, plan), desiredState(plan, vault)));

/**
 * Makes the database say what the plan says, all of it or nothing; what the plan doesn't name is removed. Calls keep their
 * own copy of source and line, so that past call records stay as they are. A number that a pool may have shown to somebody
 * is taken off it and goes on taking calls: it drains, rests in quarantine and retires.
 *
 * @param at now, milliseconds since the epoch
 * @returns what was changed; empty when it said so already
 */
export const applyPlan = (
  { db, vault }: PlanStore,
  plan: TrackingPlan,
  at: number = Date.now(),
): Promise<PlanDiff> => db.transaction().execute((trx) => reconcile(trx, vault, plan, at));

/** `applyPlan` inside a transaction of the caller's. */
export const reconcile = async (
  trx: Transaction<Database>,
  vault: CallerVault,
  plan: TrackingPlan,
  at: number,
): Promise<PlanDiff> => {
  const diff = diffStates(await storedState(trx, vault, plan), desiredState(plan, vault));
  // An order that no foreign key minds: what refers to others goes first and comes last. Many rows a statement, since the
  // gateway's own writes wait for the end of this transaction.
  const removed = namesOf(diff, ['remove']);
  const touched = namesOf(diff, ['add', 'change']);
  const numbers = plan.numbers.filter(
    (entry) => touched('number').has(entry.number) || touched('pool').has(entry.pool ?? ''),
  );
  await removeNumbers(trx, [...removed('number')], at);
  await putSources(trx, plan.sources.filter((source) => touched('source').has(source.id)).map(sourceRow));
  await putLines(trx, plan.lines.filter((line) => touched('line').has(line.id)).map(lineRow));
  await putEntries(trx, 'line_group', pick(plan.groups, touched('group')).map(groupRow));
  await putEntries(trx, 'schedule', pick(plan.schedules, touched('schedule')).map(scheduleRow));
  await putEntries(trx, 'flow', pick(plan.flows, touched('flow')).map(flowRow));
  await putEntries(trx, 'button', pick(plan.buttons, touched('button')).map(buttonRow));
  await putEntries(trx, 'experiment', pick(plan.experiments, touched('experiment')).map(experimentRow));
  await removeEntries(trx, 'experiment', [...removed('experiment')]);
  await removeEntries(trx, 'button', [...removed('button')]);
  await putPools(
    trx,
    plan.pools.filter((pool) => touched('pool').has(pool.id)),
  );
  await putNumbers(trx, numbers, plan.pools, at);
  await removePools(trx, [...removed('pool')]);
  await removeFlows(trx, [...removed('flow')]);
  await removeEntries(trx, 'line_group', [...removed('group')]);
  await removeEntries(trx, 'schedule', [...removed('schedule')]);
  await keepVersions(trx, plan, at);
  await removeLines(trx, [...removed('line')]);
  for (const some of inChunks([...removed('source')]))
    await trx.deleteFrom('source').where('id', 'in', some).execute();
  if (diff.changes.some(({ subject }) => subject === 'site')) await putSites(trx, plan);
  if (diff.changes.some(({ subject }) => subject === 'automation')) await putAutomations(trx, plan);
  if (plan.blockedCallers) await putBlockedCallers(trx, vault, plan.blockedCallers);
  return diff;
};

/** Rows that one statement takes: SQLite allows 32,766 values in one. */
const CHUNK = 500;

const inChunks = <T>(items: readonly T[]): readonly T[][] =>
  Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, index) =>
    items.slice(index * CHUNK, (index + 1) * CHUNK),
  );

/** Names of the entries that the diff treats so, by their subject. */
const namesOf = (diff: PlanDiff, actions: readonly Change['action'][]) => {
  const names = new Map<Subject, Set<string>>();
  for (const { subject, action, id } of diff.changes) {
    if (actions.includes(action)) names.set(subject, (names.get(subject) ?? new Set()).add(id));
  }
  const none: ReadonlySet<string> = new Set();
  return (subject: Subject): ReadonlySet<string> => names.get(subject) ?? none;
};

const pick = <T extends { readonly id: string }>(
  items: readonly T[],
  ids: ReadonlySet<string>,
): readonly T[] => items.filter(({ id }) => ids.has(id));

type EntryTable = 'flow' | 'line_group' | 'schedule' | 'button' | 'experiment';

const putEntries = async (
  trx: Kysely<Database>,
  table: EntryTable,
  rows: readonly { readonly id: string; readonly plan: string }[],
): Promise<void> => {
  for (const some of inChunks(rows)) {
    await trx
      .insertInto(table)
      .values(some)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref }) => ({ plan: ref('excluded.plan') })),
      )
      .execute();
  }
};

const removeEntries = async (
  trx: Kysely<Database>,
  table: EntryTable,
  ids: readonly string[],
): Promise<void> => {
  for (const some of inChunks(ids)) await trx.deleteFrom(table).where('id', 'in', some).execute();
};

/** A flow that numbers in quarantine still ran goes; their calls get the answer of a number without a line. */
const removeFlows = async (trx: Kysely<Database>, flows: readonly string[]): Promise<void> => {
  for (const some of inChunks(flows))
    await trx.updateTable('tracking_number').set({ flow_id: null }).where('flow_id', 'in', some).execute();
  await removeEntries(trx, 'flow', flows);
};

const removeNumbers = async (
  trx: Kysely<Database>,
  numbers: readonly string[],
  at: number,
): Promise<void> => {
  for (const some of inChunks(numbers)) {
    await trx
      .deleteFrom('tracking_number')
      .where('number', 'in', some)
      .where('pool_id', 'is', null)
      .execute();
    await trx
      .updateTable('tracking_number')
      .set({ state: 'draining', state_since: at })
      .where('number', 'in', some)
      .execute();
  }
};

/** Lines that are gone ring no more for numbers in quarantine either. */
const removeLines = async (trx: Kysely<Database>, lines: readonly string[]): Promise<void> => {
  for (const some of inChunks(lines)) {
    await trx.deleteFrom('tracking_number_line').where('line_id', 'in', some).execute();
    await trx.deleteFrom('line').where('id', 'in', some).execute();
  }
};

const putPools = async (trx: Kysely<Database>, pools: readonly PoolPlan[]): Promise<void> => {
  for (const some of inChunks(pools)) {
    await trx
      .insertInto('pool')
      .values(some.map(poolRow))
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref }) => ({ plan: ref('excluded.plan'), removed: 0 })),
      )
      .execute();
  }
};

/** A pool stays as long as numbers of it do. */
const removePools = async (trx: Kysely<Database>, pools: readonly string[]): Promise<void> => {
  for (const some of inChunks(pools)) {
    await trx.updateTable('pool').set({ removed: 1 }).where('id', 'in', some).execute();
    await trx
      .deleteFrom('pool')
      .where('id', 'in', some)
      .where('id', 'not in', (query) =>
        query
          .selectFrom('tracking_number')
          .select('pool_id')
          .where('pool_id', 'is not', null)
          .$castTo<string>(),
      )
      .execute();
  }
};

const putSites = async (trx: Kysely<Database>, { sites }: TrackingPlan): Promise<void> => {
  await trx.deleteFrom('site').execute();
  for (const some of inChunks(sites)) await trx.insertInto('site').values(some.map(siteRow)).execute();
};

const putAutomations = async (trx: Kysely<Database>, { automations }: TrackingPlan): Promise<void> => {
  await trx.deleteFrom('automation').execute();
  for (const some of inChunks(automations.map(automationRow)))
    await trx.insertInto('automation').values(some).execute();
};

const putSources = async (trx: Kysely<Database>, rows: readonly SourceTable[]): Promise<void> => {
  for (const values of inChunks(rows)) {
    await trx
      .insertInto('source')
      .values(values)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref }) => ({
          name: ref('excluded.name'),
          source: ref('excluded.source'),
          medium: ref('excluded.medium'),
          campaign: ref('excluded.campaign'),
          cost_center: ref('excluded.cost_center'),
          keyword: ref('excluded.keyword'),
          landing_page: ref('excluded.landing_page'),
          cost_amount: ref('excluded.cost_amount'),
          cost_currency: ref('excluded.cost_currency'),
          cost_per: ref('excluded.cost_per'),
        })),
      )
      .execute();
  }
};

const putLines = async (trx: Kysely<Database>, rows: readonly LineTable[]): Promise<void> => {
  for (const values of inChunks(rows)) {
    await trx
      .insertInto('line')
      .values(values)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref }) => ({
          name: ref('excluded.name'),
          type: ref('excluded.type'),
          number: ref('excluded.number'),
          trunk_id: ref('excluded.trunk_id'),
          uri: ref('excluded.uri'),
          user: ref('excluded.user'),
          nat: ref('excluded.nat'),
          ring_timeout_s: ref('excluded.ring_timeout_s'),
        })),
      )
      .execute();
  }
};

const putNumbers = async (
  trx: Kysely<Database>,
  entries: readonly NumberPlan[],
  pools: readonly PoolPlan[],
  at: number,
): Promise<void> => {
  const poolOf = new Map(pools.map((pool) => [pool.id, pool]));
  const linesOf = (entry: NumberPlan) => entry.lines ?? poolOf.get(entry.pool ?? '')?.lines ?? [];
  for (const some of inChunks(entries)) {
    await trx
      .insertInto('tracking_number')
      .values(some.map((entry) => numberRow(entry, poolOf.get(entry.pool ?? ''), at)))
      .onConflict((conflict) =>
        conflict.column('number').doUpdateSet(({ ref }) => ({
          label: ref('excluded.label'),
          source_id: ref('excluded.source_id'),
          pool_id: ref('excluded.pool_id'),
          flow_id: ref('excluded.flow_id'),
          // One that changes hands, or comes back from quarantine, begins anew; all others stay where they are.
          state: sql<NumberState>`CASE WHEN tracking_number.pool_id IS NOT excluded.pool_id
            OR tracking_number.state IN (${sql.join(WITHDRAWN)}) THEN excluded.state ELSE tracking_number.state END`,
          state_since: sql<number>`CASE WHEN tracking_number.pool_id IS NOT excluded.pool_id
            OR tracking_number.state IN (${sql.join(WITHDRAWN)}) THEN excluded.state_since ELSE tracking_number.state_since END`,
          record: ref('excluded.record'),
          enabled: ref('excluded.enabled'),
        })),
      )
      .execute();
    const keys = some.map((entry) => entry.number);
    await trx.deleteFrom('tracking_number_line').where('number', 'in', keys).execute();
  }
  const links = entries.flatMap((entry) =>
    linesOf(entry).map((line_id, position) => ({ number: entry.number, position, line_id })),
  );
  for (const values of inChunks(links)) await trx.insertInto('tracking_number_line').values(values).execute();
};

const putBlockedCallers = async (
  trx: Kysely<Database>,
  vault: CallerVault,
  numbers: readonly string[],
): Promise<void> => {
  const stored = await trx.selectFrom('blocked_caller').select('hmac').execute();
  const wanted = new Map(numbers.map((number) => [vault.hmac(number), number]));
  for (const { hmac } of stored) {
    if (!wanted.delete(hmac)) await trx.deleteFrom('blocked_caller').where('hmac', '=', hmac).execute();
  }
  for (const [hmac, number] of wanted) {
    const { caller_encrypted } = vault.seal(number);
    if (caller_encrypted)
      await trx.insertInto('blocked_caller').values({ hmac, number_encrypted: caller_encrypted }).execute();
  }
};
