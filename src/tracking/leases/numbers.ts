import { FailureError } from '../../base/errors.ts';
import type { PoolPlan } from '../../config/index.ts';
import type { Millis, NumberState, SqliteFile } from '../../store/index.ts';
import { closeLeases, expiredLeases, openLeaseOn, strandedLeases } from './close.ts';
import { atomically, perFile } from './statements.ts';
import type { PoolNumber } from './types.ts';

const DAY_MS = 86_400_000;
/** For numbers of a pool that the plan knows no more. */
const USUAL = { quietDays: 7, quarantineDays: 60 } as const;

type LifePlan = Pick<PoolPlan, 'quietDays' | 'quarantineDays'>;

type NumberRow = {
  readonly number: string;
  readonly pool_id: string;
  readonly state: NumberState;
  readonly state_since: Millis;
  readonly enabled: 0 | 1;
  readonly used_at: Millis;
  readonly last_call_at: Millis | null;
};

const NUMBER = `SELECT t.number, t.pool_id, t.state, t.state_since, t.enabled, t.used_at,
  (SELECT c.started_at FROM call c WHERE c.did = t.number AND c.is_test = 0 ORDER BY c.started_at DESC LIMIT 1)
    AS last_call_at
  FROM tracking_number t`;

const statements = perFile((file) => ({
  get: file.prepare<[number: string], NumberRow>(`${NUMBER} WHERE t.number = ? AND t.pool_id IS NOT NULL`),
  /** Those that move on by themselves. */
  moving: file.prepare<[], NumberRow>(
    `${NUMBER} WHERE t.pool_id IS NOT NULL AND t.state IN ('testing', 'draining', 'quarantine') ORDER BY t.number`,
  ),
  ofPool: file.prepare<[pool: string], NumberRow>(`${NUMBER} WHERE t.pool_id = ? ORDER BY t.number`),
  setState: file.prepare<[state: NumberState, at: Millis, number: string]>(
    'UPDATE tracking_number SET state = ?, state_since = ? WHERE number = ?',
  ),
  enlist: file.prepare<[pool: string, number: string]>(
    'UPDATE tracking_number SET pool_id = ?, source_id = NULL WHERE number = ?',
  ),
  quietDays: file
    .prepare<[pool: string], number | null>("SELECT json_extract(plan, '$.quietDays') FROM pool WHERE id = ?")
    .pluck(),
}));

const fromRow = (row: NumberRow): PoolNumber => ({
  number: row.number,
  poolId: row.pool_id,
  state: row.state,
  stateSince: row.state_since,
  enabled: row.enabled === 1,
  lastCallAt: row.last_call_at,
});

/** The numbers of a pool, by number. */
export const poolNumbers = (file: SqliteFile, poolId: string): readonly PoolNumber[] =>
  statements(file).ofPool.all(poolId).map(fromRow);

/**
 * The state that a number goes on to by itself: `testing` → `active` after quiet days without a call, `draining` →
 * `quarantine` when no lease is open on it, `quarantine` → `retired` when its days are over. The rest stay.
 *
 * @param leased whether a lease is open on it
 */
export const nextNumberState = (
  number: Pick<PoolNumber, 'state' | 'stateSince' | 'lastCallAt'>,
  leased: boolean,
  plan: LifePlan,
  at: Millis,
): NumberState => {
  switch (number.state) {
    case 'testing': {
      const quietSince = Math.max(number.stateSince, number.lastCallAt ?? 0);
      return at - quietSince >= plan.quietDays * DAY_MS ? 'active' : 'testing';
    }
    case 'draining':
      return leased ? 'draining' : 'quarantine';
    case 'quarantine':
      return at - number.stateSince >= plan.quarantineDays * DAY_MS ? 'retired' : 'quarantine';
    case 'active':
    case 'retired':
    case 'failed':
      return number.state;
  }
};

/**
 * The state of a number that is taken off its pool.
 *
 * @param shown whether any visit ever had it
 */
export const withdrawnState = (state: NumberState, leased: boolean, shown: boolean): NumberState => {
  if (state === 'draining' || state === 'quarantine' || state === 'retired') return state;
  if (leased) return 'draining';
  return shown ? 'quarantine' : 'retired';
};

/** The state of a number that a pool gets. One that was only draining had been quiet enough before. */
export const enlistedState = (state: NumberState, samePool: boolean, quietDays: number): NumberState => {
  if (samePool && (state === 'active' || state === 'testing' || state === 'draining'))
    return state === 'draining' ? 'active' : state;
  return quietDays === 0 ? 'active' : 'testing';
};

const move = (
  file: SqliteFile,
  row: Pick<NumberRow, 'number' | 'state'>,
  to: NumberState,
  at: Millis,
): void => {
  if (to !== row.state) statements(file).setState.run(to, at, row.number);
};

/**
 * Takes a number off its pool: it is lent no more; leases on it go on to their end, then it rests. Nothing happens to a number
 * that belongs to no pool.
 */
export const withdrawNumber = (file: SqliteFile, ledgerKey: string, number: string, at: Millis): void =>
  atomically(file, () => {
    const row = statements(file).get.get(number);
    if (row === undefined) return;
    const lease = openLeaseOn(file, number);
    const over = lease !== undefined && lease.expires_at <= at;
    if (over) closeLeases(file, ledgerKey, [lease], 'expired', at);
    const leased = lease !== undefined && !over;
    move(file, row, withdrawnState(row.state, leased, leased || over || row.used_at > 0), at);
  });

/**
 * Gives a number, whose row must exist, to a pool: it waits for quiet days before it is lent. One that the pool has already
 * stays as it is; one that was being taken off it is taken back.
 */
export const enlistNumber = (file: SqliteFile, number: string, poolId: string, at: Millis): void =>
  atomically(file, () => {
    const { get, enlist, quietDays, setState } = statements(file);
    const row = get.get(number);
    const days = quietDays.get(poolId) ?? USUAL.quietDays;
    enlist.run(poolId, number);
    // A new row says `active` of itself, and so does the number of a source: neither has been tested.
    const isNew = row === undefined || row.state_since === 0;
    const to = isNew
      ? enlistedState('retired', false, days)
      : enlistedState(row.state, row.pool_id === poolId, days);
    if (isNew || to !== row.state) setState.run(to, at, number);
  });

const numberOfPool = (file: SqliteFile, number: string): NumberRow => {
  const row = statements(file).get.get(number);
  if (row) return row;
  throw new FailureError(`${number} is no number of a pool: \`dialtrace pool list\` shows the pools`);
};

/**
 * Has a number lent from now on, whatever it waited for.
 *
 * @throws FailureError when it belongs to no pool
 */
export const activateNumber = (file: SqliteFile, number: string, at: Millis): void =>
  move(file, numberOfPool(file, number), 'active', at);

/**
 * Takes a number out at once, because calls on it don't arrive; pages that show it ask for another.
 *
 * @throws FailureError when it belongs to no pool
 */
export const failNumber = (file: SqliteFile, ledgerKey: string, number: string, at: Millis): void =>
  atomically(file, () => {
    const row = numberOfPool(file, number);
    const lease = openLeaseOn(file, number);
    if (lease) closeLeases(file, ledgerKey, [lease], 'number_retired', at);
    move(file, row, 'failed', at);
  });

/** What a sweep did. */
export type SweepResult = {
  /** Leases that were over. */
  readonly expired: number;
  /** Leases on numbers that were taken out. */
  readonly stranded: number;
  readonly numbers: readonly {
    readonly number: string;
    readonly poolId: string;
    readonly from: NumberState;
    readonly to: NumberState;
  }[];
};

/**
 * Closes leases that are over and moves numbers on. Decisions don't wait for it: they see for themselves what is over. One
 * transaction: the one that is open on `file`, or one of its own.
 */
export const sweepLeases = (
  file: SqliteFile,
  ledgerKey: string,
  pools: ReadonlyMap<string, LifePlan>,
  at: Millis,
): SweepResult =>
  atomically(file, () => {
    const expired = expiredLeases(file, undefined, at);
    closeLeases(file, ledgerKey, expired, 'expired', at);
    const stranded = strandedLeases(file);
    closeLeases(file, ledgerKey, stranded, 'number_retired', at);
    const numbers = statements(file)
      .moving.all()
      .flatMap((row) => {
        const plan = pools.get(row.pool_id) ?? USUAL;
        const leased = row.state === 'draining' && openLeaseOn(file, row.number) !== undefined;
        const to = nextNumberState(fromRow(row), leased, plan, at);
        move(file, row, to, at);
        return to === row.state ? [] : [{ number: row.number, poolId: row.pool_id, from: row.state, to }];
      });
    return { expired: expired.length, stranded: stranded.length, numbers };
  });
