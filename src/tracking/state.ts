import type { Kysely } from 'kysely';
import { maskPhone } from '../base/phone.ts';
import type { NumberPlan, TrackingPlan } from '../config/index.ts';
import type { CallerVault, Database } from '../store/index.ts';
import type { PlanState } from './diff.ts';
import { lineEntry, numberEntry, sourceEntry } from './rows.ts';

type Entries = Pick<PlanState, 'sources' | 'lines' | 'numbers'>;

/** Sources, lines and numbers of the database in the order of their ids. Run it inside a transaction to see one moment. */
export const storedEntries = async (db: Kysely<Database>): Promise<Entries> => {
  const sources = await db.selectFrom('source').selectAll().orderBy('id').execute();
  const lines = await db.selectFrom('line').selectAll().orderBy('id').execute();
  return { sources: sources.map(sourceEntry), lines: lines.map(lineEntry), numbers: await storedNumbers(db) };
};

/** Stored entries and, for a plan that names blocked callers, those (which needs the key file). */
export const storedState = async (
  db: Kysely<Database>,
  vault: CallerVault,
  plan: TrackingPlan,
): Promise<PlanState> => {
  const entries = await storedEntries(db);
  if (!plan.blockedCallers) return { ...entries, blockedCallers: undefined };
  const rows = await db.selectFrom('blocked_caller').selectAll().orderBy('hmac').execute();
  const blockedCallers = rows.map((row) => ({
    hmac: row.hmac,
    masked: maskPhone(vault.reveal(row.number_encrypted)),
  }));
  return { ...entries, blockedCallers };
};

const storedNumbers = async (db: Kysely<Database>): Promise<readonly NumberPlan[]> => {
  const numbers = await db.selectFrom('tracking_number').selectAll().orderBy('number').execute();
  const links = await db
    .selectFrom('tracking_number_line')
    .select(['number', 'line_id'])
    .orderBy('number')
    .orderBy('position')
    .execute();
  const linesOf = new Map<string, string[]>();
  for (const link of links) {
    const lines = linesOf.get(link.number);
    if (lines) lines.push(link.line_id);
    else linesOf.set(link.number, [link.line_id]);
  }
  return numbers.map((row) => numberEntry(row, linesOf.get(row.number) ?? []));
};

/** What a plan asks for. */
export const desiredState = (plan: TrackingPlan, vault: CallerVault): PlanState => ({
  sources: plan.sources,
  lines: plan.lines,
  numbers: plan.numbers,
  blockedCallers: plan.blockedCallers?.map((number) => ({
    hmac: vault.hmac(number),
    masked: maskPhone(number),
  })),
});
