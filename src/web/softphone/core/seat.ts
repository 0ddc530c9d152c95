import { type KeptCall, readKept, writeKept } from './resume.ts';

/**
 * A page's place among the pages of this browser: the SIP instance it registers as, and the calls it may take up again.
 * Two pages never share one: a duplicated tab gets a copy of the session storage, but not the lock.
 */
export type Seat = {
  /** RFC 5626 instance id (a UUID); the same after a reload. */
  readonly instance: string;
  /** Keeps calls for the next page in this place. */
  keep(user: string, calls: readonly KeptCall[]): void;
  /** Calls that the page before this one left. Asked once. */
  kept(user: string): readonly KeptCall[];
};

const SEATS = 16;
const SEAT_KEY = 'dialtrace-seat';
const CALLS_KEY = 'dialtrace-calls';
/** A page that is being left gives its lock back within this time. */
const LEAVING_MS = 2000;

/** Holds a lock until the page is left. @returns whether it was to be had */
const hold = (name: string, waitMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const forever = (lock: Lock | null): Promise<void> | undefined => {
      resolve(lock !== null);
      return lock ? new Promise<void>(() => undefined) : undefined;
    };
    const options = waitMs > 0 ? { signal: AbortSignal.timeout(waitMs) } : { ifAvailable: true };
    navigator.locks.request(name, options, forever).catch(() => resolve(false));
  });

const instanceOf = (seat: string): string => {
  const key = `dialtrace-instance-${seat}`;
  const known = localStorage.getItem(key);
  if (known) return known;
  const fresh = crypto.randomUUID();
  localStorage.setItem(key, fresh);
  return fresh;
};

/** The place this page has already, when it is a reload; else the first free one. */
const findSeat = async (): Promise<{ readonly seat: string; readonly same: boolean } | undefined> => {
  const before = sessionStorage.getItem(SEAT_KEY);
  const lockOf = (seat: string): string => `dialtrace-phone-${seat}`;
  if (before && (await hold(lockOf(before), LEAVING_MS))) return { seat: before, same: true };
  for (let index = 0; index < SEATS; index += 1)
    if (await hold(lockOf(String(index)), 0)) return { seat: String(index), same: false };
  return undefined;
};

/** Finds a place. Wants a secure origin; where the browser has no locks the page is a stranger at each load. */
export const takeSeat = async (): Promise<Seat> => {
  const found = 'locks' in navigator ? await findSeat() : undefined;
  // Another page's calls came with its copied storage. One's own stay until they are written anew.
  if (!found?.same) sessionStorage.removeItem(CALLS_KEY);
  const left = sessionStorage.getItem(CALLS_KEY);
  if (!found) return { instance: crypto.randomUUID(), keep: () => undefined, kept: () => [] };
  sessionStorage.setItem(SEAT_KEY, found.seat);
  return {
    instance: instanceOf(found.seat),
    keep: (user, calls) => {
      const text = writeKept({ user, savedAt: Date.now(), calls });
      if (text === undefined) sessionStorage.removeItem(CALLS_KEY);
      else sessionStorage.setItem(CALLS_KEY, text);
    },
    kept: (user) => readKept(left, user, Date.now()),
  };
};
