/** How many messages of unknown addresses are worth parsing: a token bucket for each address, in bounded memory. */
export type StrangerBudget = {
  /** Takes one message; false when the address (or all unknown ones together) has used up its share. */
  take(address: string, now: number): boolean;
};

type Bucket = { tokens: number; at: number };

/** All unknown addresses together may have this many times the share of one. */
const TOGETHER = 20;

const refill = (bucket: Bucket, rate: number, now: number): void => {
  bucket.tokens = Math.min(rate * 2, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * rate);
  bucket.at = now;
};

/**
 * @param rate messages a second of one address; twice as many at once
 * @param addresses how many addresses are remembered; the longest unheard-of is forgotten first
 */
export const createStrangerBudget = (rate: number, addresses = 4096): StrangerBudget => {
  const buckets = new Map<string, Bucket>();
  const all: Bucket = { tokens: rate * TOGETHER * 2, at: 0 };

  const bucketOf = (address: string, now: number): Bucket => {
    const known = buckets.get(address);
    if (known) {
      buckets.delete(address);
      buckets.set(address, known);
      return known;
    }
    if (buckets.size >= addresses) {
      const oldest = buckets.keys().next();
      if (!oldest.done) buckets.delete(oldest.value);
    }
    const bucket = { tokens: rate * 2, at: now };
    buckets.set(address, bucket);
    return bucket;
  };

  return {
    take: (address, now) => {
      const own = bucketOf(address, now);
      refill(own, rate, now);
      if (own.tokens < 1) return false;
      // Forged addresses each bring a full bucket: the common one bounds them all.
      refill(all, rate * TOGETHER, now);
      if (all.tokens < 1) return false;
      own.tokens -= 1;
      all.tokens -= 1;
      return true;
    },
  };
};
