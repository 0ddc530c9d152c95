import type { Trunk } from './table.ts';

/** Tokens left at a point in time. */
export type Bucket = { readonly tokens: number; readonly at: number };

/**
 * Takes a token from a bucket that fills by `perSecond` and holds one second's worth, one at least.
 *
 * @param now milliseconds
 * @returns the bucket without it; undefined when there is none
 */
export const takeToken = (bucket: Bucket | undefined, perSecond: number, now: number): Bucket | undefined => {
  const most = Math.max(1, perSecond);
  const filled = bucket
    ? Math.min(most, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1000)
    : most;
  return filled >= 1 ? { tokens: filled - 1, at: now } : undefined;
};

/** Whether a trunk takes one call more. */
export type Admittance =
  | {
      readonly type: 'admitted';
      /** The call is over. Later calls do nothing. */
      leave(): void;
    }
  | {
      readonly type: 'full';
      /** One sentence for the call record. */
      readonly reason: string;
      readonly retryAfterSeconds: number;
    };

/** Calls that come from a trunk, or are dialled through it. */
export type Direction = 'in' | 'out';

const RETRY_WHEN_FULL_S = 10;
const RETRY_WHEN_FAST_S = 1;

/**
 * Counts a trunk's calls and keeps to its limits, both ways together.
 *
 * @param now milliseconds, of a clock that never goes back
 */
export const createTrunkLoad = (
  { id, maxCalls, maxCallsPerSecond }: Pick<Trunk, 'id' | 'maxCalls' | 'maxCallsPerSecond'>,
  now: () => number,
) => {
  const up = { in: 0, out: 0 };
  const admitted = { in: 0, out: 0 };
  let refused = 0;
  let bucket: Bucket | undefined;

  const full = (reason: string, retryAfterSeconds: number): Admittance => {
    refused += 1;
    return { type: 'full', reason: `trunk ${id} ${reason}`, retryAfterSeconds };
  };

  return {
    enter: (direction: Direction): Admittance => {
      if (maxCalls !== undefined && up.in + up.out >= maxCalls) {
        return full(`has its ${maxCalls} calls up already`, RETRY_WHEN_FULL_S);
      }
      if (maxCallsPerSecond !== undefined) {
        const left = takeToken(bucket, maxCallsPerSecond, now());
        if (!left) return full(`takes ${maxCallsPerSecond} new calls a second`, RETRY_WHEN_FAST_S);
        bucket = left;
      }
      up[direction] += 1;
      admitted[direction] += 1;
      let left = false;
      return {
        type: 'admitted',
        leave: () => {
          if (!left) up[direction] -= 1;
          left = true;
        },
      };
    },
    get up() {
      return { ...up };
    },
    /** Calls since the start that kept within the limits. */
    get admitted() {
      return { ...admitted };
    },
    /** Calls since the start that the limits kept out. */
    get refused() {
      return refused;
    },
  };
};

export type TrunkLoad = ReturnType<typeof createTrunkLoad>;
