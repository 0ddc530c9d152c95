import type { SourceKey } from './traffic/index.ts';

/** What a system says of one call. */
export type Guess = {
  /** Index of the visit; undefined: none, or not said. */
  readonly visit: number | undefined;
  /** Undefined: unattributed. */
  readonly source: SourceKey | undefined;
  /** Of the visit, for a call on a number that is lent. */
  readonly probability: number | undefined;
  /** How it was found. */
  readonly method: string;
  /** Told as spam, and so credited to nobody. */
  readonly spam: boolean;
};

/** What a system does with traffic: a guess for each of its calls, in their order. */
export type Guesses = readonly Guess[];
