import { z } from 'zod';
import type { SourceTable, SqliteFile } from '../store/index.ts';
import { planSourceOf } from '../tracking/index.ts';
import { MICROS } from './cost.ts';
import { readSourceWords, type SourceWords } from './dimensions.ts';
import type { Period } from './period.ts';
import { addFigures, consistently, type Figures, NO_FIGURES, readGroups } from './rollup/index.ts';
import { readSources, readSpending, type Spending } from './spending.ts';

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
  spam: z.int().meta({ description: 'Of `calls`: flagged as spam' }),
};

export const sourceFiguresSchema = z.object({
  sourceId: z
    .string()
    .nullable()
    .meta({ description: 'Null: none of the plan; `source` is null too where nobody knows any' }),
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
  otherCosts: z
    .array(z.object({ currency: z.string(), cost: z.number() }))
    .meta({ description: 'What was spent on it in other currencies' }),
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
  attribution: z.literal('call-record').meta({
    description: 'How calls were given their source: by their number, or the visit they were matched to',
  }),
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
type Counted = Omit<SourcesReport['totals'], 'costs'>;

export type SourcesReportOptions = Period & {
  readonly includeTests?: boolean;
  /** Milliseconds since the epoch; cost is counted up to the end of this day. Default: the clock. */
  readonly now?: number;
};

/** Calls of one source, counted. */
export type SourceCalls = SourceWords & Figures & { readonly spam: 0 | 1 };

type Row = {
  readonly words: Omit<SourceWords, 'channel'>;
  figures: Figures;
  spam: number;
  /** The currency that the source's own cost is in comes first. */
  readonly costs: Map<string, number>;
};

const newRow = (words: Row['words']): Row => ({ words, figures: NO_FIGURES, spam: 0, costs: new Map() });

const touchKey = ({
  source,
  medium,
  campaign,
}: Pick<SourceWords, 'source' | 'medium' | 'campaign'>): string =>
  source === null
    ? 'nobody'
    : `touch ${JSON.stringify([source, medium ?? '', campaign ?? '']).toLowerCase()}`;

const keyOf = (words: Row['words']): string =>
  words.sourceId === null ? touchKey(words) : `source ${words.sourceId}`;

const same = (given: string | null, words: string | null): boolean =>
  given === null || words === null || given.toLowerCase() === words.toLowerCase();

/** The source of the plan that something was spent on: the one that its visits belong to, else the only one that it may mean. */
const sourceOfSpending = (
  { sourceId, source, medium, campaign }: Spending,
  sources: readonly SourceTable[],
): string | null => {
  if (sourceId !== null) return sourceId;
  const nothing = { content: null, clickIds: {}, referrerGroup: 'none', referrerHost: null } as const;
  const touch = {
    ...nothing,
    channel: 'campaign',
    source,
    medium: medium ?? '(none)',
    campaign,
    term: null,
  } as const;
  const found = planSourceOf(touch, sources);
  if (found !== null) return found;
  const [only, ...others] = sources.filter(
    (one) => same(source, one.source) && same(medium, one.medium) && same(campaign, one.campaign),
  );
  return only !== undefined && others.length === 0 ? only.id : null;
};

const figuresOf = (figures: Figures, spam: number): Counted => ({
  calls: figures.calls,
  answered: figures.answered,
  missed: figures.missed,
  blocked: figures.blocked,
  answerRate:
    figures.answered + figures.missed === 0 ? null : figures.answered / (figures.answered + figures.missed),
  firstTimeCallers: figures.first_time,
  averageTalkMs: figures.talked === 0 ? null : Math.round(figures.talk_ms / figures.talked),
  totalTalkMs: figures.talk_ms,
  spam,
});

const each = (micros: number, count: number): number | null =>
  count === 0 ? null : Math.round(micros / count) / MICROS;

const nameOf = ({ sourceName, sourceId, source, medium, campaign }: Row['words']): string => {
  if (sourceId !== null) return sourceName ?? sourceId;
  if (source === null) return 'no source';
  return [source, medium, campaign].filter((word) => word !== null).join(' / ');
};

const figuresRow = ({ words, figures, spam, costs }: Row): SourceFigures => {
  const [[currency = null, micros = null] = [], ...others] = costs;
  return {
    sourceId: words.sourceId,
    name: nameOf(words),
    source: words.source,
    medium: words.medium,
    campaign: words.campaign,
    costCenter: words.costCenter,
    ...figuresOf(figures, spam),
    cost: micros === null ? null : micros / MICROS,
    currency,
    costPerCall: micros === null ? null : each(micros, figures.calls),
    costPerAnswered: micros === null ? null : each(micros, figures.answered),
    otherCosts: others.map(([other, cost]) => ({ currency: other, cost: cost / MICROS })),
  };
};

const costTotals = (rows: readonly Row[]): SourcesReport['totals']['costs'] => {
  const sums = new Map<string, { micros: number; calls: number; answered: number }>();
  for (const { figures, costs } of rows) {
    for (const [currency, micros] of costs) {
      const sum = sums.get(currency) ?? { micros: 0, calls: 0, answered: 0 };
      sums.set(currency, {
        micros: sum.micros + micros,
        calls: sum.calls + figures.calls,
        answered: sum.answered + figures.answered,
      });
    }
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

const costOfRow = ({ costs }: Row): number => Math.max(0, ...costs.values());

const byCalls = (a: Row, b: Row): number =>
  b.figures.calls - a.figures.calls ||
  costOfRow(b) - costOfRow(a) ||
  nameOf(a.words).localeCompare(nameOf(b.words));

/** A source of today's plan: its present words replace the calls' copies. */
const planRow = (source: SourceTable): Row => {
  const row = newRow({
    sourceId: source.id,
    sourceName: source.name,
    costCenter: source.cost_center,
    source: source.source,
    medium: source.medium,
    campaign: source.campaign,
  });
  if (source.cost_currency !== null) row.costs.set(source.cost_currency, 0);
  return row;
};

const fill = (
  rows: Map<string, Row>,
  sources: readonly SourceTable[],
  calls: readonly SourceCalls[],
  spending: readonly Spending[],
): void => {
  const at = (words: Row['words']): Row => {
    const key = keyOf(words);
    const row = rows.get(key) ?? newRow(words);
    rows.set(key, row);
    return row;
  };
  for (const group of calls) {
    const row = at(group);
    row.figures = addFigures(row.figures, group);
    if (group.spam === 1) row.spam += group.calls;
  }
  for (const line of spending) {
    const sourceId = sourceOfSpending(line, sources);
    const { source, medium, campaign } = line;
    const row = at({ sourceId, sourceName: null, costCenter: null, source, medium, campaign });
    row.costs.set(line.currency, (row.costs.get(line.currency) ?? 0) + line.micros);
  }
};

/** Puts calls, sources and what was spent together; pure. Rows that had neither calls nor cost in the period are left out. */
export const assembleSourcesReport = (
  sources: readonly SourceTable[],
  calls: readonly SourceCalls[],
  spending: readonly Spending[],
  options: SourcesReportOptions,
): SourcesReport => {
  const all = new Map<string, Row>(sources.map((source) => [`source ${source.id}`, planRow(source)]));
  fill(all, sources, calls, spending);
  const rows = [...all.values()]
    .filter((row) => row.figures.calls > 0 || row.figures.blocked > 0 || costOfRow(row) > 0)
    .sort(byCalls);
  const total = rows.reduce((sum, row) => addFigures(sum, row.figures), NO_FIGURES);
  const spam = rows.reduce((sum, row) => sum + row.spam, 0);
  return {
    from: new Date(options.from).toISOString(),
    to: new Date(options.to).toISOString(),
    zone: options.zone,
    testsIncluded: options.includeTests === true,
    attribution: 'call-record',
    sources: rows.map(figuresRow),
    totals: { ...figuresOf(total, spam), costs: costTotals(rows) },
  };
};

/** Calls, answers, talk time and cost by marketing source, for a period. */
export const sourcesReport = (file: SqliteFile, options: SourcesReportOptions): SourcesReport =>
  consistently(file, () => {
    const { from, to, zone, includeTests, now = Date.now() } = options;
    const sources = readSources(file);
    const calls = readGroups(file, 'source', { from, to, includeTests }).figures;
    return assembleSourcesReport(
      sources,
      calls.map(({ key, ...counted }) => ({ ...counted, ...readSourceWords(key) })),
      readSpending(file, sources, { from, to, zone }, { now }),
      options,
    );
  });
