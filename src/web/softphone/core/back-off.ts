const FIRST_MS = 1000;
const MOST_MS = 30_000;

/**
 * How long to wait before the next try to connect: half of a ceiling that doubles from 1 s to 30 s, and a random share of
 * the other half, so that the phones of a gateway that restarts don't all come at once.
 *
 * @param failures tries that have failed since the last success, from 0
 * @returns milliseconds, 500 to 30 000
 */
export const backOffMs = (failures: number, random: () => number = Math.random): number => {
  const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(10, Math.max(0, failures)));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
};
