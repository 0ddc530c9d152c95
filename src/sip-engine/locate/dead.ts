import type { Endpoint } from '../transport/types.ts';

/** Remembers places that did not answer. */
export type DeadPlaces = {
  failed(endpoint: Endpoint): void;
  answered(endpoint: Endpoint): void;
  /** The same places, those that are dead behind the others; otherwise their order stays. */
  last(places: readonly Endpoint[]): readonly Endpoint[];
  readonly count: number;
};

const FIRST = 60_000;
const LONGEST = 600_000;
const MOST_PLACES = 1_000;

type Grave = { until: number; wait: number };

const keyOf = ({ protocol, address, port }: Endpoint): string => `${protocol} ${address} ${port}`;

/**
 * A place that fails comes last for a minute; one that fails again when it is tried afterwards for twice as long, up to ten
 * minutes. The places longest dead are forgotten first when there are more than a thousand.
 *
 * @param now milliseconds, monotonic
 */
export const createDeadPlaces = (now: () => number = () => performance.now()): DeadPlaces => {
  const graves = new Map<string, Grave>();
  const isDead = (place: Endpoint, time: number): boolean => (graves.get(keyOf(place))?.until ?? 0) > time;
  return {
    failed(endpoint) {
      const key = keyOf(endpoint);
      const time = now();
      const known = graves.get(key);
      // Requests that were out together fail together: that is one failure.
      if (known !== undefined && known.until > time) return;
      // Dead long ago and fine since, as far as anybody knows: it begins anew.
      const again = known !== undefined && time < known.until + LONGEST;
      const wait = again ? Math.min(LONGEST, known.wait * 2) : FIRST;
      graves.delete(key);
      if (graves.size >= MOST_PLACES) {
        const oldest = graves.keys().next();
        if (!oldest.done) graves.delete(oldest.value);
      }
      graves.set(key, { until: time + wait, wait });
    },
    answered(endpoint) {
      if (graves.size > 0) graves.delete(keyOf(endpoint));
    },
    last(places) {
      if (graves.size === 0 || places.length < 2) return places;
      const time = now();
      const dead = places.filter((place) => isDead(place, time));
      return dead.length === 0 ? places : [...places.filter((place) => !dead.includes(place)), ...dead];
    },
    get count() {
      const time = now();
      let count = 0;
      for (const { until } of graves.values()) if (until > time) count += 1;
      return count;
    },
  };
};
