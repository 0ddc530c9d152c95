import type { Tally } from './bayes.ts';
import type { Cell } from './cells.ts';

/** Sums over the viewers of one arm up to some day. Weights: 1/p of each viewer in a bandit, else 1. */
export type Sums = Tally & {
  readonly weight: number;
  readonly weightSquared: number;
  readonly convertedWeight: number;
};

/** A rate and how many viewers of equal weight it is worth. */
export type Sample = { readonly trials: number; readonly rate: number };

/** What was known at the end of a UTC day, by arm in the order asked for. */
export type DaySums = { readonly day: number; readonly arms: readonly Sums[] };

export const NO_SUMS: Sums = {
  viewers: 0,
  conversions: 0,
  weight: 0,
  weightSquared: 0,
  convertedWeight: 0,
};

export const addSums = (a: Sums, b: Sums): Sums => ({
  viewers: a.viewers + b.viewers,
  conversions: a.conversions + b.conversions,
  weight: a.weight + b.weight,
  weightSquared: a.weightSquared + b.weightSquared,
  convertedWeight: a.convertedWeight + b.convertedWeight,
});

const viewersOf = (cell: Cell, weighted: boolean): Sums =>
  weighted
    ? {
        ...NO_SUMS,
        viewers: cell.drawn,
        weight: cell.inverse ?? 0,
        weightSquared: cell.inverseSquared ?? 0,
      }
    : { ...NO_SUMS, viewers: cell.viewers, weight: cell.viewers, weightSquared: cell.viewers };

const conversionsOf = (cell: Cell, weighted: boolean): Sums =>
  weighted
    ? { ...NO_SUMS, conversions: cell.drawn, convertedWeight: cell.inverse ?? 0 }
    : { ...NO_SUMS, conversions: cell.viewers, convertedWeight: cell.viewers };

/**
 * What was known day by day: viewers from the day they first saw it, their conversion from the day it came.
 *
 * @param weighted a bandit's: viewers count by the inverse of the probability with which they got their arm (Horvitz and
 *   Thompson 1952); those whose probability is not kept are left out
 * @returns each day from the first to `through`; nothing without viewers
 */
export const sumsByDay = (
  cells: readonly Cell[],
  arms: readonly string[],
  { weighted, through }: { readonly weighted: boolean; readonly through: number },
): readonly DaySums[] => {
  const first = Math.min(...cells.map(({ seen }) => seen));
  if (cells.length === 0 || first > through) return [];
  const added = Array.from({ length: through - first + 1 }, () => arms.map(() => NO_SUMS));
  const add = (day: number, arm: number, sums: Sums): void => {
    const row = added[day - first];
    if (row) row[arm] = addSums(row[arm] ?? NO_SUMS, sums);
  };
  for (const cell of cells) {
    const arm = arms.indexOf(cell.arm);
    if (arm < 0) continue;
    add(cell.seen, arm, viewersOf(cell, weighted));
    if (cell.converted !== null) add(cell.converted, arm, conversionsOf(cell, weighted));
  }
  let known: readonly Sums[] = arms.map(() => NO_SUMS);
  return added.map((row, index) => {
    known = known.map((sums, arm) => addSums(sums, row[arm] ?? NO_SUMS));
    return { day: first + index, arms: known };
  });
};

/**
 * The self-normalised estimate (Hájek 1971) and its effective number of trials (Kish 1965): Σwy / Σw, (Σw)² / Σw². With equal
 * weights the plain share of the plain number.
 */
export const sampleOf = ({ weight, weightSquared, convertedWeight }: Sums): Sample =>
  weight === 0
    ? { trials: 0, rate: 0 }
    : { trials: (weight * weight) / weightSquared, rate: Math.min(1, convertedWeight / weight) };
