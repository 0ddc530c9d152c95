/** Lengths of visits are lognormal: `mu` and `sigma` of the natural logarithm of milliseconds. */
export type VisitLength = { readonly mu: number; readonly sigma: number };

/** Shorter ones (a page that was left before it could tell) count as so long, ms. */
export const SHORTEST_VISIT_MS = 5000;

const COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
] as const;

/** exp(x²)·erfc(x) for x ≥ 0, within 2e-7 (Press et al., Numerical Recipes, 6.2). */
const scaledErfc = (x: number): number => {
  const t = 1 / (1 + x / 2);
  return t * Math.exp(COEFFICIENTS.reduceRight((sum, coefficient) => sum * t + coefficient, 0));
};

/** Logarithm of P(Z > z), Z standard normal; far out too, where the probability itself is 0 in floating point. */
const logUpperTail = (z: number): number => {
  const x = Math.abs(z) / Math.SQRT2;
  const beyond = -x * x + Math.log(scaledErfc(x) / 2);
  return z >= 0 ? beyond : Math.log1p(-Math.exp(beyond));
};

/**
 * E[1/L | L > elapsed]: how densely a call at a random moment of a visit falls on this one, when all that is known of the
 * visit's length is that it is not over yet.
 *
 * @param elapsedMs 0 or more
 * @returns per ms; never above 1/elapsed
 */
export const meanInverse = ({ mu, sigma }: VisitLength, elapsedMs: number): number => {
  const elapsed = Math.max(elapsedMs, 1);
  const z = (Math.log(elapsed) - mu) / sigma;
  const inverse = Math.exp(-mu + (sigma * sigma) / 2 + logUpperTail(z + sigma) - logUpperTail(z));
  return Math.min(inverse, 1 / elapsed);
};

/**
 * The lognormal of some lengths, with `prior` weighing as much as `weight` of them.
 *
 * @param lengths ms
 */
export const fitVisitLength = (lengths: readonly number[], prior: VisitLength, weight = 20): VisitLength => {
  const logs = lengths.map((length) => Math.log(Math.max(length, SHORTEST_VISIT_MS)));
  const count = logs.length + weight;
  const mu = (logs.reduce((sum, value) => sum + value, 0) + weight * prior.mu) / count;
  const squares = logs.reduce((sum, value) => sum + (value - mu) ** 2, 0);
  const priorSquares = weight * (prior.sigma ** 2 + (prior.mu - mu) ** 2);
  return { mu, sigma: Math.sqrt((squares + priorSquares) / count) };
};
