import { MICROS } from './types.ts';

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/**
 * Shares out whole units by weights: largest remainders get what rounding down leaves, the first of equal ones first
 * (Hamilton's method). What it gives adds up to `total` exactly.
 *
 * @param total whole, 0 to 10^12
 * @param weights ≥ 0, at least one above 0; they need not add up to 1
 */
export const apportion = (total: number, weights: readonly number[]): number[] => {
  if (weights.length === 1) return [total];
  const sum = sumOf(weights);
  const quotas = weights.map((weight) => (weight / sum) * total);
  const shares = quotas.map(Math.floor);
  const left = total - sumOf(shares);
  if (left === 0) return shares;
  const order = quotas
    .map((quota, index) => ({ index, rest: quota - Math.floor(quota) }))
    // A product that should be whole may come out a hair below: it has nearly a unit to get, and gets it first.
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  for (let given = 0; given < left; given += 1) {
    const index = order[given % order.length]?.index ?? 0;
    shares[index] = (shares[index] ?? 0) + 1;
  }
  return shares;
};

/**
 * The same for amounts of money by whole parts, without rounding on the way.
 *
 * @param total whole, up to 2^53
 * @param parts whole, ≥ 0, at least one above 0
 */
export const apportionAmount = (total: number, parts: readonly number[]): number[] => {
  if (parts.length === 1) return [total];
  const sum = BigInt(sumOf(parts));
  const products = parts.map((part) => BigInt(total) * BigInt(part));
  const shares = products.map((product) => Number(product / sum));
  const left = total - sumOf(shares);
  const order = products
    .map((product, index) => ({ index, rest: product % sum }))
    .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  for (const { index } of order.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
};

/**
 * Probabilities as millionths of one conversion; the last entry is what is missing to 1.
 *
 * @param probabilities 0 to 1 each; where they exceed 1 together they are scaled down to it
 */
export const spread = (probabilities: readonly number[]): number[] => {
  const sum = sumOf(probabilities);
  return apportion(MICROS, [...probabilities, Math.max(0, 1 - sum)]);
};
