/** Keys that are remembered; those heard of longest ago make room. */
const REMEMBERED = 50_000;

/** How often something may happen within a time. */
export type Window = {
  /** Milliseconds until it may happen again; 0: now. */
  wait(key: string, at: number): number;
  /** Counts it; false, and nothing is counted, when there were too many. */
  take(key: string, at: number): boolean;
  /** How often it happened within the time. */
  count(key: string, at: number): number;
};

/**
 * A sliding window in memory: `most` times within `windowMs`.
 *
 * @param remembered keys that are kept, at most
 */
export const createWindow = (most: number, windowMs: number, remembered: number = REMEMBERED): Window => {
  const times = new Map<string, readonly number[]>();

  const recent = (key: string, at: number): readonly number[] =>
    (times.get(key) ?? []).filter((time) => time > at - windowMs);

  const wait = (key: string, at: number): number => {
    const found = recent(key, at);
    // The oldest of those that fill the window has to leave it.
    const blocking = found[found.length - most];
    return blocking === undefined ? 0 : Math.max(1, blocking + windowMs - at);
  };

  return {
    wait,
    count: (key, at) => recent(key, at).length,
    take: (key, at) => {
      if (wait(key, at) > 0) return false;
      const found = recent(key, at);
      // Put last: the first of the map is the one that was used longest ago.
      times.delete(key);
      times.set(key, [...found, at]);
      if (times.size > remembered) {
        const [oldest] = times.keys();
        if (oldest !== undefined) times.delete(oldest);
      }
      return true;
    },
  };
};

/** Calls that are up, by who has them. */
export type Places = {
  /** Whether one more would be too many, and for whom. */
  full(keys: readonly PlaceKey[]): boolean;
  /** Takes a place for each; undefined when one of them has none left. The place is given back once, however often it is called. */
  enter(keys: readonly PlaceKey[]): (() => void) | undefined;
};

export type PlaceKey = { readonly key: string; readonly most: number };

export const createPlaces = (): Places => {
  const up = new Map<string, number>();

  const full = (keys: readonly PlaceKey[]): boolean =>
    keys.some(({ key, most }) => (up.get(key) ?? 0) >= most);

  const leave = (key: string): void => {
    const left = (up.get(key) ?? 1) - 1;
    if (left > 0) up.set(key, left);
    else up.delete(key);
  };

  return {
    full,
    enter: (keys) => {
      if (full(keys)) return undefined;
      for (const { key } of keys) up.set(key, (up.get(key) ?? 0) + 1);
      let inside = true;
      return () => {
        if (inside) for (const { key } of keys) leave(key);
        inside = false;
      };
    },
  };
};
