import { z } from 'zod';

/** A match and whether it was right. */
export type Score = {
  /** The probability that it was given, 0 to 1. */
  readonly p: number;
  readonly right: boolean;
};

const BINS = 10;
/** From here on a match is called sure. */
export const SURE = 0.95;

const binSchema = z.object({
  from: z.number(),
  to: z.number(),
  calls: z.int(),
  meanProbability: z.number().nullable(),
  rightShare: z.number().nullable(),
});

export const calibrationSchema = z.object({
  calls: z.int(),
  brier: z.number().nullable().meta({ description: 'Mean of (p − right)²; 0 is perfect' }),
  calibrationError: z
    .number()
    .nullable()
    .meta({ description: 'Mean distance of probability and share that was right, over ten bins' }),
  sure: z
    .object({
      calls: z.int(),
      share: z.number().nullable(),
      rightShare: z.number().nullable(),
    })
    .meta({ description: `Matches with a probability of ${SURE} and more` }),
  bins: z.array(binSchema).meta({ description: 'Ten, by probability' }),
});

/** How far probabilities keep what they promise. Null where there is nothing to measure. */
export type Calibration = z.output<typeof calibrationSchema>;

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const rightShare = (scores: readonly Score[]): number | null =>
  mean(scores.map(({ right }) => (right ? 1 : 0)));

/** Brier score, reliability in ten bins, expected calibration error, and the sure matches with their hit rate. */
export const calibration = (scores: readonly Score[]): Calibration => {
  const bins = Array.from({ length: BINS }, (_, bin) => {
    const inside = scores.filter(({ p }) => Math.min(BINS - 1, Math.floor(p * BINS)) === bin);
    return {
      from: bin / BINS,
      to: (bin + 1) / BINS,
      calls: inside.length,
      meanProbability: mean(inside.map(({ p }) => p)),
      rightShare: rightShare(inside),
    };
  });
  const distance = bins.reduce(
    (sum, bin) => sum + bin.calls * Math.abs((bin.meanProbability ?? 0) - (bin.rightShare ?? 0)),
    0,
  );
  const sure = scores.filter(({ p }) => p >= SURE);
  return {
    calls: scores.length,
    brier: mean(scores.map(({ p, right }) => (p - (right ? 1 : 0)) ** 2)),
    calibrationError: scores.length === 0 ? null : distance / scores.length,
    sure: {
      calls: sure.length,
      share: scores.length === 0 ? null : sure.length / scores.length,
      rightShare: rightShare(sure),
    },
    bins,
  };
};
