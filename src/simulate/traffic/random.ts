/** A stream of numbers that its seed fixes: the same everywhere and every time. */
export type Random = {
  /** From 0, below 1. */
  next(): number;
  /** A whole number from 0, below `end`. */
  below(end: number): number;
  chance(probability: number): boolean;
  between(from: number, to: number): number;
  exponential(mean: number): number;
  /** Lognormal with this mean and this standard deviation of the logarithm. */
  lognormal(mean: number, sigma: number): number;
  /** One of `items`. @throws RangeError when there are none */
  pick<T>(items: readonly T[]): T;
  /** One of `items` by weight. */
  weighted<T extends { readonly weight: number }>(items: readonly T[]): T;
  /** `length` characters of `alphabet`. */
  text(length: number, alphabet: string): string;
};

/** FNV-1a, 32 bits: turns a seed and a name into the state of a stream. */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};

/** sfc32 of Chris Doty-Humphrey's PractRand: 128 bits of state, 2^64 numbers at least before it repeats. */
const sfc32 = (a: number, b: number, c: number, d: number): (() => number) => {
  const state = Int32Array.of(a, b, c, d);
  return () => {
    const [x = 0, y = 0, z = 0, count = 0] = state;
    const sum = (x + y + count) | 0;
    state[3] = count + 1;
    state[0] = y ^ (y >>> 9);
    state[1] = z + (z << 3);
    state[2] = ((z << 21) | (z >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
};

/**
 * The stream `name` of a seed. Streams of different names are independent: what one draws changes nothing in another, so
 * that traffic with one parameter changed stays comparable in all else.
 */
export const createRandom = (seed: number, name: string): Random => {
  const word = (salt: string): number => fnv1a(`${salt} ${seed} ${name}`);
  const next = sfc32(word('a'), word('b'), word('c'), 1);
  for (let i = 0; i < 16; i += 1) next();
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const below = (end: number): number => Math.floor(next() * end);
  const pick = <T>(items: readonly T[]): T => {
    const index = below(items.length);
    if (!(index in items)) throw new RangeError('there is nothing to pick from');
    return items[index] as T;
  };
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    between: (from, to) => from + next() * (to - from),
    exponential: (mean) => -mean * Math.log(1 - next()),
    lognormal: (mean, sigma) => mean * Math.exp(sigma * normal() - (sigma * sigma) / 2),
    pick,
    weighted: (items) => {
      let rest = next() * items.reduce((sum, { weight }) => sum + weight, 0);
      for (const item of items) {
        rest -= item.weight;
        if (rest < 0) return item;
      }
      return pick(items.slice(-1));
    },
    text: (length, alphabet) =>
      Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join(''),
  };
};
