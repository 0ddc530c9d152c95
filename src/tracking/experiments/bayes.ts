import { betaCdf, betaQuantile, logBeta } from './special.ts';

/** Viewers of an arm, and how many of them did what counts. */
export type Tally = { readonly viewers: number; readonly conversions: number };

/** What is believed of an arm after what was seen, from a prior under which every rate is as likely: Beta(1, 1). */
export type Belief = {
  readonly mean: number;
  /** Between them lie 95 %. */
  readonly low: number;
  readonly high: number;
  /** That no arm has a higher rate; those of all arms add up to 1. */
  readonly best: number;
  /** What is lost by choosing it, expected: E[highest rate] − E[its rate]. */
  readonly loss: number;
};

const NODES = 16;

/** Nodes and weights of the Gauss–Legendre rule on −1 … 1, by Newton's method (Numerical Recipes, section 4.6). */
const RULE = Array.from({ length: NODES }, (_, index) => {
  let x = Math.cos((Math.PI * (index + 0.75)) / (NODES + 0.5));
  let slope = 1;
  for (let round = 0; round < 20; round += 1) {
    let last = 0;
    let value = 1;
    for (let n = 1; n <= NODES; n += 1)
      [last, value] = [value, ((2 * n - 1) * x * value - (n - 1) * last) / n];
    slope = (NODES * (x * value - last)) / (x * x - 1);
    x -= value / slope;
  }
  return { x, weight: 2 / ((1 - x * x) * slope * slope) };
});

type Beta = { readonly a: number; readonly b: number };

const posterior = ({ viewers, conversions }: Tally): Beta => ({
  a: 1 + conversions,
  b: 1 + viewers - conversions,
});

/** Standard deviations from the mean between which a law is smooth enough for the rule; the right tail is the longer one. */
const CUTS = [-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 32] as const;

const cutsOf = ({ a, b }: Beta): readonly number[] => {
  const mean = a / (a + b);
  const deviation = Math.sqrt((mean * (1 - mean)) / (a + b + 1));
  return CUTS.map((cut) => mean + cut * deviation);
};

/** Points and weights of an integral from 0 to 1, close together where some law changes. */
const pointsFor = (laws: readonly Beta[]): readonly { readonly x: number; readonly weight: number }[] => {
  const cuts = [0, 1, ...laws.flatMap(cutsOf).filter((cut) => cut > 0 && cut < 1)].sort((a, b) => a - b);
  return cuts.slice(1).flatMap((to, index) => {
    const from = cuts[index] ?? 0;
    const half = (to - from) / 2;
    return half < 1e-13
      ? []
      : RULE.map(({ x, weight }) => ({ x: from + half * (1 + x), weight: weight * half }));
  });
};

/**
 * What is believed of each arm: P(best) = ∫ f(x) Π F(x) dx over the others' F, and E[highest] = ∫ 1 − Π F(x) dx, by
 * Gauss–Legendre quadrature, exact to about 10 digits (VWO, "Bayesian A/B testing at VWO", 2015, for the loss).
 */
export const beliefs = (arms: readonly Tally[]): readonly Belief[] => {
  const laws = arms.map(posterior);
  const constants = laws.map(({ a, b }) => logBeta(a, b));
  const best = laws.map(() => 0);
  let highest = 0;
  for (const { x, weight } of pointsFor(laws)) {
    const below = laws.map(({ a, b }) => betaCdf(a, b, x));
    highest += weight * (1 - below.reduce((product, share) => product * share, 1));
    laws.forEach(({ a, b }, index) => {
      const density = Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - (constants[index] ?? 0));
      if (density === 0) return;
      const others = below.reduce(
        (product, share, other) => (other === index ? product : product * share),
        1,
      );
      best[index] = (best[index] ?? 0) + weight * density * others;
    });
  }
  const total = best.reduce((sum, share) => sum + share, 0);
  return laws.map(({ a, b }, index) => ({
    mean: a / (a + b),
    low: betaQuantile(a, b, 0.025),
    high: betaQuantile(a, b, 0.975),
    best: (best[index] ?? 0) / total,
    loss: Math.max(0, highest - a / (a + b)),
  }));
};

const BEST_ABOVE = 0.95;
/** Expected loss below this share of the smallest difference worth finding: not worth waiting for. */
const LOSS_SHARE = 0.05;

/**
 * The arm that the Bayesian stop rule takes: P(best) > 0.95, and an expected loss that is next to nothing.
 *
 * @param of the first is the one that `effect` is relative to
 * @param effect smallest difference worth finding
 * @returns its place; undefined: go on
 */
export const bayesianChoice = (of: readonly Belief[], effect: number): number | undefined => {
  const threshold = LOSS_SHARE * effect * (of[0]?.mean ?? 0);
  const found = of.findIndex(({ best, loss }) => best > BEST_ABOVE && loss < threshold);
  return found < 0 ? undefined : found;
};
