import { type Answer, isNone } from './names.ts';

/** How long answers are kept, in milliseconds. */
export type Keeping = {
  /** One look-up may take so long. */
  readonly limit: number;
  /** After nothing was found, or nobody answered. Default 5 s. */
  readonly none?: number;
};

const UNTIMED = 30_000;
const NONE = 5_000;
const SHORTEST = 1_000;
const LONGEST = 86_400_000;
/** How long past its time an answer may still serve while the name service is silent. */
const STALE = 3_600_000;
const MOST_NAMES = 512;

/** A promise that rejects after `milliseconds`. */
export const within = async <T>(milliseconds: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

type Entry<T> = {
  records: readonly T[];
  until: number;
  staleUntil: number;
  /** The last question got no answer at all. */
  silent: boolean;
  asking: Promise<readonly T[]> | undefined;
};

const lifeOf = ({ records, ttl }: Answer<unknown>, none: number): number => {
  if (records.length === 0) return none;
  return Math.min(LONGEST, Math.max(SHORTEST, ttl ?? UNTIMED));
};

/**
 * Remembers answers as long as they hold, asks once for all who wait, and falls back on the last good answer for an hour
 * while the name service is silent. What it returns never rejects: empty means that nothing is known.
 */
export const remember = <T>(
  ask: (name: string) => Promise<Answer<T>>,
  { limit, none = NONE }: Keeping,
): ((name: string) => Promise<readonly T[]>) => {
  const entries = new Map<string, Entry<T>>();

  const entryOf = (name: string): Entry<T> => {
    const known = entries.get(name);
    if (known !== undefined) entries.delete(name);
    else if (entries.size >= MOST_NAMES) {
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    }
    const entry = known ?? { records: [], until: 0, staleUntil: 0, silent: false, asking: undefined };
    entries.set(name, entry);
    return entry;
  };

  const learn = (entry: Entry<T>, answer: Answer<T>): void => {
    entry.records = answer.records;
    entry.silent = false;
    entry.until = performance.now() + lifeOf(answer, none);
    entry.staleUntil = entry.until + STALE;
  };

  const doWithout = (entry: Entry<T>, error: unknown): void => {
    const now = performance.now();
    entry.silent = !isNone(error);
    entry.until = now + none;
    if (!entry.silent || entry.staleUntil < now) entry.records = [];
  };

  const refresh = async (name: string, entry: Entry<T>): Promise<readonly T[]> => {
    try {
      learn(entry, await within(limit, ask(name)));
    } catch (error) {
      doWithout(entry, error);
    }
    entry.asking = undefined;
    return entry.records;
  };

  return async (name) => {
    const now = performance.now();
    const known = entries.get(name);
    if (known !== undefined && known.until > now) return known.records;
    const entry = entryOf(name);
    entry.asking ??= refresh(name, entry);
    // Nobody waits a second time for a service that is silent.
    return entry.silent && entry.records.length > 0 && entry.staleUntil > now ? entry.records : entry.asking;
  };
};
