import { type PoolPlan, poolSchema } from '../../config/index.ts';
import type { LeaseTable, Millis, NumberState, SqliteFile } from '../../store/index.ts';
import { isHeld, leaseState } from './machine.ts';
import { poolNumbers } from './numbers.ts';
import { perFile } from './statements.ts';
import type { PoolNumber } from './types.ts';

const HOUR_MS = 3_600_000;

const statements = perFile((file) => ({
  pools: file.prepare<[], { id: string; plan: string }>(
    'SELECT id, plan FROM pool WHERE removed = 0 ORDER BY id',
  ),
  states: file.prepare<[pool: string], { state: NumberState; enabled: 0 | 1; n: number }>(
    'SELECT state, enabled, count(*) AS n FROM tracking_number WHERE pool_id = ? GROUP BY state, enabled',
  ),
  open: file.prepare<[pool: string], LeaseTable>(
    'SELECT * FROM lease WHERE pool_id = ? AND closed_at IS NULL ORDER BY number',
  ),
  events: file.prepare<[pool: string, from: Millis, to: Millis], PoolTurnover>(
    `SELECT coalesce(sum(type = 'opened'), 0) AS opened,
        coalesce(sum(type = 'opened' AND json_extract(body, '$.how') = 'stolen'), 0) AS stolen,
        coalesce(sum(type = 'joined'), 0) AS joined,
        coalesce(sum(type = 'refused'), 0) AS refused,
        coalesce(sum(type = 'refused' AND json_extract(body, '$.reason') = 'exhausted'), 0) AS exhausted
      FROM lease_event WHERE pool_id = ? AND at > ? AND at <= ?`,
  ),
}));

/** What a pool did in some time. */
export type PoolTurnover = {
  /** Leases opened, and those of them that took a number from a visit that was away. */
  readonly opened: number;
  readonly stolen: number;
  /** Visits that came to a lease of their class or visitor. */
  readonly joined: number;
  /** Visits that got no number, and those of them that found every number in use. */
  readonly refused: number;
  readonly exhausted: number;
};

/** How a pool stands. */
export type PoolFigures = {
  readonly pool: string;
  readonly numbers: Readonly<Record<NumberState, number>>;
  /** Numbers that may be lent now: active and not switched off. */
  readonly lendable: number;
  /** Leases by where they stand; `held`: idle ones that are kept for a call-back. */
  readonly active: number;
  readonly idle: number;
  readonly held: number;
  readonly free: number;
  /** Share of the lendable numbers that are active or idle; null when there are none. */
  readonly utilization: number | null;
  readonly lastHour: PoolTurnover;
  readonly lastDay: PoolTurnover;
};

/** A number of a pool and who has it. */
export type NumberStatus = PoolNumber & {
  readonly lease:
    | {
        readonly id: string;
        readonly state: 'active' | 'idle';
        readonly held: boolean;
        readonly visitId: string;
        readonly shared: boolean;
        readonly openedAt: Millis;
        readonly lastSeenAt: Millis;
        readonly expiresAt: Millis;
        readonly stolen: boolean;
      }
    | undefined;
};

/** The pools of the tracking plan in the database, by id. */
export const storedPools = (file: SqliteFile): ReadonlyMap<string, PoolPlan> =>
  new Map(
    statements(file)
      .pools.all()
      .map(({ id, plan }) => [id, poolSchema.parse({ ...(JSON.parse(plan) as object), id })]),
  );

/** What a pool did after `from`, up to `to`. */
export const poolTurnover = (file: SqliteFile, poolId: string, from: Millis, to: Millis): PoolTurnover =>
  statements(file).events.get(poolId, from, to) ?? {
    opened: 0,
    stolen: 0,
    joined: 0,
    refused: 0,
    exhausted: 0,
  };

/** Open leases of a pool whose time is not over. */
const leasesInUse = (file: SqliteFile, poolId: string, at: Millis): readonly LeaseTable[] =>
  statements(file)
    .open.all(poolId)
    .filter((lease) => leaseState(lease, at) !== 'free');

/** How a pool stands at a time. */
export const poolFigures = (
  file: SqliteFile,
  pool: Pick<PoolPlan, 'id' | 'idleMinutes'>,
  at: Millis,
): PoolFigures => {
  const numbers = { testing: 0, active: 0, draining: 0, quarantine: 0, retired: 0, failed: 0 };
  let lendable = 0;
  for (const { state, enabled, n } of statements(file).states.all(pool.id)) {
    numbers[state] += n;
    if (state === 'active' && enabled === 1) lendable += n;
  }
  const leases = leasesInUse(file, pool.id, at);
  const active = leases.filter((lease) => leaseState(lease, at) === 'active').length;
  const held = leases.filter((lease) => leaseState(lease, at) === 'idle' && isHeld(pool, lease)).length;
  // A lease on a number that is draining uses none that could be lent.
  const used = Math.min(lendable, leases.length);
  return {
    pool: pool.id,
    numbers,
    lendable,
    active,
    idle: leases.length - active,
    held,
    free: lendable - used,
    utilization: lendable === 0 ? null : used / lendable,
    lastHour: poolTurnover(file, pool.id, at - HOUR_MS, at),
    lastDay: poolTurnover(file, pool.id, at - 24 * HOUR_MS, at),
  };
};

/** How every pool stands, for metrics. */
export const leaseFigures = (file: SqliteFile, at: Millis): readonly PoolFigures[] =>
  [...storedPools(file).values()].map((pool) => poolFigures(file, pool, at));

/** Every number of a pool, by number. */
export const numberStatus = (
  file: SqliteFile,
  pool: Pick<PoolPlan, 'id' | 'idleMinutes'>,
  at: Millis,
): readonly NumberStatus[] => {
  const leases = new Map(leasesInUse(file, pool.id, at).map((lease) => [lease.number, lease]));
  return poolNumbers(file, pool.id).map((number) => {
    const lease = leases.get(number.number);
    return {
      ...number,
      lease: lease && {
        id: lease.id,
        state: leaseState(lease, at) === 'active' ? 'active' : 'idle',
        held: isHeld(pool, lease),
        visitId: lease.visit_id,
        shared: lease.class !== null,
        openedAt: lease.opened_at,
        lastSeenAt: lease.last_seen_at,
        expiresAt: lease.expires_at,
        stolen: lease.stolen_from !== null,
      },
    };
  });
};
