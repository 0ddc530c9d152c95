import type { Sums } from './evidence.ts';
import { chiSquareTail, normalCdf } from './special.ts';

/** Whether arms got as many viewers as they should have. */
export type RatioCheck = {
  readonly test: 'chi-square' | 'inverse-probability';
  readonly statistic: number;
  readonly p: number;
  readonly alarm: boolean;
};

/** Below it a split is not believed (Fabijan et al., "Diagnosing sample ratio mismatch", KDD 2019). */
const ALARM_BELOW = 0.001;

const checked = (test: RatioCheck['test'], statistic: number, p: number): RatioCheck => ({
  test,
  statistic,
  p,
  alarm: p < ALARM_BELOW,
});

/**
 * Pearson's χ² of viewers against planned shares.
 *
 * @param shares add up to 1, each above 0
 */
export const ratioOfShares = (viewers: readonly number[], shares: readonly number[]): RatioCheck => {
  const total = viewers.reduce((sum, count) => sum + count, 0);
  if (total === 0) return checked('chi-square', 0, 1);
  const statistic = viewers.reduce((sum, count, index) => {
    const due = total * (shares[index] ?? 0);
    return sum + (count - due) ** 2 / due;
  }, 0);
  return checked('chi-square', statistic, chiSquareTail(statistic, Math.max(1, viewers.length - 1)));
};

/**
 * Of a bandit, whose shares change: the weights 1/p of an arm's viewers should add up to the number of all viewers. The greatest
 * deviation in standard errors, two-sided, times the number of arms (Bonferroni).
 *
 * @param floor share that each arm had at least
 */
export const ratioOfWeights = (arms: readonly Sums[], floor: number): RatioCheck => {
  const total = arms.reduce((sum, { viewers }) => sum + viewers, 0);
  if (total === 0) return checked('inverse-probability', 0, 1);
  const statistic = Math.max(
    ...arms.map(({ weight, weightSquared }) => {
      // Mean of 1/p over all viewers, told from those of the arm; nobody there: as large as it can be.
      const inverse = weight === 0 ? 1 / floor : weightSquared / weight;
      const variance = total * (inverse - 1);
      return variance <= 0 ? 0 : Math.abs(weight - total) / Math.sqrt(variance);
    }),
  );
  return checked('inverse-probability', statistic, Math.min(1, 2 * arms.length * (1 - normalCdf(statistic))));
};
