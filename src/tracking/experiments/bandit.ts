import { beliefs, type Tally } from './bayes.ts';

/**
 * Shares of a Thompson-sampling bandit with a floor: each arm gets the floor, and what is left goes by P(best), which is how
 * often Thompson's draw would choose it (Thompson 1933; Scott 2010, "A modern Bayesian look at the multi-armed bandit").
 *
 * @param floor share of each arm at least, times the arms at most 1
 * @returns in the order of the arms; they add up to 1
 */
export const banditShares = (arms: readonly Tally[], floor: number): readonly number[] => {
  const left = Math.max(0, 1 - floor * arms.length);
  return beliefs(arms).map(({ best }) => floor + left * best);
};
