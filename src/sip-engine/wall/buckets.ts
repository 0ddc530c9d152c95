import { createGenerations } from './generations.ts';

/** Token buckets of addresses in bounded memory. */
export type Buckets<K> = {
  /** Takes one message's token; false when there is none. */
  take(key: K, now: number): boolean;
  readonly size: number;
};

type Bucket = { tokens: number; at: number };

const MOST_ADDRESSES = 20_000;

/**
 * @param rate messages a second of one address; twice as many at once
 * @param most addresses remembered; those forgotten begin with a full bucket
 */
export const createBuckets = <K>(rate: number, most = MOST_ADDRESSES): Buckets<K> => {
  const buckets = createGenerations<K, Bucket>(most);
  const burst = rate * 2;
  return {
    take(key, now) {
      const bucket = buckets.get(key);
      if (bucket === undefined) {
        buckets.set(key, { tokens: burst - 1, at: now });
        return true;
      }
      // Time may have been set back.
      const elapsed = Math.max(0, now - bucket.at);
      bucket.tokens = Math.min(burst, bucket.tokens + (elapsed / 1000) * rate);
      bucket.at = now;
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
    get size() {
      return buckets.size;
    },
  };
};
