import { banditShares } from './bandit.ts';
import { bayesianChoice, beliefs } from './bayes.ts';
import { addSums, type DaySums, NO_SUMS, type Sums, sampleOf } from './evidence.ts';
import { wilson95 } from './guardrails.ts';
import { viewersAtOnce, viewersSequentially } from './planning.ts';
import { ratioOfShares, ratioOfWeights } from './ratio.ts';
import { differenceOf, followDays, MORE_OF_BANDIT } from './sequential.ts';
import { normalCdf, normalQuantile } from './special.ts';
import { armOfBucket, bucketOf, dealBuckets } from './split.ts';

/** Experiments whose truth is known, looked at every day: how often each rule is right. */
export type SimulationOptions = {
  readonly runs: number;
  /** Looks, one a day. */
  readonly days: number;
  readonly viewersPerDay: number;
  readonly baseline: number;
  /** Smallest difference worth finding, relative; where there is one, it is this. */
  readonly effect: number;
  readonly alpha: number;
  readonly power: number;
  /** Of the bandit. */
  readonly floor: number;
  /** Makes experiments of one simulation differ from another's. */
  readonly seed: number;
};

/** From 0, below 1; a stream for each name. */
export type Draw = (name: string) => () => number;

type Deal = ReturnType<typeof dealBuckets>;

const ARMS = ['a', 'b'] as const;

const dealOf = (shares: readonly number[]): Deal =>
  dealBuckets(ARMS.map((id, index) => ({ id, weight: shares[index] ?? 0 })));

type World = {
  readonly name: string;
  readonly days: number;
  readonly viewersPerDay: number;
  readonly rates: readonly number[];
  /** How viewers are dealt out on a day, by what was known before it. */
  readonly deal: (known: readonly Sums[]) => Deal;
  readonly next: () => number;
};

/** One experiment: viewers come, get their arm by the hash as real ones do, and call or don't. */
const live = ({ name, days, viewersPerDay, rates, deal, next }: World): readonly DaySums[] => {
  let known: readonly Sums[] = ARMS.map(() => NO_SUMS);
  return Array.from({ length: days }, (_, day) => {
    const dealt = deal(known);
    const seen = ARMS.map(() => 0);
    const done = ARMS.map(() => 0);
    for (let viewer = 0; viewer < viewersPerDay; viewer += 1) {
      const arm = armOfBucket(dealt, bucketOf(name, `${day}-${viewer}`)).arm === 'a' ? 0 : 1;
      seen[arm] = (seen[arm] ?? 0) + 1;
      if (next() < (rates[arm] ?? 0)) done[arm] = (done[arm] ?? 0) + 1;
    }
    known = known.map((sums, arm) => {
      const { from = 0, to = 0 } = dealt[arm] ?? {};
      const weight = 10_000 / (to - from);
      const viewers = seen[arm] ?? 0;
      const conversions = done[arm] ?? 0;
      return addSums(sums, {
        viewers,
        conversions,
        weight: viewers * weight,
        weightSquared: viewers * weight * weight,
        convertedWeight: conversions * weight,
      });
    });
    return { day, arms: known };
  });
};

const EVEN = dealOf([1, 1]);

const perRun = <T>(runs: number, run: (index: number) => T): readonly T[] =>
  Array.from({ length: runs }, (_, index) => run(index));

const shareOf = <T>(results: readonly T[], is: (result: T) => boolean): number =>
  results.filter(is).length / results.length;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Two-sided z-test of two proportions with a pooled variance: what is made to be looked at once. */
const plainTest = ([a = NO_SUMS, b = NO_SUMS]: readonly Sums[], alpha: number): boolean => {
  const pooled = (a.conversions + b.conversions) / (a.viewers + b.viewers);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / a.viewers + 1 / b.viewers));
  const z = (b.conversions / b.viewers - a.conversions / a.viewers) / error;
  return Math.abs(z) > normalQuantile(1 - alpha / 2);
};

/** Whether the Bayesian rule would stop; asked only where a rough guess says that it might. */
const bayesianStops = (arms: readonly Sums[], effect: number): boolean => {
  const [a, b] = arms.map((sums) => sampleOf(sums));
  const difference = a && b && differenceOf(a, b);
  if (!difference) return false;
  const rough = normalCdf(Math.abs(difference.value) / Math.sqrt(difference.variance));
  return rough > 0.85 && bayesianChoice(beliefs(arms), effect) !== undefined;
};

const ratioAlarm = (arms: readonly Sums[], shares: readonly number[]): boolean =>
  ratioOfShares(
    arms.map(({ viewers }) => viewers),
    shares,
  ).alarm;

export type NoDifference = {
  readonly runs: number;
  /** Viewers of both arms by the end. */
  readonly viewers: number;
  /** Share of experiments without a difference in which a rule found one on some day. */
  readonly sequential: number;
  readonly bayesian: number;
  /** A test made for one look, looked at every day. */
  readonly plain: number;
  /** The same at the end alone. */
  readonly plainAtEnd: number;
  /** Share whose split raised the alarm at the end, and on some day. */
  readonly ratioAtEnd: number;
  readonly ratioOnSomeDay: number;
};

/** A/A: both arms are the same, split as planned, looked at every day. */
export const simulateNoDifference = (options: SimulationOptions, draw: Draw): NoDifference => {
  const { runs, days, viewersPerDay, baseline, effect, alpha, seed } = options;
  const results = perRun(runs, (run) => {
    const name = `even-${seed}-${run}`;
    const rates = [baseline, baseline];
    const lived = live({ name, days, viewersPerDay, rates, deal: () => EVEN, next: draw(name) });
    const looks = lived.map(({ arms }) => arms);
    const end = looks.at(-1) ?? [];
    return {
      sequential: followDays(lived, { effect, alpha }).some(({ decidedOn }) => decidedOn !== null),
      bayesian: looks.some((arms) => bayesianStops(arms, effect)),
      plain: looks.some((arms) => plainTest(arms, alpha)),
      plainAtEnd: plainTest(end, alpha),
      ratioAtEnd: ratioAlarm(end, [0.5, 0.5]),
      ratioOnSomeDay: looks.some((arms) => ratioAlarm(arms, [0.5, 0.5])),
    };
  });
  return {
    runs,
    viewers: days * viewersPerDay,
    sequential: shareOf(results, (result) => result.sequential),
    bayesian: shareOf(results, (result) => result.bayesian),
    plain: shareOf(results, (result) => result.plain),
    plainAtEnd: shareOf(results, (result) => result.plainAtEnd),
    ratioAtEnd: shareOf(results, (result) => result.ratioAtEnd),
    ratioOnSomeDay: shareOf(results, (result) => result.ratioOnSomeDay),
  };
};

export type Difference = {
  readonly runs: number;
  /** Viewers an arm that the calculator asks for: one look at the end, and looks every day. */
  readonly viewersAtOnce: number;
  readonly viewersSequentially: number;
  /** Share that found the difference: the plain test at its number. */
  readonly plain: number;
  /** The always-valid one by then, and by its own number. */
  readonly sequentialByThen: number;
  readonly sequential: number;
  /** Found the worse arm better. */
  readonly wrongWay: number;
  /** Mean of the share of its viewers that it needed, where it found it. */
  readonly needed: number;
};

/** A/B: the second arm is better by just what was planned for. */
export const simulateDifference = (options: SimulationOptions, draw: Draw): Difference => {
  const { runs, days, baseline, effect, alpha, power, seed } = options;
  const question = { baseline, effect, alpha, power, arms: ARMS.length };
  const atOnce = viewersAtOnce(question);
  const sequentially = viewersSequentially(question);
  const viewersPerDay = Math.ceil((2 * atOnce) / days);
  const allDays = Math.ceil((2 * sequentially) / viewersPerDay);
  const results = perRun(runs, (run) => {
    const name = `better-${seed}-${run}`;
    const rates = [baseline, baseline * (1 + effect)];
    const next = draw(name);
    const lived = live({ name, days: allDays, viewersPerDay, rates, deal: () => EVEN, next });
    const [comparison] = followDays(lived, { effect, alpha });
    return {
      plain: plainTest(lived[days - 1]?.arms ?? [], alpha),
      decidedOn: comparison?.decidedOn ?? null,
      right: (comparison?.direction ?? 0) > 0,
    };
  });
  const found = results.flatMap(({ decidedOn, right }) =>
    decidedOn !== null && right ? [decidedOn + 1] : [],
  );
  return {
    runs,
    viewersAtOnce: atOnce,
    viewersSequentially: sequentially,
    plain: shareOf(results, ({ plain }) => plain),
    sequentialByThen: found.filter((day) => day <= days).length / runs,
    sequential: found.length / runs,
    wrongWay: shareOf(results, ({ decidedOn, right }) => decidedOn !== null && !right),
    needed: mean(found.map((day) => day / allDays)),
  };
};

export type BrokenSplit = {
  readonly runs: number;
  readonly viewers: number;
  readonly planned: readonly number[];
  readonly got: readonly number[];
  /** Share that raised the alarm at the end. */
  readonly alarms: number;
};

/** A split that loses viewers of one arm: 47 to 53 where it should be even. */
export const simulateBrokenSplit = (
  { runs, days, viewersPerDay, seed }: SimulationOptions,
  draw: Draw,
): BrokenSplit => {
  const got = [0.47, 0.53];
  const deal = dealOf(got);
  const results = perRun(runs, (run) => {
    const name = `broken-${seed}-${run}`;
    const lived = live({ name, days, viewersPerDay, rates: [0, 0], deal: () => deal, next: draw(name) });
    return ratioAlarm(lived.at(-1)?.arms ?? [], [0.5, 0.5]);
  });
  const alarms = shareOf(results, (alarm) => alarm);
  return { runs, viewers: days * viewersPerDay, planned: [0.5, 0.5], got, alarms };
};

export type BanditRuns = {
  readonly runs: number;
  readonly viewers: number;
  /** Conversions that were lost in the mean because not everybody got the better arm: bandit, even split. */
  readonly lost: number;
  readonly lostEvenly: number;
  /** Share of viewers that the better arm got on the last day, in the mean. */
  readonly bestShare: number;
  /** True rate of the worse arm; mean of the plain rate and of the weighted ones. */
  readonly truth: number;
  readonly plainRate: number;
  readonly weightedRate: number;
  /** Share of 95 % intervals of the weighted rates that hold the truth. */
  readonly coverage: number;
  /** Share with an alarm about the split at the end. */
  readonly ratioAlarms: number;
  /** With both arms the same: share in which the always-valid test found a difference on some day. */
  readonly falsePositives: number;
};

const banditDeal =
  (floor: number) =>
  (known: readonly Sums[]): Deal =>
    dealOf(banditShares(known, floor));

/** A bandit that learns once a day. */
export const simulateBandit = (options: SimulationOptions, draw: Draw): BanditRuns => {
  const { runs, days, viewersPerDay, baseline, effect, alpha, floor, seed } = options;
  const better = baseline * (1 + effect);
  const play = (name: string, rates: readonly number[]): readonly DaySums[] =>
    live({ name, days, viewersPerDay, rates, deal: banditDeal(floor), next: draw(name) });
  const results = perRun(runs, (run) => {
    const rates = [baseline, better];
    const lived = play(`bandit-${seed}-${run}`, rates);
    const end = lived.at(-1)?.arms ?? [];
    const before = lived.at(-2)?.arms ?? end;
    const samples = end.map(sampleOf);
    const lastDay = (end[1]?.viewers ?? 0) - (before[1]?.viewers ?? 0);
    return {
      lost: (end[0]?.viewers ?? 0) * (better - baseline),
      bestShare: lastDay / viewersPerDay,
      plain: (end[0]?.conversions ?? 0) / Math.max(1, end[0]?.viewers ?? 0),
      weighted: samples[0]?.rate ?? 0,
      covered: samples.map(({ rate, trials }, arm) => {
        const { low, high } = wilson95(rate * trials, trials);
        const truth = rates[arm] ?? 0;
        return low <= truth && truth <= high;
      }),
      alarm: ratioOfWeights(end, floor).alarm,
    };
  });
  const even = perRun(runs, (run) => play(`bandit-even-${seed}-${run}`, [baseline, baseline]));
  return {
    runs,
    viewers: days * viewersPerDay,
    lost: mean(results.map(({ lost }) => lost)),
    lostEvenly: (days * viewersPerDay * (better - baseline)) / 2,
    bestShare: mean(results.map(({ bestShare }) => bestShare)),
    truth: baseline,
    plainRate: mean(results.map(({ plain }) => plain)),
    weightedRate: mean(results.map(({ weighted }) => weighted)),
    coverage: shareOf(
      results.flatMap(({ covered }) => covered),
      (covered) => covered,
    ),
    ratioAlarms: shareOf(results, ({ alarm }) => alarm),
    falsePositives: shareOf(even, (lived) =>
      followDays(lived, { effect, alpha, more: MORE_OF_BANDIT }).some(({ decidedOn }) => decidedOn !== null),
    ),
  };
};
