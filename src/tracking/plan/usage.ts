import { sql } from 'kysely';
import type { LinePlan, NumberPlan, SourcePlan } from '../../config/index.ts';
import type { PlanStore } from './apply.ts';
import { storedEntries } from './state.ts';

export type SourceUsage = SourcePlan & { readonly numbers: number; readonly calls: number };
export type LineUsage = LinePlan & { readonly numbers: number; readonly callsAnswered: number };
export type NumberUsage = NumberPlan & {
  readonly calls: number;
  /** Milliseconds since the epoch; null before the first call. */
  readonly lastCallAt: number | null;
};

/** Counted over all calls, tests left out. */
export const listSources = async ({ db }: Pick<PlanStore, 'db'>): Promise<readonly SourceUsage[]> => {
  const { sources, numbers } = await storedEntries(db);
  const rows = await db
    .selectFrom('call')
    .select(['source_id', (eb) => eb.fn.countAll<number>().as('calls')])
    .where('is_test', '=', 0)
    .groupBy('source_id')
    .execute();
  const calls = new Map(rows.map((row) => [row.source_id, row.calls]));
  return sources.map((source) => ({
    ...source,
    numbers: numbers.filter((entry) => entry.source === source.id).length,
    calls: calls.get(source.id) ?? 0,
  }));
};

/** Counted over all calls, tests left out. */
export const listLines = async ({ db }: Pick<PlanStore, 'db'>): Promise<readonly LineUsage[]> => {
  const { lines, numbers, pools } = await storedEntries(db);
  const poolLines = new Map(pools.map((pool) => [pool.id, pool.lines]));
  const rows = await db
    .selectFrom('call')
    .select(['line_id', (eb) => eb.fn.countAll<number>().as('calls')])
    .where('is_test', '=', 0)
    .groupBy('line_id')
    .execute();
  const answered = new Map(rows.map((row) => [row.line_id, row.calls]));
  return lines.map((line) => ({
    ...line,
    numbers: numbers.filter((entry) => (entry.lines ?? poolLines.get(entry.pool ?? ''))?.includes(line.id))
      .length,
    callsAnswered: answered.get(line.id) ?? 0,
  }));
};

/** Counted over all calls, tests left out. */
export const listNumbers = async ({ db }: Pick<PlanStore, 'db'>): Promise<readonly NumberUsage[]> => {
  const { numbers } = await storedEntries(db);
  const rows = await db
    .selectFrom('call')
    .select(['did', (eb) => eb.fn.countAll<number>().as('calls'), sql<number>`max(started_at)`.as('last')])
    .where('is_test', '=', 0)
    .groupBy('did')
    .execute();
  const usage = new Map(rows.map((row) => [row.did, row]));
  return numbers.map((entry) => ({
    ...entry,
    calls: usage.get(entry.number)?.calls ?? 0,
    lastCallAt: usage.get(entry.number)?.last ?? null,
  }));
};
