import { DateTime } from 'luxon';
import type { SourceTable } from '../store/index.ts';
import type { Period } from './period.ts';

export type CostRate = {
  /** In units of the currency. */
  readonly amount: number;
  readonly per: 'day' | 'week' | 'month' | 'year';
};

/** Money is counted in millionths of the currency's unit, so that sums tie out. */
export const MICROS = 1_000_000;

/** The rate of a source, when it has one. */
export const costRate = (source: Pick<SourceTable, 'cost_amount' | 'cost_per'>): CostRate | undefined =>
  source.cost_amount === null || source.cost_per === null
    ? undefined
    : { amount: source.cost_amount, per: source.cost_per };

/** Days since 1970-01-01 of the calendar day, whatever its length. */
const dayNumber = (day: DateTime): number =>
  Math.round(Date.UTC(day.year, day.month - 1, day.day) / 86_400_000);

/** How far the day has gone, 0 to 1; days of 23 and 25 hours are whole days too. */
const dayFraction = (at: DateTime): number => {
  const start = at.startOf('day').toMillis();
  const end = at.startOf('day').plus({ days: 1 }).toMillis();
  return (at.toMillis() - start) / (end - start);
};

/** Whole cost periods since some fixed day, and the fraction of the one under way. */
type Elapsed = { readonly whole: number; readonly fraction: number };

const ELAPSED: Readonly<Record<CostRate['per'], (at: DateTime) => Elapsed>> = {
  day: (at) => ({ whole: dayNumber(at), fraction: dayFraction(at) }),
  // 1970-01-01 was a Thursday: weeks begin on Mondays (ISO 8601).
  week: (at) => ({
    whole: Math.floor((dayNumber(at) + 3) / 7),
    fraction: (at.weekday - 1 + dayFraction(at)) / 7,
  }),
  month: (at) => ({
    whole: at.year * 12 + at.month,
    fraction: (at.day - 1 + dayFraction(at)) / (at.daysInMonth ?? 30),
  }),
  year: (at) => ({ whole: at.year, fraction: (at.ordinal - 1 + dayFraction(at)) / at.daysInYear }),
};

const costBetween = (rate: CostRate, start: Elapsed, end: Elapsed): number => {
  const amount = Math.round(rate.amount * MICROS);
  return (
    (end.whole - start.whole) * amount +
    Math.round(end.fraction * amount) -
    Math.round(start.fraction * amount)
  );
};

/**
 * Cost of a period: the rate spread evenly over the days of each day, week, month or year that the period touches.
 * Neighbouring periods add up exactly, and a whole month of a monthly rate costs exactly its amount.
 *
 * @returns millionths of the currency's unit
 */
export const costOf = (rate: CostRate, { from, to, zone }: Period): number => {
  if (to <= from) return 0;
  const elapsed = ELAPSED[rate.per];
  return costBetween(
    rate,
    elapsed(DateTime.fromMillis(from, { zone })),
    elapsed(DateTime.fromMillis(to, { zone })),
  );
};

/**
 * Costs of the stretches between moments, for many rates at once.
 *
 * @param bounds milliseconds since the epoch, ascending
 * @returns a function that gives a rate's cost of each stretch, in millionths
 */
export const costsBetween = (
  bounds: readonly number[],
  zone: string,
): ((rate: CostRate) => readonly number[]) => {
  const times = bounds.map((at) => DateTime.fromMillis(at, { zone }));
  const elapsed = new Map<CostRate['per'], readonly Elapsed[]>();
  return (rate) => {
    const marks = elapsed.get(rate.per) ?? times.map(ELAPSED[rate.per]);
    elapsed.set(rate.per, marks);
    return marks.slice(1).map((end, index) => {
      const start = marks[index];
      return start === undefined ? 0 : costBetween(rate, start, end);
    });
  };
};
