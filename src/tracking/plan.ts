import type { Kysely, Transaction } from 'kysely';
import type { NumberPlan, TrackingPlan } from '../config/index.ts';
import type { CallerVault, Database, LineTable, SourceTable, Store } from '../store/index.ts';
import { type Change, diffStates, type PlanDiff } from './diff.ts';
import { lineRow, numberRow, sourceRow } from './rows.ts';
import { desiredState, storedState } from './state.ts';

/** The part of the store that a plan concerns. */
export type PlanStore = Pick<Store, 'db' | 'vault'>;

/** What applying the plan would change. Changes nothing. */
export const planChanges = ({ db, vault }: PlanStore, plan: TrackingPlan): Promise<PlanDiff> =>
  db
    .transaction()
    .execute(async (trx) => diffStates(await storedState(trx, vault, plan), desiredState(plan, vault)));

/**
 * Makes the database say what the plan says, all of it or nothing; what the plan doesn't name is removed. Calls keep their
 * own copy of source and line, so that past call records stay as they are.
 *
 * @returns what was changed; empty when it said so already
 */
export const applyPlan = ({ db, vault }: PlanStore, plan: TrackingPlan): Promise<PlanDiff> =>
  db.transaction().execute((trx) => reconcile(trx, vault, plan));

/** `applyPlan` inside a transaction of the caller's. */
export const reconcile = async (
  trx: Transaction<Database>,
  vault: CallerVault,
  plan: TrackingPlan,
): Promise<PlanDiff> => {
  const diff = diffStates(await storedState(trx, vault, plan), desiredState(plan, vault));
  // An order that no foreign key minds: what refers to others goes first and comes last. Many rows a statement, since the
  // gateway's own writes wait for the end of this transaction.
  const removed = namesOf(diff, ['remove']);
  const touched = namesOf(diff, ['add', 'change']);
  const numbers = plan.numbers.filter((entry) => touched.number.has(entry.number));
  for (const some of inChunks([...removed.number]))
    await trx.deleteFrom('tracking_number').where('number', 'in', some).execute();
  await putSources(trx, plan.sources.filter((source) => touched.source.has(source.id)).map(sourceRow));
  await putLines(trx, plan.lines.filter((line) => touched.line.has(line.id)).map(lineRow));
  await putNumbers(trx, numbers);
  for (const some of inChunks([...removed.line]))
    await trx.deleteFrom('line').where('id', 'in', some).execute();
  for (const some of inChunks([...removed.source]))
    await trx.deleteFrom('source').where('id', 'in', some).execute();
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
  const names = { source: new Set<string>(), line: new Set<string>(), number: new Set<string>() };
  for (const { subject, action, id } of diff.changes) {
    if (subject !== 'blocked-caller' && actions.includes(action)) names[subject].add(id);
  }
  return names;
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

const putNumbers = async (trx: Kysely<Database>, entries: readonly NumberPlan[]): Promise<void> => {
  for (const some of inChunks(entries)) {
    await trx
      .insertInto('tracking_number')
      .values(some.map(numberRow))
      .onConflict((conflict) =>
        conflict.column('number').doUpdateSet(({ ref }) => ({
          label: ref('excluded.label'),
          source_id: ref('excluded.source_id'),
          record: ref('excluded.record'),
          enabled: ref('excluded.enabled'),
        })),
      )
      .execute();
    const keys = some.map((entry) => entry.number);
    await trx.deleteFrom('tracking_number_line').where('number', 'in', keys).execute();
  }
  const links = entries.flatMap(({ number, lines }) =>
    lines.map((line_id, position) => ({ number, position, line_id })),
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
