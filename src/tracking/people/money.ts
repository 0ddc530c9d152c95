/** Millionths: amounts are whole numbers of them. */
export const MICROS = 1_000_000;

/** A billion of any currency, and its millionths are whole numbers still. */
export const MOST_AMOUNT = 1_000_000_000;

export type Money = {
  /** Millionths of the currency's unit, 0 and more. */
  readonly micros: number;
  /** ISO 4217 */
  readonly currency: string;
};

/** @param amount in the currency's unit */
export const money = (amount: number, currency: string): Money => ({
  micros: Math.round(amount * MICROS),
  currency,
});
