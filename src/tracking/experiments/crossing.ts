import { normalCdf, normalQuantile } from './special.ts';

/** As if looked at four weeks long every day. */
const LOOKS = 28;
/** Points of a density between the bounds; odd, for Simpson's rule. */
const POINTS = 81;
/** Standard deviations beyond which a step does not reach. */
const REACH = 6;

const PEAK = 1 / Math.sqrt(2 * Math.PI);
const density = (x: number): number => PEAK * Math.exp((-x * x) / 2);

/** The bound of |z| of the mixture test, where the mixture's variance is `w` times that of the estimate. */
const boundAt = (w: number, alpha: number): number =>
  Math.sqrt(2 * (1 + 1 / w) * (Math.log(1 / alpha) + 0.5 * Math.log1p(w)));

/** Points from −bound to bound, and the density there times the weights of Simpson's rule. */
type State = { readonly points: Float64Array; readonly mass: Float64Array };

const simpson = (index: number): number =>
  index === 0 || index === POINTS - 1 ? 1 / 3 : index % 2 === 1 ? 4 / 3 : 2 / 3;

/** What is between the bounds of the next look. */
const step = (from: State, bound: number, drift: number, deviation: number): State => {
  const width = (2 * bound) / (POINTS - 1);
  const points = Float64Array.from({ length: POINTS }, (_, index) => index * width - bound);
  const mass = points.map((y, index) => {
    let sum = 0;
    for (let i = 0; i < from.points.length; i += 1) {
      const z = (y - (from.points[i] ?? 0) - drift) / deviation;
      if (z < REACH && z > -REACH) sum += (from.mass[i] ?? 0) * density(z);
    }
    return (sum / deviation) * width * simpson(index);
  });
  return { points, mass };
};

/** What goes beyond the upper bound. */
const crossing = ({ points, mass }: State, bound: number, drift: number, deviation: number): number => {
  let sum = 0;
  for (let i = 0; i < points.length; i += 1) {
    const z = (bound - (points[i] ?? 0) - drift) / deviation;
    if (z < REACH) sum += (mass[i] ?? 0) * normalCdf(-z);
  }
  return sum;
};

/**
 * Probability that the always-valid test finds a difference, the right way round, at one of 28 looks spread evenly, by the
 * recursion of Armitage, McPherson and Rowe (1969) for a Brownian motion with drift.
 *
 * @param information squared difference ÷ variance of its estimate at the last look, above 0
 * @param spread standard deviation of the mixture ÷ difference
 * @param alpha two-sided
 */
export const powerOfLooks = (information: number, spread: number, alpha: number): number => {
  const drift = Math.sqrt(information) / LOOKS;
  const deviation = Math.sqrt(1 / LOOKS);
  let state: State = { points: Float64Array.of(0), mass: Float64Array.of(1) };
  let power = 0;
  for (let look = 1; look <= LOOKS; look += 1) {
    const time = look / LOOKS;
    const bound = boundAt(information * time * spread * spread, alpha) * Math.sqrt(time);
    power += crossing(state, bound, drift, deviation);
    state = step(state, bound, drift, deviation);
  }
  return power;
};

const known = new Map<string, number>();
const MOST_KNOWN = 1000;

/** The information with which the test has a power, to three digits. */
export const informationFor = (power: number, spread: number, alpha: number): number => {
  // A hundredth more or less of the mixture changes the number by a thousandth.
  const key = `${power} ${spread.toFixed(2)} ${alpha}`;
  const found = known.get(key) ?? search(power, Number(spread.toFixed(2)), alpha);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, found);
  return found;
};

/** By the false position rule, in its Illinois variant; a test for one look, that needs less, is where it begins. */
const search = (power: number, spread: number, alpha: number): number => {
  const over = (information: number): number => powerOfLooks(information, spread, alpha) - power;
  let low = (normalQuantile(1 - alpha / 2) + normalQuantile(power)) ** 2;
  let below = over(low);
  let high = 2 * low;
  let above = over(high);
  while (above < 0) {
    [low, below] = [high, above];
    high *= 1.5;
    above = over(high);
  }
  for (;;) {
    const guess = high - (above * (high - low)) / (above - below);
    const off = over(guess);
    if (Math.abs(off) < 1e-4 || high - low < 1e-4 * high) return guess;
    if (off > 0) {
      [high, above] = [guess, off];
      below /= 2;
    } else {
      [low, below] = [guess, off];
      above /= 2;
    }
  }
};
