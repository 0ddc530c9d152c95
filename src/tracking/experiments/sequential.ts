import { type DaySums, type Sample, sampleOf } from './evidence.ts';

/**
 * Tests that may be looked at every day. Johari, Koomen, Pekelis, Walsh: "Peeking at A/B tests" (KDD 2017) and "Always valid
 * inference" (Operations Research 70, 2022): the mixture sequential probability ratio test (Robbins 1970) of the difference of
 * two proportions, mixed over a normal law.
 */

/** Variance of a rate; `more` viewers of either kind keep rare events from looking certain (Agresti and Caffo 2000). */
const varianceOf = ({ trials, rate }: Sample, more: number): number => {
  const smooth = (rate * trials + more) / (trials + 2 * more);
  return (smooth * (1 - smooth)) / trials;
};

/**
 * Of a difference: its value, its variance; undefined while an arm has nobody.
 *
 * @param more viewers of either kind that each arm is thought to have had besides
 */
export const differenceOf = (
  control: Sample,
  arm: Sample,
  more = 1,
): { readonly value: number; readonly variance: number } | undefined =>
  control.trials === 0 || arm.trials === 0
    ? undefined
    : { value: arm.rate - control.rate, variance: varianceOf(control, more) + varianceOf(arm, more) };

/**
 * ln Λ: how much better a difference is explained by some difference of N(0, τ²) than by none.
 *
 * @param variance of the estimate, above 0
 * @param tau standard deviation of the mixture, above 0: about as large as the differences that are looked for
 */
export const logMixtureRatio = (value: number, variance: number, tau: number): number => {
  const spread = tau * tau;
  return (
    0.5 * Math.log(variance / (variance + spread)) +
    (spread * value * value) / (2 * variance * (variance + spread))
  );
};

/** Half the width of the confidence sequence: holds at all times at once with probability 1 − α. */
export const sequenceHalfWidth = (variance: number, tau: number, alpha: number): number => {
  const spread = tau * tau;
  const bound = Math.log(1 / alpha) + 0.5 * Math.log((variance + spread) / variance);
  return Math.sqrt(((2 * variance * (variance + spread)) / spread) * bound);
};

/** Holm's step-down adjustment (1979): in the order given. */
export const holm = (values: readonly number[]): readonly number[] => {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const adjusted = values.map(() => 1);
  let most = 0;
  order.forEach(({ value, index }, rank) => {
    most = Math.max(most, Math.min(1, value * (values.length - rank)));
    adjusted[index] = most;
  });
  return adjusted;
};

/** An arm against the first, as it stands. */
export type Comparison = {
  readonly difference: number;
  /** Confidence sequence at 1 − α, over all arms together (Bonferroni). */
  readonly low: number;
  readonly high: number;
  /** Always valid: the least so far; adjusted for several arms (Holm). */
  readonly p: number;
  /** UTC day, since 1970, on which p fell to α; null: not yet. */
  readonly decidedOn: number | null;
  /** What the day of the least p spoke for: the arm (1) or the first (−1). */
  readonly direction: 1 | -1;
};

/** A single viewer of a bandit may weigh as much as several. */
export const MORE_OF_BANDIT = 2;

export type SequentialOptions = {
  /** Smallest difference worth finding, relative. */
  readonly effect: number;
  readonly alpha: number;
  /** Viewers of either kind thought of besides: 1, or `MORE_OF_BANDIT`. */
  readonly more?: number;
};

const pooledRate = (samples: readonly Sample[]): number => {
  const trials = samples.reduce((sum, sample) => sum + sample.trials, 0);
  const done = samples.reduce((sum, sample) => sum + sample.trials * sample.rate, 0);
  return (done + 1) / (trials + 2);
};

type Track = { p: number; direction: 1 | -1; decidedOn: number | null; latest: Comparison };

const UNKNOWN: Comparison = { difference: 0, low: -1, high: 1, p: 1, decidedOn: null, direction: 1 };

/**
 * Each arm but the first against the first, as it stood at the end of each day.
 *
 * @param onDay told the adjusted p of each comparison on each day
 * @returns in the order of the arms, without the first
 */
export const followDays = (
  days: readonly DaySums[],
  { effect, alpha, more = 1 }: SequentialOptions,
  onDay?: (day: number, p: readonly number[]) => void,
): readonly Comparison[] => {
  const count = Math.max(0, (days[0]?.arms.length ?? 0) - 1);
  const tracks: Track[] = Array.from({ length: count }, () => ({
    p: 1,
    direction: 1,
    decidedOn: null,
    latest: UNKNOWN,
  }));
  for (const { day, arms } of days) {
    const [control, ...others] = arms.map(sampleOf);
    if (!control) continue;
    const tau = effect * pooledRate([control, ...others]);
    for (const [index, track] of tracks.entries())
      look(track, differenceOf(control, others[index] ?? control, more), tau, alpha / count);
    const adjusted = holm(tracks.map(({ p }) => p));
    tracks.forEach((track, index) => {
      if (track.decidedOn === null && (adjusted[index] ?? 1) <= alpha) track.decidedOn = day;
    });
    onDay?.(day, adjusted);
  }
  const adjusted = holm(tracks.map(({ p }) => p));
  return tracks.map(({ latest, direction, decidedOn }, index) => ({
    ...latest,
    p: adjusted[index] ?? 1,
    direction,
    decidedOn,
  }));
};

const look = (
  track: Track,
  difference: ReturnType<typeof differenceOf>,
  tau: number,
  alpha: number,
): void => {
  if (!difference) return;
  const { value, variance } = difference;
  const p = Math.min(1, Math.exp(-logMixtureRatio(value, variance, tau)));
  const half = sequenceHalfWidth(variance, tau, alpha);
  track.latest = {
    ...track.latest,
    difference: value,
    low: Math.max(-1, value - half),
    high: Math.min(1, value + half),
  };
  if (p >= track.p) return;
  track.p = p;
  track.direction = value < 0 ? -1 : 1;
};
