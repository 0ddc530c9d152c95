import type { PoolPlan } from '../../config/index.ts';
import type { LeaseTable, Millis, SqliteFile } from '../../store/index.ts';
import { closeLeases, USABLE } from './close.ts';
import { appendLedger } from './ledger.ts';
import { expiryAfter, expiryHidden, HELD_SHARE, isHeld } from './machine.ts';
import { atomically, perFile } from './statements.ts';

type Membership = LeaseTable & { readonly usable: 0 | 1 };
/** The part of a pool's plan that says how long a number is kept. */
export type IdleTimes = ReadonlyMap<string, Pick<PoolPlan, 'idleMinutes'>>;

const HOUR_MS = 3_600_000;

/** For leases of a pool that the plan knows no more. */
const USUAL_IDLE = { idleMinutes: 15 } as const;

const statements = perFile((file) => ({
  ofVisit: file.prepare<[visit: string], Membership>(
    `SELECT l.*, ${USABLE} AS usable FROM lease_event e CROSS JOIN lease l ON l.id = e.lease_id
      WHERE e.visit_id = ? AND e.type IN ('opened', 'joined') ORDER BY e.seq`,
  ),
  get: file.prepare<[id: string], LeaseTable>('SELECT * FROM lease WHERE id = ?'),
  sign: file.prepare<[seen: Millis, idle: Millis | null, expires: Millis, id: string]>(
    'UPDATE lease SET last_seen_at = ?, idle_at = ?, expires_at = ? WHERE id = ?',
  ),
  open: file.prepare<[pool: string], LeaseTable>(
    'SELECT * FROM lease WHERE pool_id = ? AND closed_at IS NULL',
  ),
  lendable: file.prepare<[pool: string], { readonly numbers: number }>(
    "SELECT count(*) AS numbers FROM tracking_number WHERE pool_id = ? AND state = 'active' AND enabled = 1",
  ),
  shorten: file.prepare<[until: Millis, id: string]>('UPDATE lease SET expires_at = ? WHERE id = ?'),
  hold: file.prepare<[until: Millis, id: string]>(
    'UPDATE lease SET expires_at = max(expires_at, ?) WHERE id = ?',
  ),
}));

/** The last lease of a visit in each pool. */
const lastLeases = (file: SqliteFile, visitId: string): readonly Membership[] => [
  ...new Map(
    statements(file)
      .ofVisit.all(visitId)
      .map((lease) => [lease.pool_id, lease]),
  ).values(),
];

const isLost = (lease: Membership, at: Millis): boolean => {
  if (lease.closed_at !== null) return lease.close_reason !== 'released' && lease.close_reason !== 'consent';
  return lease.expires_at <= at || lease.usable === 0;
};

/**
 * Notes a sign of a visit on its leases: a heartbeat or page (`seen`), or that its page was hidden or left (`idle`). A lease
 * that others look at too is not idle because one of them left.
 *
 * @returns `lost` when a number that the visit had is no longer its own: the page must ask again
 */
export const seenLeases = (
  file: SqliteFile,
  visitId: string,
  at: Millis,
  state: 'seen' | 'idle',
  pools: IdleTimes,
): { readonly lost: boolean } =>
  atomically(file, () => {
    const leases = lastLeases(file, visitId);
    for (const lease of leases) noteSign(file, lease, visitId, at, state, pools);
    return { lost: leases.some((lease) => isLost(lease, at)) };
  });

const noteSign = (
  file: SqliteFile,
  lease: Membership,
  visitId: string,
  at: Millis,
  state: 'seen' | 'idle',
  pools: IdleTimes,
): void => {
  const { sign } = statements(file);
  if (lease.closed_at !== null || lease.expires_at <= at) return;
  const pool = pools.get(lease.pool_id) ?? USUAL_IDLE;
  const seenAt = Math.max(lease.last_seen_at, at);
  if (state === 'seen')
    sign.run(seenAt, null, Math.max(lease.expires_at, expiryAfter(pool, at, false)), lease.id);
  else if (lease.class === null && lease.visit_id === visitId)
    sign.run(seenAt, at, expiryHidden(pool, lease, at), lease.id);
};

/**
 * Keeps a lease until a time at least: people call back. It may still be stolen when every other number is in use.
 *
 * @returns false when the lease is over: its number may be another visit's by now
 */
export const holdLease = (
  file: SqliteFile,
  ledgerKey: string,
  leaseId: string,
  until: Millis,
  at: Millis,
): boolean =>
  atomically(file, () => {
    const { get, hold } = statements(file);
    const lease = get.get(leaseId);
    if (lease === undefined || lease.closed_at !== null) return false;
    hold.run(until, leaseId);
    const { pool_id: poolId, number, visit_id: visitId } = lease;
    appendLedger(file, ledgerKey, [{ type: 'held', at, poolId, number, leaseId, visitId, body: { until } }]);
    return true;
  });

/**
 * Keeps the number with the visit that called: people call back, from other phones too. The call is a sign of the visit; beyond
 * that the latest calls of a pool keep theirs, `HELD_SHARE` of its numbers, and the oldest of them gives way.
 *
 * @returns false when the lease is over: its number may be another visit's by now
 */
export const keepAfterCall = (
  file: SqliteFile,
  ledgerKey: string,
  pool: Pick<PoolPlan, 'id' | 'idleMinutes' | 'afterCallHours'>,
  leaseId: string,
  at: Millis,
): boolean =>
  atomically(file, () => {
    const { get, sign, open, lendable, shorten } = statements(file);
    const lease = get.get(leaseId);
    if (lease === undefined || lease.closed_at !== null) return false;
    const hidden = lease.idle_at !== null;
    const expires = Math.max(lease.expires_at, expiryAfter(pool, at, hidden));
    sign.run(Math.max(lease.last_seen_at, at), hidden ? at : null, expires, leaseId);
    const most = Math.floor((lendable.get(pool.id)?.numbers ?? 0) * HELD_SHARE);
    if (most === 0) return true;
    const held = open
      .all(pool.id)
      .filter((other) => other.id !== leaseId && isHeld(pool, other))
      .toSorted((a, b) => a.expires_at - b.expires_at);
    for (const other of held.slice(0, Math.max(0, held.length + 1 - most))) {
      const until = expiryAfter(pool, other.last_seen_at, other.idle_at !== null);
      shorten.run(until, other.id);
      const { pool_id: poolId, number, id, visit_id: visitId } = other;
      appendLedger(file, ledgerKey, [
        { type: 'held', at, poolId, number, leaseId: id, visitId, body: { until } },
      ]);
    }
    return holdLease(file, ledgerKey, leaseId, at + Math.round(pool.afterCallHours * HOUR_MS), at);
  });

/** Ends the leases that are one visit's own. A number that a class of visits shares stays: it tells nothing of this one. */
export const releaseLeases = (
  file: SqliteFile,
  ledgerKey: string,
  visitId: string,
  reason: 'released' | 'consent',
  at: Millis,
): void =>
  atomically(file, () => {
    const own = lastLeases(file, visitId).filter(
      (lease) => lease.closed_at === null && lease.class === null && lease.visit_id === visitId,
    );
    closeLeases(file, ledgerKey, own, reason, at);
  });
