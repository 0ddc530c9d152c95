import { z } from 'zod';
import type { SqliteFile } from '../store/index.ts';
import { type AttributionReport, type AttributionRow, sourceChannel } from '../tracking/index.ts';
import { MICROS } from './cost.ts';
import { type Estimate, estimateSchema } from './money.ts';
import { readSources, readSpending, type Spending } from './spending.ts';

export const attributionCostSchema = z.object({
  currency: z.string(),
  cost: z.number(),
  costPerConversion: estimateSchema.meta({
    description: 'cost ÷ credit, with the 90 % interval of the credit',
  }),
  roas: z.number().nullable().meta({ description: 'Value credited ÷ cost' }),
});

/** What the credit of a row cost, in one currency. */
export type AttributionCost = z.output<typeof attributionCostSchema>;
/** By key of the report's rows; rows that nobody knows the cost of are left out. */
export type AttributionCosts = Readonly<Record<string, readonly AttributionCost[]>>;

const fold = (...words: readonly (string | null)[]): string =>
  JSON.stringify(words.map((word) => word ?? '(none)')).toLowerCase();

type Words = Pick<AttributionRow, 'channel' | 'source' | 'medium' | 'campaign'>;

/** What money and rows are joined by; of keywords and pages nobody knows the cost. */
const JOINED_BY: Readonly<Record<string, (words: Words) => string>> = {
  source: ({ source, medium }) => fold(source, medium),
  campaign: ({ source, medium, campaign }) => fold(source, medium, campaign),
  channel: ({ channel }) => fold(channel),
};

const wordsOf = ({ source, medium, campaign }: Spending): Words => ({
  channel: sourceChannel(source, medium),
  source,
  medium,
  campaign,
});

const estimate = (cost: number, { credits, creditsLow, creditsHigh }: AttributionRow): Estimate => {
  const each = (micros: number): number | null =>
    micros <= 0 ? null : Math.round((cost * MICROS * MICROS) / micros) / MICROS;
  return { value: each(credits), low: each(creditsHigh), high: each(creditsLow) };
};

const costOfRow = (row: AttributionRow, currency: string, micros: number): AttributionCost => {
  const cost = micros / MICROS;
  const value = (row.values[currency] ?? 0) / MICROS;
  return {
    currency,
    cost,
    costPerConversion: estimate(cost, row),
    roas: cost > 0 ? Math.round((value / cost) * MICROS) / MICROS : null,
  };
};

/**
 * What was spent on each row of an attribution report. It stands beside the report, not in it: spend may be imported later, and the
 * report's digest is of the events alone.
 *
 * @param now milliseconds since the epoch: sources' own cost is counted up to the end of this day
 */
export const attributionCosts = (
  file: SqliteFile,
  { parameters, rows }: AttributionReport,
  now: number,
): AttributionCosts => {
  const joined = JOINED_BY[parameters.by];
  if (joined === undefined) return {};
  const sums = new Map<string, Map<string, number>>();
  for (const line of readSpending(file, readSources(file), parameters, { now })) {
    const key = joined(wordsOf(line));
    const costs = sums.get(key) ?? new Map<string, number>();
    costs.set(line.currency, (costs.get(line.currency) ?? 0) + line.micros);
    sums.set(key, costs);
  }
  const named = rows.filter(({ source, channel }) => source !== null || channel !== null);
  return Object.fromEntries(
    named.flatMap((row) => {
      const costs = [...(sums.get(joined(row)) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      return costs.length === 0
        ? []
        : [[row.key, costs.map(([currency, micros]) => costOfRow(row, currency, micros))]];
    }),
  );
};
