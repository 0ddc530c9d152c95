/**
 * How many numbers a pool needs. A visit that finds no free number takes another's, or gets none: with N numbers and an
 * offered load of A erlang that is a loss system M/G/N/N, of whose holding time only the mean matters.
 */

/**
 * Erlang's loss formula B(A, N) by its recursion: B(0) = 1, B(n) = A·B(n−1) / (n + A·B(n−1)).
 *
 * @param load offered load A in erlang, at least 0
 * @param numbers N, a whole number of at least 0
 * @returns share of visits that find every number in use, 0 to 1
 */
export const erlangB = (load: number, numbers: number): number => {
  let blocked = 1;
  for (let n = 1; n <= numbers; n += 1) blocked = next(load, n, blocked);
  return blocked;
};

const next = (load: number, n: number, blocked: number): number => (load * blocked) / (n + load * blocked);

/** More than any pool has. */
const MOST = 100_000;

/**
 * The fewest numbers with a loss of at most `loss`.
 *
 * @param loss above 0, at most 1
 * @throws RangeError when it is not, or when no sensible pool could do it
 */
export const numbersFor = (load: number, loss: number): number => {
  if (!(loss > 0 && loss <= 1)) throw new RangeError('a loss is above 0 and at most 1');
  let blocked = 1;
  let n = 0;
  while (blocked > loss) {
    n += 1;
    if (n > MOST) throw new RangeError(`no pool of ${MOST} numbers carries ${load} erlang`);
    blocked = next(load, n, blocked);
  }
  return n;
};

/**
 * Share of visits that find every number in use where they then take the oldest: P(Poisson(A) ≥ N). Above Erlang's loss,
 * because the pool stays fuller when nobody is turned away; exact when all keep their number equally long.
 */
export const stealShare = (load: number, numbers: number): number => {
  let term = Math.exp(-load);
  let fewer = 0;
  for (let k = 0; k < numbers; k += 1) {
    fewer += term;
    term *= load / (k + 1);
  }
  return Math.min(1, Math.max(0, 1 - fewer));
};

/**
 * Share of calls that come before their number is lent again, when numbers are used in turn (the one used longest ago first):
 * 1 − (ρ / (1 + ρ))^N for delays from the page to the call that are exponential.
 *
 * @param rho visits that get a number within the mean delay, λδ
 */
export const reuseAccuracy = (rho: number, numbers: number): number =>
  1 - (Math.max(0, rho) / (1 + Math.max(0, rho))) ** numbers;

/** The fewest numbers for which `reuseAccuracy` is at least `accuracy` (below 1). */
export const numbersForReuse = (rho: number, accuracy: number): number =>
  rho <= 0 ? 1 : Math.ceil(Math.log(1 - accuracy) / Math.log(rho / (1 + rho)) - 1e-9);
