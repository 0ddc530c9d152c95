import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Database, SourceTable } from '../store/index.ts';
import { costOf, costRate, MICROS } from './cost.ts';
import { namedPeriod, type Period } from './period.ts';

const ratio = z.number().min(0).max(1).nullable();
const money = z.number().nullable().meta({ description: 'In units of the currency' });

const figures = {
  calls: z.int().meta({ description: 'Calls that arrived in the period, blocked ones apart' }),
  answered: z.int(),
  missed: z.int().meta({ description: 'Ended without an answer, whoever gave up' }),
  blocked: z.int(),
  answerRate: ratio.meta({ description: 'answered / (answered + missed)' }),
  firstTimeCallers: z.int().meta({ description: 'Calls by callers that had not called before' }),
  averageTalkMs: z.number().nullable(),
  totalTalkMs: z.int(),
};

export const sourceFiguresSchema = z.object({
  /** Null: calls that no source was found for. */
  sourceId: z.string().nullable(),
  name: z.string(),
  source: z.string().nullable(),
  medium: z.string().nullable(),
  campaign: z.string().nullable(),
  costCenter: z.string().nullable(),
  ...figures,
  cost: money,
  currency: z.string().nullable(),
  costPerCall: money,
  costPerAnswered: money,
});

export const costTotalSchema = z.object({
  currency: z.string(),
  cost: z.number(),
  costPerCall: money,
  costPerAnswered: money,
});

export const sourcesReportSchema = z.object({
  from: z.string().meta({ format: 'date-time' }),
  to: z.string().meta({ description: 'Exclusive', format: 'date-time' }),
  zone: z.string(),
  testsIncluded: z.boolean(),
  attribution: z.literal('static-number').meta({ description: 'How calls were given their source' }),
  sources: z.array(sourceFiguresSchema).meta({ description: 'Most calls first' }),
  totals: z.object({
    ...figures,
    costs: z
      .array(costTotalSchema)
      .meta({ description: 'Each currency apart, over the sources that are paid in it' }),
  }),
});

export type SourceFigures = z.output<typeof sourceFiguresSchema>;
export type SourcesReport = z.output<typeof sourcesReportSchema>;
type Figures = SourcesReport['totals'] extends infer T ? Omit<T, 'costs'> : never;

export type SourcesReportOptions = Period & {
  readonly includeTests?: boolean;
  /** Milliseconds since the epoch; cost is counted up to the end of this day. Default: the clock. */
  readonly now?: number;
};

/** What the database counts for one source. */
type Counts = {
  readonly source_id: string | null;
  readonly source_name: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  readonly cost_center: string | null;
  readonly calls: number;
  readonly answered: number;
  readonly missed: number;
  readonly blocked: number;
  readonly first_time: number;
  readonly talk_ms: number;
  /** Answered calls that have ended: those that have a talk time. */
  readonly talked: number;
};

const countCalls = async (
  db: Kysely<Database>,
  options: SourcesReportOptions,
): Promise<readonly Counts[]> => {
  let query = db
    .selectFrom('call')
    .where('started_at', '>=', options.from)
    .where('started_at', '<', options.to)
    .where('direction', '=', 'inbound')
    .groupBy('source_id')
    .select(({ fn, eb }) => {
      const ended = eb('ended_at', 'is not', null);
      const answered = eb('answered_at', 'is not', null);
      const blocked = eb('status', '=', 'blocked');
      const one = (condition: ReturnType<typeof eb.and>) =>
        fn.sum<number>(eb.case().when(condition).then(1).else(0).end());
      return [
        'source_id',
        fn.max('source_name').as('source_name'),
        fn.max('source').as('source'),
        fn.max('medium').as('medium'),
        fn.max('campaign').as('campaign'),
        fn.max('cost_center').as('cost_center'),
        one(eb.and([eb.not(blocked)])).as('calls'),
        one(eb.and([answered])).as('answered'),
        one(eb.and([ended, eb('answered_at', 'is', null), eb.not(blocked)])).as('missed'),
        one(eb.and([blocked])).as('blocked'),
        one(eb.and([eb('first_call', '=', 1), eb.not(blocked)])).as('first_time'),
        one(eb.and([answered, eb('talk_ms', 'is not', null)])).as('talked'),
        fn.coalesce(fn.sum<number>('talk_ms'), eb.lit(0)).as('talk_ms'),
      ];
    });
  if (options.includeTests !== true) query = query.where('is_test', '=', 0);
  return await query.execute();
};

const NOTHING: Omit<Counts, 'source_id' | 'source_name' | 'source' | 'medium' | 'campaign' | 'cost_center'> =
  {
    calls: 0,
    answered: 0,
    missed: 0,
    blocked: 0,
    first_time: 0,
    talk_ms: 0,
    talked: 0,
  };

const figuresOf = (counts: typeof NOTHING): Figures => ({
  calls: counts.calls,
  answered: counts.answered,
  missed: counts.missed,
  blocked: counts.blocked,
  answerRate:
    counts.answered + counts.missed === 0 ? null : counts.answered / (counts.answered + counts.missed),
  firstTimeCallers: counts.first_time,
  averageTalkMs: counts.talked === 0 ? null : Math.round(counts.talk_ms / counts.talked),
  totalTalkMs: counts.talk_ms,
});

const addCounts = (a: typeof NOTHING, b: typeof NOTHING): typeof NOTHING => ({
  calls: a.calls + b.calls,
  answered: a.answered + b.answered,
  missed: a.missed + b.missed,
  blocked: a.blocked + b.blocked,
  first_time: a.first_time + b.first_time,
  talk_ms: a.talk_ms + b.talk_ms,
  talked: a.talked + b.talked,
});

const each = (micros: number, count: number): number | null =>
  count === 0 ? null : Math.round(micros / count) / MICROS;

type Row = { readonly counts: Counts; readonly costMicros: number | null; readonly currency: string | null };

const figuresRow = ({ counts, costMicros, currency }: Row): SourceFigures => ({
  sourceId: counts.source_id,
  name: counts.source_name ?? counts.source_id ?? 'no source',
  source: counts.source,
  medium: counts.medium,
  campaign: counts.campaign,
  costCenter: counts.cost_center,
  ...figuresOf(counts),
  cost: costMicros === null ? null : costMicros / MICROS,
  currency,
  costPerCall: costMicros === null ? null : each(costMicros, counts.calls),
  costPerAnswered: costMicros === null ? null : each(costMicros, counts.answered),
});

const costTotals = (rows: readonly Row[]): SourcesReport['totals']['costs'] => {
  const sums = new Map<string, { micros: number; calls: number; answered: number }>();
  for (const { counts, costMicros, currency } of rows) {
    if (costMicros === null || currency === null) continue;
    const sum = sums.get(currency) ?? { micros: 0, calls: 0, answered: 0 };
    sums.set(currency, {
      micros: sum.micros + costMicros,
      calls: sum.calls + counts.calls,
      answered: sum.answered + counts.answered,
    });
  }
  return [...sums]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([currency, { micros, calls, answered }]) => ({
      currency,
      cost: micros / MICROS,
      costPerCall: each(micros, calls),
      costPerAnswered: each(micros, answered),
    }));
};

/** Cost of the period's days up to and including today: days to come cost nothing yet. */
const costSoFar = (source: SourceTable, period: Period, now: number): number | null => {
  const rate = costRate(source);
  if (rate === undefined) return null;
  const endOfToday = namedPeriod('today', period.zone, now).to;
  return costOf(rate, { ...period, to: Math.min(period.to, endOfToday) });
};

/** A source of today's plan, with the calls that were given to it. Its present words replace the calls' snapshots. */
const plannedRow = (source: SourceTable, counts: Counts | undefined, costMicros: number | null): Row => ({
  counts: {
    ...(counts ?? NOTHING),
    source_id: source.id,
    source_name: source.name,
    source: source.source,
    medium: source.medium,
    campaign: source.campaign,
    cost_center: source.cost_center,
  },
  costMicros,
  currency: source.cost_currency,
});

const byCalls = (a: Row, b: Row): number =>
  b.counts.calls - a.counts.calls ||
  (b.costMicros ?? 0) - (a.costMicros ?? 0) ||
  (a.counts.source_name ?? '').localeCompare(b.counts.source_name ?? '');

/** Puts counts and sources together; pure. Sources that had neither calls nor cost in the period are left out. */
export const assembleSourcesReport = (
  sources: readonly SourceTable[],
  counts: readonly Counts[],
  options: SourcesReportOptions,
): SourcesReport => {
  const now = options.now ?? Date.now();
  const period = { from: options.from, to: options.to, zone: options.zone };
  const known = new Set(sources.map((source) => source.id));
  const bySource = new Map(counts.map((row) => [row.source_id, row]));
  const planned = sources.map((source) =>
    plannedRow(source, bySource.get(source.id), costSoFar(source, period, now)),
  );
  const removed = counts
    .filter((row) => row.source_id === null || !known.has(row.source_id))
    .map((row): Row => ({ counts: row, costMicros: null, currency: null }));
  const rows = [...planned, ...removed]
    .filter((row) => row.counts.calls > 0 || row.counts.blocked > 0 || (row.costMicros ?? 0) > 0)
    .sort(byCalls);
  return {
    from: new Date(options.from).toISOString(),
    to: new Date(options.to).toISOString(),
    zone: options.zone,
    testsIncluded: options.includeTests === true,
    attribution: 'static-number',
    sources: rows.map(figuresRow),
    totals: {
      ...figuresOf(rows.reduce<typeof NOTHING>((sum, row) => addCounts(sum, row.counts), NOTHING)),
      costs: costTotals(rows),
    },
  };
};

/** Calls, answers, talk time and cost by marketing source, for a period. */
export const sourcesReport = async (
  db: Kysely<Database>,
  options: SourcesReportOptions,
): Promise<SourcesReport> => {
  const [sources, counts] = await Promise.all([
    db.selectFrom('source').selectAll().execute(),
    countCalls(db, options),
  ]);
  return assembleSourcesReport(sources, counts, options);
};
