import { z } from 'zod';
import type { SqliteFile } from '../store/index.ts';
import {
  CALL_DIMENSIONS,
  type CallDimension,
  fixedRows,
  isTouchDimension,
  labelOf,
  type RowKey,
  type RowNames,
  rowOf,
  rowOfSpending,
} from './dimensions.ts';
import { countInterval, moneyFigures, moneySchema, shareOf, shareSchema } from './money.ts';
import type { Period } from './period.ts';
import {
  addFigures,
  consistently,
  type Figures,
  type Groups,
  NO_FIGURES,
  readGroups,
  readTimes,
} from './rollup/index.ts';
import { daysOf, readSources, readSpending, type Spending } from './spending.ts';

export const SPAM_MODES = ['include', 'exclude', 'only'] as const;
export type SpamMode = (typeof SPAM_MODES)[number];

const figures = {
  calls: z.int().meta({ description: 'Inbound calls, blocked ones apart' }),
  callsInterval: z.object({ low: z.number(), high: z.number() }).meta({ description: '90 %, Poisson' }),
  answered: z.int(),
  missed: z.int(),
  blocked: z.int(),
  spam: z.int().meta({ description: 'Flagged as spam, whether they are counted in `calls` or not' }),
  firstTime: z.int().meta({ description: 'Calls by callers that had not called before' }),
  qualified: z.int().meta({ description: 'Calls of people whose lead is qualified or a customer' }),
  answerRate: shareSchema,
  qualifiedRate: shareSchema.meta({ description: 'Of all calls' }),
  averageTalkMs: z.int().nullable(),
  averageAnswerMs: z.int().nullable().meta({ description: 'From the call to its answer' }),
  money: z.array(moneySchema).meta({ description: 'Each currency apart' }),
};

export const callsReportSchema = z.object({
  from: z.string().meta({ format: 'date-time' }),
  to: z.string().meta({ description: 'Exclusive', format: 'date-time' }),
  zone: z.string(),
  by: z.enum(CALL_DIMENSIONS),
  spam: z.enum(SPAM_MODES),
  testsIncluded: z.boolean(),
  margin: z.number(),
  rows: z.array(
    z.object({
      label: z.string(),
      names: z
        .record(z.string(), z.union([z.string(), z.number(), z.null()]))
        .meta({ description: 'What the row stands for; weekday 0 is Monday' }),
      ...figures,
    }),
  ),
  rowsLeftOut: z.int().meta({ description: 'Rows beyond the limit; the totals have them' }),
  totals: z.object(figures),
  heat: z
    .array(z.array(z.int()))
    .optional()
    .meta({ description: 'By hour and weekday: calls of each weekday from Monday, of each hour' }),
});

export type CallsReport = z.output<typeof callsReportSchema>;
export type CallsReportRow = CallsReport['rows'][number];
export type CallsFigures = CallsReport['totals'];

export type CallsReportOptions = Period & {
  readonly by: CallDimension;
  readonly spam: SpamMode;
  readonly includeTests: boolean;
  /** Share of the value that is earned, 0 to 1. */
  readonly margin: number;
  /** Rows at most; hours, weekdays and days are all there. */
  readonly limit: number;
  /** Milliseconds since the epoch: cost is counted up to the end of this day. */
  readonly now: number;
};

type Worth = { valued: number; micros: number };

/** A row while it is put together. */
type Sum = {
  names: RowNames;
  counted: Figures;
  flagged: number;
  readonly cost: Map<string, number>;
  readonly worth: Map<string, Worth>;
};

const newSum = (names: RowNames): Sum => ({
  names,
  counted: NO_FIGURES,
  flagged: 0,
  cost: new Map(),
  worth: new Map(),
});

const COUNTS: Readonly<Record<SpamMode, (spam: 0 | 1) => boolean>> = {
  include: () => true,
  exclude: (spam) => spam === 0,
  only: (spam) => spam === 1,
};

const addTo = (worths: Map<string, Worth>, currency: string, { valued, micros }: Worth): void => {
  const before = worths.get(currency);
  worths.set(currency, { valued: (before?.valued ?? 0) + valued, micros: (before?.micros ?? 0) + micros });
};

const createSums = () => {
  const sums = new Map<string, Sum>();
  const at = ({ key, names }: RowKey): Sum => {
    const known = sums.get(key) ?? newSum(names);
    sums.set(key, known);
    // Of several spellings always the same one is shown: small letters rather than capitals.
    if (known.names !== names && JSON.stringify(names) > JSON.stringify(known.names)) known.names = names;
    return known;
  };
  return { sums, at };
};

/** Puts groups of calls and what was spent together, by row. Pure. */
export const sumRows = (
  { by, spam }: Pick<CallsReportOptions, 'by' | 'spam'>,
  groups: Groups,
  spending: readonly Spending[],
  days: readonly string[],
): readonly Sum[] => {
  const { sums, at } = createSums();
  const isCounted = COUNTS[spam];
  const fixed = fixedRows(by, days);
  fixed?.forEach(at);
  const known = new Map<string, Sum>();
  const sumOf = (key: string): Sum => {
    const sum = known.get(key) ?? at(rowOf(by, key));
    known.set(key, sum);
    return sum;
  };
  for (const group of groups.figures) {
    const sum = sumOf(group.key);
    if (group.spam === 1) sum.flagged += group.calls;
    if (isCounted(group.spam)) sum.counted = addFigures(sum.counted, group);
  }
  for (const value of groups.values)
    if (isCounted(value.spam)) addTo(sumOf(value.key).worth, value.currency, value);
  for (const line of spending) {
    const row = rowOfSpending(by, line);
    if (row === undefined) continue;
    const { cost } = at(row);
    cost.set(line.currency, (cost.get(line.currency) ?? 0) + line.micros);
  }
  return [...sums.values()];
};

const average = (ms: number, count: number): number | null => (count === 0 ? null : Math.round(ms / count));

const figuresOf = ({ counted, flagged, cost, worth }: Omit<Sum, 'names'>, margin: number): CallsFigures => {
  const { calls, answered, missed, qualified } = counted;
  const currencies = [...new Set([...cost.keys(), ...worth.keys()])].sort();
  return {
    calls,
    callsInterval: countInterval(calls),
    answered,
    missed,
    blocked: counted.blocked,
    spam: flagged,
    firstTime: counted.first_time,
    qualified,
    answerRate: shareOf(answered, answered + missed),
    qualifiedRate: shareOf(qualified, calls),
    averageTalkMs: average(counted.talk_ms, counted.talked),
    averageAnswerMs: average(counted.answer_ms, answered),
    money: currencies.map((currency) => {
      const { valued = 0, micros: valueMicros = 0 } = worth.get(currency) ?? {};
      const costMicros = cost.get(currency) ?? null;
      return moneyFigures({ currency, costMicros, valueMicros, valued, calls, answered, qualified }, margin);
    }),
  };
};

/** All rows together, with all that was spent: also what no row could be given. */
const totalOf = (sums: readonly Sum[], spending: readonly Spending[]): Omit<Sum, 'names'> => {
  const total = newSum({});
  for (const { counted, flagged, worth } of sums) {
    total.counted = addFigures(total.counted, counted);
    total.flagged += flagged;
    for (const [currency, value] of worth) addTo(total.worth, currency, value);
  }
  for (const { currency, micros } of spending)
    total.cost.set(currency, (total.cost.get(currency) ?? 0) + micros);
  return total;
};

const isEmpty = ({ counted, flagged, cost, worth }: Sum): boolean =>
  counted.calls + counted.blocked + flagged + worth.size === 0 &&
  [...cost.values()].every((micros) => micros === 0);

const greatestCost = ({ cost }: Sum): number => Math.max(0, ...cost.values());

/** Most calls first, then most cost, then by name; rows without anything left out. */
const inOrder = (by: CallDimension, sums: readonly Sum[]): readonly Sum[] =>
  sums
    .filter((sum) => !isEmpty(sum))
    // Ten thousands of keywords are sorted: labels are made once.
    .map((sum) => ({ sum, cost: greatestCost(sum), label: labelOf(by, sum.names) }))
    .sort(
      (a, b) =>
        b.sum.counted.calls - a.sum.counted.calls ||
        b.cost - a.cost ||
        (a.label < b.label ? -1 : a.label > b.label ? 1 : 0),
    )
    .map(({ sum }) => sum);

const heatOf = (groups: Groups, spam: SpamMode): number[][] => {
  const heat = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  for (const group of groups.figures) {
    const hour = Number(group.key);
    const row = heat[Math.floor(hour / 24)];
    if (row !== undefined && COUNTS[spam](group.spam)) row[hour % 24] = (row[hour % 24] ?? 0) + group.calls;
  }
  return heat;
};

/** Rows of one week, of which there is a heat map too. */
const isWeekly = (by: CallDimension): by is 'hour' | 'weekday' => by === 'hour' || by === 'weekday';

const readCalls = (file: SqliteFile, options: CallsReportOptions): Groups => {
  const { by } = options;
  if (by === 'day') return readTimes(file, 'day', options);
  if (isWeekly(by)) return readTimes(file, 'weekhour', options);
  return readGroups(file, isTouchDimension(by) ? 'source' : by, options);
};

/**
 * Inbound calls of a period by one dimension, with what they cost and brought. Cost is told by source, medium, campaign, channel
 * and day; of keywords, pages, regions and hours nobody knows it, and the totals alone have it.
 */
export const callsReport = (file: SqliteFile, options: CallsReportOptions): CallsReport =>
  consistently(file, () => {
    const { from, to, zone, by, spam, includeTests, margin, limit, now } = options;
    const spending = readSpending(file, readSources(file), options, { byDay: by === 'day', now });
    const days = by === 'day' ? daysOf(options).map(({ day }) => day) : [];
    const groups = readCalls(file, options);
    const sums = sumRows(options, groups, spending, days);
    const isFixed = fixedRows(by, []) !== undefined;
    const shown = isFixed ? sums : inOrder(by, sums);
    const cut = isFixed ? shown : shown.slice(0, limit);
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      zone,
      by,
      spam,
      testsIncluded: includeTests,
      margin,
      rows: cut.map((sum) => ({
        label: labelOf(by, sum.names),
        names: { ...sum.names },
        ...figuresOf(sum, margin),
      })),
      rowsLeftOut: shown.length - cut.length,
      totals: figuresOf(totalOf(sums, spending), margin),
      ...(isWeekly(by) && { heat: heatOf(groups, spam) }),
    };
  });
