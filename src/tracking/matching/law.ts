import { z } from 'zod';
import type { VisitLength } from './visit-length.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** A number that a visit was shown so long ago brings no call any more. */
export const WINDOW_MS = 30 * DAY_MS;

/**
 * A visit's end is known to within a heartbeat, and whoever turns from the page to the phone needs a moment to dial: a call so
 * long after the end may still be one from within the visit.
 */
export const GRACE_MS = 30_000;

/** Where a number is to be found: lent by a pool, or a source's own, which may stand on paper and in directories. */
export type NumberKind = 'pool' | 'source';

/**
 * When calls come after a number was shown. A visit's calls are a Poisson process of intensity `callsPerVisit` · f(t), where f
 * mixes: within the visit, evenly (`shares[0]`); after its end, Exp(`soonMs`) (`shares[1]`) and Exp(`laterMs`) (`shares[2]`).
 * Callers whom no visit brought come at a steady rate for each number.
 */
export type DelayLaw = {
  /** Expected calls of a visit that was shown the number. */
  readonly callsPerVisit: number;
  /** They add up to 1: within the visit, soon after it, later. */
  readonly shares: readonly [inVisit: number, soon: number, later: number];
  /** Mean of the shorter delay after a visit. */
  readonly soonMs: number;
  /** Mean of the longer one. */
  readonly laterMs: number;
  readonly visit: VisitLength;
  /** Calls that no visit brought, a day and number: a number that leaked, was saved, is printed somewhere. */
  readonly othersPerDay: Readonly<Record<NumberKind, number>>;
};

/** What holds until a site has calls enough of its own. Visits last 3.5 min on average. */
export const DEFAULT_LAW: DelayLaw = {
  callsPerVisit: 0.05,
  shares: [0.7, 0.22, 0.08],
  soonMs: 30 * MINUTE_MS,
  laterMs: 2 * DAY_MS,
  visit: { mu: Math.log(3.5 * MINUTE_MS) - 0.5, sigma: 1 },
  othersPerDay: { pool: 0.02, source: 0.5 },
};

const share = z.number().min(0).max(1);
const positive = z.number().positive();

const lawSchema = z.object({
  callsPerVisit: positive,
  shares: z.tuple([share, share, share]),
  soonMs: positive,
  laterMs: positive,
  visit: z.object({ mu: z.number(), sigma: positive }),
  othersPerDay: z.object({ pool: positive, source: positive }),
});

/** A stored law; the default when the text is none. */
export const readLaw = (text: string | undefined): DelayLaw => {
  if (text === undefined) return DEFAULT_LAW;
  const law = lawSchema.safeParse(JSON.parse(text));
  return law.success ? law.data : DEFAULT_LAW;
};

/** Density of the two delays after a visit's end, shares included, per ms. `ms` since the end, 0 or more. */
export const afterDensity = ({ shares: [, soon, later], soonMs, laterMs }: DelayLaw, ms: number): number =>
  (soon / soonMs) * Math.exp(-ms / soonMs) + (later / laterMs) * Math.exp(-ms / laterMs);
