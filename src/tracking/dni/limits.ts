import ipaddr from 'ipaddr.js';

/** Places and visitors that are remembered; those heard of longest ago make room. */
const REMEMBERED = 50_000;
const MINUTE_MS = 60_000;

type Bucket = { tokens: number; at: number };

/** How many of something each key may have. */
export type Limit = {
  /** Takes one; false, and nothing is taken, when there is none. */
  take(key: string, at: number): boolean;
};

/**
 * Token buckets in memory: up to `perMinute` at once, and as many a minute after that.
 *
 * @param remembered keys that are kept, at most
 */
export const createLimit = (perMinute: number, remembered: number = REMEMBERED): Limit => {
  const buckets = new Map<string, Bucket>();

  const tokens = (bucket: Bucket | undefined, at: number): number => {
    if (bucket === undefined) return perMinute;
    const refilled = (Math.max(0, at - bucket.at) / MINUTE_MS) * perMinute;
    return Math.min(perMinute, bucket.tokens + refilled);
  };

  return {
    take: (key, at) => {
      const left = tokens(buckets.get(key), at);
      if (left < 1) return false;
      // Put last: the first of the map is the one that was used longest ago.
      buckets.delete(key);
      buckets.set(key, { tokens: left - 1, at });
      if (buckets.size > remembered) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return true;
    },
  };
};

const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** As sockets and proxies write it: there is nothing to read in it. */
const PLAIN_IPV4 = new RegExp(`^(?:${BYTE}\\.){3}${BYTE}$`);

/** What counts as one place: an IPv4 address, or the /64 network of an IPv6 one, which is one customer's. */
export const networkOf = (address: string): string => {
  if (PLAIN_IPV4.test(address)) return address;
  if (!ipaddr.isValid(address)) return address.slice(0, 64);
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  const [a = 0, b = 0, c = 0, d = 0] = parsed.parts;
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${d.toString(16)}::/64`;
};
