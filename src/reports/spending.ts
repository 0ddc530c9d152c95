import { DateTime } from 'luxon';
import type { SourceTable, SqliteFile } from '../store/index.ts';
import { costRate, costsBetween } from './cost.ts';
import { namedPeriod, type Period } from './period.ts';

/** What was spent on something within a period: imported spend, or a source's own cost. */
export type Spending = {
  /** Source of the plan whose own cost it is; null for imported spend. */
  readonly sourceId: string | null;
  readonly source: string;
  readonly medium: string | null;
  readonly campaign: string | null;
  /** Calendar day of the zone, `2026-11-22`; null: of the whole period. */
  readonly day: string | null;
  readonly currency: string;
  /** Millionths. */
  readonly micros: number;
};

/** A calendar day of a period and how much of it lies within. */
type Day = {
  readonly day: string;
  /** Milliseconds since the epoch, cut at the period's ends. */
  readonly from: number;
  readonly to: number;
  /** 0 to 1 */
  readonly share: number;
};

const dayAt = (start: DateTime, period: Pick<Period, 'from' | 'to'>): Day => {
  const [begin, end] = [start.toMillis(), start.plus({ days: 1 }).toMillis()];
  const [from, to] = [Math.max(begin, period.from), Math.min(end, period.to)];
  return { day: start.toFormat('yyyy-MM-dd'), from, to, share: (to - from) / (end - begin) };
};

/** The calendar days that a period touches. */
export const daysOf = (period: Period): readonly Day[] => {
  const days: Day[] = [];
  let start = DateTime.fromMillis(period.from, { zone: period.zone }).startOf('day');
  while (start.toMillis() < period.to) {
    days.push(dayAt(start, period));
    start = start.plus({ days: 1 });
  }
  return days;
};

type Bought = {
  readonly day: string | null;
  readonly source: string;
  readonly medium: string;
  readonly campaign: string;
  readonly currency: string;
  readonly micros: number;
};

/** Parts of days cost their part. */
const AMOUNT = `sum(CASE day
  WHEN @first THEN CAST(round(amount_micros * @firstShare) AS INTEGER)
  WHEN @last THEN CAST(round(amount_micros * @lastShare) AS INTEGER)
  ELSE amount_micros END) AS micros`;

const WITHIN = 'FROM spend WHERE day >= @first AND day <= @last';
const OF_TOUCHES = `SELECT NULL AS day, source, medium, campaign, currency, ${AMOUNT} ${WITHIN} GROUP BY 2, 3, 4, 5`;
const OF_DAYS = `SELECT day, '' AS source, '' AS medium, '' AS campaign, currency, ${AMOUNT} ${WITHIN} GROUP BY 1, 5`;

const imported = (file: SqliteFile, period: Period, byDay: boolean): readonly Spending[] => {
  if (period.to <= period.from) return [];
  const dayOf = (at: number): Day =>
    dayAt(DateTime.fromMillis(at, { zone: period.zone }).startOf('day'), period);
  const [first, last] = [dayOf(period.from), dayOf(period.to - 1)];
  return file
    .prepare<object, Bought>(byDay ? OF_DAYS : OF_TOUCHES)
    .all({ first: first.day, firstShare: first.share, last: last.day, lastShare: last.share })
    .map((row) => ({
      ...row,
      sourceId: null,
      medium: row.medium || null,
      campaign: row.campaign || null,
    }));
};

/** The sources' own cost, up to and including today: days to come cost nothing yet. */
const ownCosts = (
  sources: readonly SourceTable[],
  period: Period,
  { byDay, now }: { readonly byDay: boolean; readonly now: number },
): Spending[] => {
  const to = Math.min(period.to, namedPeriod('today', period.zone, now).to);
  if (to <= period.from) return [];
  const days = byDay ? daysOf({ ...period, to }) : [];
  const bounds = byDay ? [...days.map(({ from }) => from), to] : [period.from, to];
  const costs = costsBetween(bounds, period.zone);
  return sources.flatMap((source) => {
    const rate = costRate(source);
    const currency = source.cost_currency;
    if (rate === undefined || currency === null) return [];
    const { id: sourceId, source: name, medium, campaign } = source;
    return costs(rate).map(
      (micros, index): Spending => ({
        sourceId,
        source: name,
        medium,
        campaign,
        day: days[index]?.day ?? null,
        currency,
        micros,
      }),
    );
  });
};

/**
 * All that was spent within a period.
 *
 * @param options `byDay`: lines of calendar days, those of imported spend without its source; `now`: milliseconds since the epoch
 */
export const readSpending = (
  file: SqliteFile,
  sources: readonly SourceTable[],
  period: Period,
  options: { readonly byDay?: boolean; readonly now: number },
): readonly Spending[] => {
  const byDay = options.byDay === true;
  return [...imported(file, period, byDay), ...ownCosts(sources, period, { byDay, now: options.now })];
};

/** The plan's sources. */
export const readSources = (file: SqliteFile): readonly SourceTable[] =>
  file.prepare<[], SourceTable>('SELECT * FROM source ORDER BY id').all();
