import { DateTime, IANAZone } from 'luxon';
import { type Problem, UsageError } from '../base/errors.ts';

/** A stretch of time: whole days of `zone` unless `from` and `to` carry clock times. */
export type Period = {
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** IANA zone whose midnights part the days, such as `Europe/Berlin`. */
  readonly zone: string;
};

export const PERIOD_NAMES = ['today', 'yesterday', '7d', '30d', 'month', 'last-month'] as const;
export type PeriodName = (typeof PERIOD_NAMES)[number];

const isPeriodName = (name: string): name is PeriodName => PERIOD_NAMES.some((known) => known === name);

/** True for a zone of the IANA data base: `Europe/Berlin`. */
export const isZone = (name: string): boolean => IANAZone.isValidZone(name);

/** Zone of this machine. */
export const localZone = (): string => DateTime.local().zoneName;

type Bounds = readonly [from: DateTime, to: DateTime];

const NAMED: Readonly<Record<PeriodName, (today: DateTime) => Bounds>> = {
  today: (today) => [today, today.plus({ days: 1 })],
  yesterday: (today) => [today.minus({ days: 1 }), today],
  '7d': (today) => [today.minus({ days: 6 }), today.plus({ days: 1 })],
  '30d': (today) => [today.minus({ days: 29 }), today.plus({ days: 1 })],
  month: (today) => [today.startOf('month'), today.plus({ days: 1 })],
  'last-month': (today) => [today.startOf('month').minus({ months: 1 }), today.startOf('month')],
};

/**
 * A period by its name, in whole days of `zone`. `7d`, `30d` and `month` end with today.
 *
 * @param now milliseconds since the epoch
 */
export const namedPeriod = (name: PeriodName, zone: string, now: number): Period => {
  const [from, to] = NAMED[name](DateTime.fromMillis(now, { zone }).startOf('day'));
  return { from: from.startOf('day').toMillis(), to: to.startOf('day').toMillis(), zone };
};

/**
 * Reads a date (`2026-11-01`: midnight in `zone`) or a time (`2026-11-01T09:30`, in `zone` unless it carries an offset).
 *
 * @returns milliseconds since the epoch, or undefined when the text is neither
 */
export const parseInstant = (text: string, zone: string): number | undefined => {
  if (!/^\d{4}-\d{2}-\d{2}(T|$)/.test(text)) return undefined;
  const at = DateTime.fromISO(text, { zone });
  return at.isValid ? at.toMillis() : undefined;
};

export type PeriodInput = {
  /** ISO 8601 date or time. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly period?: string | undefined;
  readonly zone?: string | undefined;
};

const INSTANT_MEND = 'write a date such as 2026-11-01 or a time such as 2026-11-01T09:30';

const readInstant = (
  path: string,
  text: string | undefined,
  zone: string,
  problems: Problem[],
): number | undefined => {
  if (text === undefined) return undefined;
  const at = parseInstant(text, zone);
  if (at === undefined) problems.push({ path, message: `"${text}" is no date`, mend: INSTANT_MEND });
  return at;
};

const checkNames = (input: PeriodInput): Problem[] => {
  const problems: Problem[] = [];
  const { zone, period } = input;
  if (zone !== undefined && !isZone(zone)) {
    problems.push({
      path: 'zone',
      message: `"${zone}" is no time zone`,
      mend: 'use an IANA name such as Europe/Berlin',
    });
  }
  if (period !== undefined && !isPeriodName(period)) {
    problems.push({
      path: 'period',
      message: `"${period}" is no period`,
      mend: `use one of ${PERIOD_NAMES.join(', ')}`,
    });
  }
  if (period !== undefined && (input.from !== undefined || input.to !== undefined)) {
    problems.push({
      path: 'period',
      message: 'a period and from/to exclude each other',
      mend: 'give one of them',
    });
  }
  return problems;
};

/**
 * The period that a person asked for: by name, or from `from` up to but not including `to`. `from` alone ends with today.
 *
 * @param fallback when nothing was given
 * @throws UsageError with every problem
 */
export const readPeriod = (input: PeriodInput, now: number, fallback: PeriodName = '30d'): Period => {
  const problems = checkNames(input);
  if (problems.length > 0) throw new UsageError('The period is not understood', problems);
  const zone = input.zone ?? localZone();
  const named = input.period ?? fallback;
  if (input.from === undefined && input.to === undefined && isPeriodName(named))
    return namedPeriod(named, zone, now);

  const from = readInstant('from', input.from, zone, problems);
  const to = readInstant('to', input.to, zone, problems) ?? namedPeriod('today', zone, now).to;
  if (input.from === undefined) {
    problems.push({ path: 'from', message: 'missing', mend: 'say where the period begins' });
  } else if (from !== undefined && from >= to && problems.length === 0) {
    problems.push({
      path: 'to',
      message: 'the period ends before it begins',
      mend: 'to is the first day after the period',
    });
  }
  if (problems.length > 0 || from === undefined)
    throw new UsageError('The period is not understood', problems);
  return { from, to, zone };
};
