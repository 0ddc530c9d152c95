/** Special functions behind the figures of experiments, pure. */

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(x) for x ≥ 0.5, to about 15 digits (Lanczos 1964, g = 7, coefficients of Godfrey). */
const logGamma = (x: number): number => {
  const z = x - 1;
  const t = z + 7.5;
  const sum = LANCZOS.reduce((total, part, index) => (index === 0 ? part : total + part / (z + index)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
};

/** ln B(a, b) for a, b ≥ 0.5. */
export const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

const TINY = 1e-300;
const EXACT = 1e-15;
/** The fraction needs about √max(a, b) steps: enough for hundreds of millions of viewers. */
const MOST_STEPS = 50_000;

const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

/** Continued fraction of the incomplete beta function by Lentz's method (Numerical Recipes, section 6.4). */
const betaFraction = (a: number, b: number, x: number): number => {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MOST_STEPS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < EXACT) break;
  }
  return value;
};

/** P(X ≤ x) for X ~ Beta(a, b), a, b ≥ 0.5: the regularised incomplete beta function (DLMF 8.17). */
export const betaCdf = (a: number, b: number, x: number): number => {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, 1 - x)) / b;
};

/** The x with P(X ≤ x) = p for X ~ Beta(a, b), by halving: to 15 digits. */
export const betaQuantile = (a: number, b: number, p: number): number => {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60 && high - low > 1e-15; i += 1) {
    const middle = (low + high) / 2;
    if (betaCdf(a, b, middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** P(a, x) by its series, for x < a + 1 (Numerical Recipes, section 6.2). */
const gammaSeries = (a: number, x: number): number => {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n <= MOST_STEPS && Math.abs(term) > Math.abs(sum) * EXACT; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * Math.exp(a * Math.log(x) - x - logGamma(a));
};

/** Q(a, x) by its continued fraction, for x ≥ a + 1 (the same). */
const gammaFraction = (a: number, x: number): number => {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / away(b);
  let value = d;
  for (let n = 1; n <= MOST_STEPS; n += 1) {
    const step = -n * (n - a);
    b += 2;
    d = 1 / away(step * d + b);
    c = away(b + step / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < EXACT) break;
  }
  return value * Math.exp(a * Math.log(x) - x - logGamma(a));
};

/** Q(a, x), the regularised upper incomplete gamma function (DLMF 8.2), for a ≥ 0.5. */
const gammaUpper = (a: number, x: number): number => {
  if (x <= 0) return 1;
  return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x);
};

/**
 * P(X ≥ x) for a χ² law.
 *
 * @param freedom degrees of freedom, at least 1
 */
export const chiSquareTail = (x: number, freedom: number): number => gammaUpper(freedom / 2, x / 2);

/** Φ(z), the standard normal law. */
export const normalCdf = (z: number): number => {
  const tail = gammaUpper(0.5, (z * z) / 2) / 2;
  return z < 0 ? tail : 1 - tail;
};

/**
 * The z with Φ(z) = p, by halving: to 12 digits.
 *
 * @param p above 0, below 1
 * @throws RangeError when it is not
 */
export const normalQuantile = (p: number): number => {
  if (!(p > 0 && p < 1)) throw new RangeError('a probability is above 0 and below 1');
  if (p > 0.5) return -normalQuantile(1 - p);
  let low = -40;
  let high = 0;
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};
