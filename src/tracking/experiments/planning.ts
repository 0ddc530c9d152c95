import { informationFor } from './crossing.ts';
import { normalQuantile } from './special.ts';

export type Question = {
  /** Rate of the first arm, above 0, below 1. */
  readonly baseline: number;
  /** Smallest difference worth finding, relative: 0.25 is 2 % against 2.5 %. */
  readonly effect: number;
  /** Two-sided; of all comparisons together. */
  readonly alpha: number;
  readonly power: number;
  readonly arms: number;
};

const rates = ({ baseline, effect }: Pick<Question, 'baseline' | 'effect'>) => {
  const better = baseline * (1 + effect);
  if (!(baseline > 0 && effect > 0 && better < 1))
    throw new RangeError('rates are above 0 and below 1, and the second is the higher one');
  return { p1: baseline, p2: better, variances: baseline * (1 - baseline) + better * (1 - better) };
};

const alphaEach = ({ alpha, arms }: Question): number => alpha / Math.max(1, arms - 1);

/**
 * Viewers an arm for a test that is looked at once, at the end: n = (z₁₋α⁄₂ √(2 p̄ q̄) + z_power √(p₁q₁ + p₂q₂))² / (p₂ − p₁)²
 * (Fleiss, Levin, Paik: Statistical Methods for Rates and Proportions, 2003, section 4.2, without continuity correction).
 * Several arms: α is parted (Bonferroni).
 *
 * @throws RangeError when a rate is not above 0 and below 1
 */
export const viewersAtOnce = (question: Question): number => {
  const { p1, p2, variances } = rates(question);
  const mean = (p1 + p2) / 2;
  const root =
    normalQuantile(1 - alphaEach(question) / 2) * Math.sqrt(2 * mean * (1 - mean)) +
    normalQuantile(question.power) * Math.sqrt(variances);
  return Math.ceil((root / (p2 - p1)) ** 2);
};

/**
 * Viewers an arm by which the always-valid test, looked at every day, has found the difference with the power asked for. As
 * many as that at most: most differences show before.
 *
 * @throws RangeError when a rate is not above 0 and below 1
 */
export const viewersSequentially = (question: Question): number => {
  const { p1, p2, variances } = rates(question);
  const difference = p2 - p1;
  // The test mixes over differences as large as this one, relative to the mean of both rates.
  const spread = (question.effect * (p1 + p2)) / 2 / difference;
  const information = informationFor(question.power, spread, alphaEach(question));
  return Math.ceil((information * variances) / (difference * difference));
};

/** Whole days until `arms` arms have so many viewers each. */
export const daysFor = (perArm: number, arms: number, viewersPerDay: number): number =>
  Math.ceil((perArm * arms) / viewersPerDay);

/**
 * The smallest relative difference that so many viewers an arm can find.
 *
 * @param needed `viewersAtOnce` or `viewersSequentially`
 * @returns null when not even the largest possible one
 */
export const smallestEffect = (
  perArm: number,
  question: Omit<Question, 'effect'>,
  needed: (question: Question) => number,
): number | null => {
  const finds = (effect: number): boolean => needed({ ...question, effect }) <= perArm;
  // Logarithms: small differences are to be found as finely as large ones.
  let high = Math.log(((1 - question.baseline) / question.baseline) * (1 - 1e-9));
  if (!finds(Math.exp(high))) return null;
  let low = Math.log(1e-5);
  for (let i = 0; i < 30; i += 1) {
    const middle = (low + high) / 2;
    if (finds(Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp(high);
};
