import type { Millis, SqliteFile } from '../../store/index.ts';
import { perFile } from './statements.ts';

/** New leases that one visitor, and one address (or /64), may open within a minute: a pool is not drained by one machine. */
export const NEW_LEASES_PER_VISITOR = 3;
export const NEW_LEASES_PER_ADDRESS = 10;

const WINDOW_MS = 60_000;
/** Keys remembered; those counted longest ago make room. */
const ROOM = 20_000;

type Limit = {
  /** Whether one more is within the limit at `at`. */
  allows(key: string, at: Millis): boolean;
  /** Counts one. */
  note(key: string, at: Millis): void;
};

/** A limit of `most` within any minute, by key. */
export const createLimit = (most: number): Limit => {
  const times = new Map<string, Millis[]>();

  const recent = (key: string, at: Millis): Millis[] =>
    (times.get(key) ?? []).filter((time) => at - time < WINDOW_MS);

  return {
    allows: (key, at) => recent(key, at).length < most,
    note: (key, at) => {
      const kept = [...recent(key, at), at];
      // Put last: the first of the map is the one that was counted longest ago.
      times.delete(key);
      times.set(key, kept);
      if (times.size <= ROOM) return;
      const [oldest] = times.keys();
      if (oldest !== undefined) times.delete(oldest);
    },
  };
};

/** Kept in memory, apart for each open file: a minute's count is not worth a row, and a restart may forget it. */
export const limitsOf: (file: SqliteFile) => {
  readonly visitors: Limit;
  readonly addresses: Limit;
  /** Refusals by these limits are told once a minute, or whoever meets them could fill the ledger. */
  readonly told: Limit;
} = perFile(() => ({
  visitors: createLimit(NEW_LEASES_PER_VISITOR),
  addresses: createLimit(NEW_LEASES_PER_ADDRESS),
  told: createLimit(1),
}));
