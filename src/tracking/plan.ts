import type { Kysely, Transaction } from 'kysely';
import type { LinePlan, NumberPlan, SourcePlan, TrackingPlan } from '../config/index.ts';
import type { CallerVault, Database, Store } from '../store/index.ts';
import { type Change, diffStates, type PlanDiff, type Subject } from './diff.ts';
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
  const keys = (subject: Subject, action: Change['action'][]): ReadonlySet<string> =>
    new Set(diff.changes.filter((c) => c.subject === subject && action.includes(c.action)).map((c) => c.id));
  const touched = (subject: Subject): ReadonlySet<string> => keys(subject, ['add', 'change']);

  // An order that no foreign key minds: what refers to others goes first and comes last.
  for (const number of keys('number', ['remove']))
    await trx.deleteFrom('tracking_number').where('number', '=', number).execute();
  for (const source of plan.sources) if (touched('source').has(source.id)) await putSource(trx, source);
  for (const line of plan.lines) if (touched('line').has(line.id)) await putLine(trx, line);
  for (const entry of plan.numbers) if (touched('number').has(entry.number)) await putNumber(trx, entry);
  for (const id of keys('line', ['remove'])) await trx.deleteFrom('line').where('id', '=', id).execute();
  for (const id of keys('source', ['remove'])) await trx.deleteFrom('source').where('id', '=', id).execute();
  if (plan.blockedCallers) await putBlockedCallers(trx, vault, plan.blockedCallers);
  return diff;
};

const putSource = async (trx: Kysely<Database>, source: SourcePlan): Promise<void> => {
  const { id, ...fields } = sourceRow(source);
  await trx
    .insertInto('source')
    .values({ id, ...fields })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(fields))
    .execute();
};

const putLine = async (trx: Kysely<Database>, line: LinePlan): Promise<void> => {
  const { id, ...fields } = lineRow(line);
  await trx
    .insertInto('line')
    .values({ id, ...fields })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(fields))
    .execute();
};

const putNumber = async (trx: Kysely<Database>, entry: NumberPlan): Promise<void> => {
  const { number, ...fields } = numberRow(entry);
  await trx
    .insertInto('tracking_number')
    .values({ number, ...fields })
    .onConflict((conflict) => conflict.column('number').doUpdateSet(fields))
    .execute();
  await trx.deleteFrom('tracking_number_line').where('number', '=', number).execute();
  const links = entry.lines.map((line_id, position) => ({ number, position, line_id }));
  await trx.insertInto('tracking_number_line').values(links).execute();
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
