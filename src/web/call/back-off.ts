/** How long the tries to connect again are apart: a ceiling that doubles from the first to the last, in milliseconds. */
export type BackOff = { readonly firstMs: number; readonly mostMs: number };

/** Of a page that stays open for a day. */
const PATIENT: BackOff = { firstMs: 1000, mostMs: 30_000 };

/**
 * How long to wait before the next try to connect: half of a ceiling that doubles with each failure, and a random share of
 * the other half, so that the pages of a gateway that restarts don't all come at once.
 *
 * @param failures tries that have failed since the last success, from 0
 * @returns milliseconds, half of `firstMs` to `mostMs`
 */
export const backOffMs = (
  failures: number,
  random: () => number = Math.random,
  { firstMs, mostMs }: BackOff = PATIENT,
): number => {
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.min(10, Math.max(0, failures)));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
};
