import { hash } from 'node:crypto';
import type { ExperimentPlan } from '../../config/index.ts';

/** Viewers are spread over so many buckets. */
export const BUCKETS = 10_000;

/** Buckets of an arm: from the first on, up to before the last. */
export type ArmBuckets = { readonly arm: string; readonly from: number; readonly to: number };

/** What a visitor gets who may not be followed: `e-…`, made up by a page for its own life. */
export const isEphemeral = (viewer: string): boolean => viewer.startsWith('e-');

/**
 * The bucket of a viewer: SHA-256(experiment ‖ viewer), read as a number, mod 10,000. The same for good, and of experiments
 * independent of each other.
 *
 * @returns 0 to 9,999
 */
export const bucketOf = (experiment: string, viewer: string): number => {
  const digest = hash('sha256', experiment + viewer, 'buffer');
  let rest = 0;
  for (const byte of digest) rest = (rest * 256 + byte) % BUCKETS;
  return rest;
};

/**
 * Deals the buckets out to arms by weight, in the order of their ids: how a plan orders its arms changes nothing.
 *
 * @param arms weights above 0, in any unit
 */
export const dealBuckets = (
  arms: readonly { readonly id: string; readonly weight: number }[],
): readonly ArmBuckets[] => {
  const sorted = [...arms].sort((a, b) => (a.id < b.id ? -1 : 1));
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  let from = 0;
  return sorted.map(({ id, weight }) => {
    sum += weight;
    const to = Math.round((sum / total) * BUCKETS);
    const dealt = { arm: id, from, to };
    from = to;
    return dealt;
  });
};

/** Which arm a bucket is of, and how likely that was: its share of the buckets. */
export const armOfBucket = (
  deal: readonly ArmBuckets[],
  bucket: number,
): { readonly arm: string; readonly probability: number } => {
  const found = deal.find(({ to }) => bucket < to);
  if (found === undefined) throw new RangeError('every bucket is of an arm');
  return { arm: found.arm, probability: (found.to - found.from) / BUCKETS };
};

/** Shares of the arms as planned, by id; they add up to 1. */
export const plannedShares = ({ arms }: Pick<ExperimentPlan, 'arms'>): ReadonlyMap<string, number> =>
  new Map(dealBuckets(arms).map(({ arm, from, to }) => [arm, (to - from) / BUCKETS]));
