import { z } from 'zod';
import { poissonInterval, wilsonInterval } from '../tracking/index.ts';
import { MICROS } from './cost.ts';

/** An estimate and its 90 % interval; `high` null: without bound, `value` null: there is nothing to divide by. */
export const estimateSchema = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});
export type Estimate = z.output<typeof estimateSchema>;

export const shareSchema = estimateSchema.meta({ description: 'Share and its 90 % interval (Wilson)' });

export const moneySchema = z.object({
  currency: z.string(),
  cost: z.number().nullable().meta({ description: 'Null: none is known' }),
  value: z.number(),
  valued: z.int().meta({ description: 'Calls that are worth something' }),
  costPerCall: estimateSchema.meta({ description: 'Intervals: calls as a Poisson count' }),
  costPerAnswered: estimateSchema,
  costPerQualified: estimateSchema,
  roas: estimateSchema.meta({ description: 'value ÷ cost' }),
  roi: estimateSchema.meta({ description: '(value × margin − cost) ÷ cost' }),
});
export type MoneyFigures = z.output<typeof moneySchema>;

const NOTHING: Estimate = { value: null, low: null, high: null };

/** Millionths of a unit and no finer. */
const fine = (value: number): number => Math.round(value * MICROS) / MICROS;

/** 90 % interval of a count, as Poisson has it. */
export const countInterval = (count: number): { readonly low: number; readonly high: number } => {
  const { low, high } = poissonInterval(count * MICROS);
  return { low: low / MICROS, high: high / MICROS };
};

/**
 * A share of a number of trials with its interval.
 *
 * @param z standard deviations of the normal law on either side; default: 90 %
 */
export const shareOf = (count: number, trials: number, z?: number): Estimate => {
  if (trials === 0) return NOTHING;
  const { low, high } = wilsonInterval(count * MICROS, trials * MICROS, z);
  return { value: fine(count / trials), low: low / MICROS, high: high / MICROS };
};

/** Cost of one of `count`: the fewer there are, the less is known of what one costs. */
export const costEach = (micros: number | null, count: number): Estimate => {
  if (micros === null) return NOTHING;
  const { low, high } = countInterval(count);
  const cost = micros / MICROS;
  return {
    value: count === 0 ? null : fine(cost / count),
    low: fine(cost / high),
    high: low <= 0 ? null : fine(cost / low),
  };
};

/**
 * Return on what was spent. The interval is that of the number of calls with a worth, each worth their mean: how much worths
 * differ is left out.
 */
const returnOn = (cost: number, value: number, valued: number): Estimate => {
  if (cost <= 0) return NOTHING;
  if (valued === 0) return { value: 0, low: 0, high: null };
  const { low, high } = countInterval(valued);
  const roas = value / cost;
  return { value: fine(roas), low: fine((roas * low) / valued), high: fine((roas * high) / valued) };
};

const roiOf = ({ value, low, high }: Estimate, margin: number): Estimate => {
  const gain = (roas: number | null): number | null => (roas === null ? null : fine(roas * margin - 1));
  return { value: gain(value), low: gain(low), high: gain(high) };
};

export type MoneyInput = {
  readonly currency: string;
  /** Millionths; null: none is known. */
  readonly costMicros: number | null;
  readonly valueMicros: number;
  readonly valued: number;
  readonly calls: number;
  readonly answered: number;
  readonly qualified: number;
};

/**
 * What calls cost and brought, in one currency.
 *
 * @param margin share of the value that is earned, 0 to 1
 */
export const moneyFigures = (input: MoneyInput, margin: number): MoneyFigures => {
  const { currency, costMicros, valueMicros, valued, calls, answered, qualified } = input;
  const roas = costMicros === null ? NOTHING : returnOn(costMicros / MICROS, valueMicros / MICROS, valued);
  return {
    currency,
    cost: costMicros === null ? null : costMicros / MICROS,
    value: valueMicros / MICROS,
    valued,
    costPerCall: costEach(costMicros, calls),
    costPerAnswered: costEach(costMicros, answered),
    costPerQualified: costEach(costMicros, qualified),
    roas,
    roi: roiOf(roas, margin),
  };
};
