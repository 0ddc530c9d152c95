/** A map in bounded memory: keys not asked for or written for long are forgotten, many at a time and without any timer. */
export type Generations<K, V> = {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  readonly size: number;
};

/**
 * Two maps: what is written or asked for goes to the young one, and when that is full it becomes the old one and the old one goes. Every
 * step takes the same time however many keys come, which a flood of forged addresses makes sure to find out.
 *
 * @param most keys held at once
 */
export const createGenerations = <K, V>(most: number): Generations<K, V> => {
  const half = Math.max(1, Math.floor(most / 2));
  let young = new Map<K, V>();
  let old = new Map<K, V>();
  const set = (key: K, value: V): void => {
    if (young.size >= half && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined || old.size === 0) return value;
      const kept = old.get(key);
      if (kept !== undefined) set(key, kept);
      return kept;
    },
    set,
    delete(key) {
      if (young.size > 0) young.delete(key);
      if (old.size > 0) old.delete(key);
    },
    get size() {
      let size = young.size;
      for (const key of old.keys()) if (!young.has(key)) size += 1;
      return size;
    },
  };
};
