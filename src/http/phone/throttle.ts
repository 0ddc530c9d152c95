import ipaddr from 'ipaddr.js';

const WINDOW_MS = 15 * 60_000;
const PER_USER = 5;
const PER_ADDRESS = 20;
/** Names and addresses that are remembered; the oldest make room. */
const REMEMBERED = 20_000;

/** One try at a login. */
export type LoginTry =
  /** It counts as wrong unless `succeeded` is called. */
  | { readonly type: 'allowed'; readonly succeeded: () => void }
  | { readonly type: 'refused'; readonly retryAfterSeconds: number };

/** A customer's IPv6 network is one place. */
const placeOf = (address: string): string => {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
};

/**
 * Counts wrong logins by user name and by address: 5 and 20 within 15 minutes. A name that nobody has counts like any other.
 *
 * @param now milliseconds since the epoch
 */
export const createThrottle = (now: () => number) => {
  const failures = new Map<string, readonly number[]>();

  const recent = (key: string): readonly number[] =>
    (failures.get(key) ?? []).filter((at) => at > now() - WINDOW_MS);

  const put = (key: string, times: readonly number[]): void => {
    failures.delete(key);
    if (times.length === 0) return;
    failures.set(key, times);
    const [oldest] = failures.keys();
    if (failures.size > REMEMBERED && oldest !== undefined) failures.delete(oldest);
  };

  return {
    enter: (user: string, address: string): LoginTry => {
      const at = now();
      const limits = [
        { key: `user ${user.toLowerCase()}`, most: PER_USER },
        { key: `address ${placeOf(address)}`, most: PER_ADDRESS },
      ];
      const waits = limits.map(({ key, most }) => {
        const times = recent(key);
        // The oldest of those that fill the limit has to leave the window.
        const blocking = times[times.length - most];
        return blocking === undefined ? 0 : blocking + WINDOW_MS - at;
      });
      const wait = Math.max(...waits);
      if (wait > 0) return { type: 'refused', retryAfterSeconds: Math.ceil(wait / 1000) };
      // Counted before it is known to be wrong, so that many at once are not all allowed.
      for (const { key } of limits) put(key, [...recent(key), at]);
      return {
        type: 'allowed',
        succeeded: () => {
          const [own, place] = limits;
          if (own) put(own.key, []);
          if (!place) return;
          const times = [...recent(place.key)];
          const index = times.indexOf(at);
          if (index >= 0) times.splice(index, 1);
          put(place.key, times);
        },
      };
    },
  };
};

export type Throttle = ReturnType<typeof createThrottle>;
