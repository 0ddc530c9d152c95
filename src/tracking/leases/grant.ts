import { errorCode } from '../../base/errors.ts';
import { ulid } from '../../base/ids.ts';
import type { LeaseTable, Millis, SqliteFile } from '../../store/index.ts';
import { closeLeases, expiredLeases, IN_USE, USABLE } from './close.ts';
import { appendLedger } from './ledger.ts';
import { limitsOf } from './limits.ts';
import {
  ACTIVE_MS,
  type Decision,
  decideGrant,
  expiryAfter,
  type PoolView,
  sharedClass,
  stickySince,
} from './machine.ts';
import { atomically, perFile } from './statements.ts';
import type { Grant, GrantWay, LeaseRequest, LedgerEntry, OpenLease, RefusalReason } from './types.ts';

const COLUMNS = `l.id, l.pool_id, l.number, l.visit_id, l.visitor_id, l.class, l.opened_at, l.last_seen_at, l.idle_at,
  l.expires_at`;

const LENDABLE = `t.state = 'active' AND t.enabled = 1
  AND NOT EXISTS (SELECT 1 FROM lease o WHERE o.number = t.number AND o.closed_at IS NULL)`;

const OPEN = `l.closed_at IS NULL AND l.expires_at > ?`;

/** Of a lease `l`: its number is not being taken off its pool. Such a one stays with the visit that has it, and goes to no other. */
const LENT = `EXISTS (SELECT 1 FROM tracking_number t WHERE t.number = l.number AND t.pool_id = l.pool_id
  AND t.state = 'active' AND t.enabled = 1)`;

const statements = perFile((file) => ({
  ofVisit: file.prepare<[visit: string, pool: string, at: Millis], OpenLease>(
    `SELECT ${COLUMNS} FROM lease_event e CROSS JOIN lease l ON l.id = e.lease_id
      WHERE e.visit_id = ? AND e.type IN ('opened', 'joined') AND l.pool_id = ? AND ${OPEN} AND ${USABLE} ORDER BY e.seq DESC LIMIT 1`,
  ),
  ofVisitor: file.prepare<[visitor: string, at: Millis], OpenLease>(
    `SELECT ${COLUMNS} FROM lease l WHERE l.visitor_id = ? AND ${OPEN} AND ${LENT} ORDER BY l.opened_at DESC`,
  ),
  ofClass: file.prepare<[pool: string, name: string, at: Millis], OpenLease>(
    `SELECT ${COLUMNS} FROM lease l WHERE l.pool_id = ? AND l.class = ? AND ${OPEN} AND ${LENT} LIMIT 1`,
  ),
  earlierFree: file.prepare<[visitor: string, pool: string, since: Millis], { number: string }>(
    `SELECT l.number FROM lease l CROSS JOIN tracking_number t ON t.number = l.number AND t.pool_id = l.pool_id
      WHERE l.visitor_id = ? AND l.pool_id = ? AND l.last_seen_at > ? AND ${LENDABLE} ORDER BY l.opened_at DESC LIMIT 1`,
  ),
  leastUsed: file.prepare<[pool: string], { number: string }>(
    `SELECT t.number FROM tracking_number t WHERE t.pool_id = ? AND t.used_at < ${IN_USE} AND ${LENDABLE}
      ORDER BY t.used_at, t.number LIMIT 1`,
  ),
  use: file.prepare<[number: string]>(`UPDATE tracking_number SET used_at = ${IN_USE} WHERE number = ?`),
  oldestIdle: file.prepare<[pool: string, seen: Millis], OpenLease>(
    // Found in the index alone, then read: a pool may have hundreds in view.
    `SELECT ${COLUMNS} FROM lease l WHERE l.id = (SELECT l.id FROM lease l WHERE l.pool_id = ? AND l.closed_at IS NULL
        AND (l.idle_at IS NOT NULL OR l.last_seen_at < ?) AND ${LENT} ORDER BY l.expires_at, l.id LIMIT 1)`,
  ),
  hasNumbers: file.prepare<[pool: string], { n: number }>(
    "SELECT 1 AS n FROM tracking_number WHERE pool_id = ? AND state = 'active' AND enabled = 1 LIMIT 1",
  ),
  open: file.prepare<Omit<LeaseTable, 'idle_at' | 'closed_at' | 'close_reason'>>(
    `INSERT INTO lease (id, pool_id, number, visit_id, visitor_id, class, opened_at, last_seen_at, expires_at, stolen_from)
      VALUES (@id, @pool_id, @number, @visit_id, @visitor_id, @class, @opened_at, @last_seen_at, @expires_at, @stolen_from)`,
  ),
  seen: file.prepare<[seen: Millis, expires: Millis, id: string]>(
    `UPDATE lease SET last_seen_at = max(last_seen_at, ?), idle_at = NULL, expires_at = max(expires_at, ?) WHERE id = ?`,
  ),
  join: file.prepare<[visit: string, visitor: string, seen: Millis, expires: Millis, id: string]>(
    `UPDATE lease SET visit_id = ?, visitor_id = ?, last_seen_at = max(last_seen_at, ?), idle_at = NULL,
      expires_at = max(expires_at, ?) WHERE id = ?`,
  ),
}));

/** What the machine sees of the database. Expired leases of the pool are closed by now. */
const viewOf = (file: SqliteFile, request: LeaseRequest): PoolView => {
  const { pool, visitorId, at } = request;
  const sql = statements(file);
  const name = sharedClass(request);
  return {
    ofVisit: () => sql.ofVisit.get(request.visitId, pool.id, at),
    ofVisitor: () => sql.ofVisitor.all(visitorId, at),
    ofClass: () => (name === undefined ? undefined : sql.ofClass.get(pool.id, name, at)),
    hasNumbers: () => sql.hasNumbers.get(pool.id) !== undefined,
    earlierFree: () => sql.earlierFree.get(visitorId, pool.id, stickySince(pool, at))?.number,
    leastUsed: () => sql.leastUsed.get(pool.id)?.number,
    oldestIdle: () => sql.oldestIdle.get(pool.id, at - ACTIVE_MS),
    mayOpen: () => {
      const { visitors: byVisitor, addresses } = limitsOf(file);
      return (
        byVisitor.allows(visitorId, at) && (request.address === null || addresses.allows(request.address, at))
      );
    },
  };
};

/**
 * Lends a visit a number of a pool, or tells why there is none, and writes it into the ledger. A visit that asks again keeps
 * what it has, and that counts as a sign of it. One transaction: the one that is open on `file`, which must have begun
 * immediately, or one of its own.
 *
 * @param ledgerKey of the ledger's hashes: `vault.derive('lease-ledger')`
 */
export const grantLease = (file: SqliteFile, ledgerKey: string, request: LeaseRequest): Grant =>
  atomically(file, () => {
    closeLeases(file, ledgerKey, expiredLeases(file, request.pool.id, request.at), 'expired', request.at);
    return (
      decideAndAct(file, ledgerKey, request) ??
      decideAndAct(file, ledgerKey, request) ??
      refuse(file, ledgerKey, request, 'exhausted')
    );
  });

/** Undefined: the database forbade a second lease on a number, so that what was decided on was not so. */
const decideAndAct = (file: SqliteFile, ledgerKey: string, request: LeaseRequest): Grant | undefined => {
  try {
    return carryOut(file, ledgerKey, request, decideGrant(request, viewOf(file, request)));
  } catch (error) {
    if (errorCode(error) === 'SQLITE_CONSTRAINT_UNIQUE') return undefined;
    throw error;
  }
};

const carryOut = (file: SqliteFile, ledgerKey: string, request: LeaseRequest, decision: Decision): Grant => {
  switch (decision.type) {
    case 'keep': {
      const { pool, at } = request;
      statements(file).seen.run(at, expiryAfter(pool, at, false), decision.lease.id);
      return leased(decision.lease, 'kept');
    }
    case 'join':
      return join(file, ledgerKey, request, decision.lease, decision.why);
    case 'lend':
      return open(file, ledgerKey, request, { number: decision.number, how: decision.how });
    case 'steal':
      return open(file, ledgerKey, request, {
        number: decision.from.number,
        how: 'stolen',
        from: decision.from,
      });
    case 'refuse':
      return refuse(file, ledgerKey, request, decision.reason);
  }
};

const leased = ({ id, number }: Pick<OpenLease, 'id' | 'number'>, how: GrantWay): Grant => ({
  type: 'leased',
  number,
  leaseId: id,
  how,
});

const join = (
  file: SqliteFile,
  ledgerKey: string,
  { pool, visitId, visitorId, at }: LeaseRequest,
  lease: OpenLease,
  why: 'visitor' | 'class',
): Grant => {
  statements(file).join.run(visitId, visitorId, at, expiryAfter(pool, at, false), lease.id);
  appendLedger(file, ledgerKey, [
    {
      type: 'joined',
      at,
      poolId: pool.id,
      number: lease.number,
      leaseId: lease.id,
      visitId,
      body: { why, visitor: visitorId },
    },
  ]);
  return leased(lease, why === 'class' ? 'shared' : 'kept');
};

type Lending =
  | { readonly number: string; readonly how: 'sticky' | 'free'; readonly from?: never }
  | { readonly number: string; readonly how: 'stolen'; readonly from: OpenLease };

const open = (
  file: SqliteFile,
  ledgerKey: string,
  request: LeaseRequest,
  { number, how, from }: Lending,
): Grant => {
  const { pool, visitId, visitorId, at } = request;
  const id = ulid(at);
  const expires = expiryAfter(pool, at, false);
  const name = sharedClass(request) ?? null;
  if (from) closeLeases(file, ledgerKey, [from], 'stolen', at);
  statements(file).open.run({
    id,
    pool_id: pool.id,
    number,
    visit_id: visitId,
    visitor_id: visitorId,
    class: name,
    opened_at: at,
    last_seen_at: at,
    expires_at: expires,
    stolen_from: from?.id ?? null,
  });
  statements(file).use.run(number);
  const opened: LedgerEntry = {
    type: 'opened',
    at,
    poolId: pool.id,
    number,
    leaseId: id,
    visitId,
    body: { how, visitor: visitorId, class: name, expires_at: expires, stolen_from: from?.id ?? null },
  };
  appendLedger(file, ledgerKey, [opened]);
  const { visitors, addresses } = limitsOf(file);
  visitors.note(visitorId, at);
  if (request.address !== null) addresses.note(request.address, at);
  return { type: 'leased', number, leaseId: id, how };
};

const refuse = (file: SqliteFile, ledgerKey: string, request: LeaseRequest, reason: RefusalReason): Grant => {
  const { pool, visitId, at } = request;
  if (isTold(file, request, reason)) {
    const body = { reason, overflow: pool.overflow !== undefined };
    appendLedger(file, ledgerKey, [
      { type: 'refused', at, poolId: pool.id, number: null, leaseId: null, visitId, body },
    ]);
  }
  return pool.overflow === undefined
    ? { type: 'none', reason }
    : { type: 'overflow', number: pool.overflow, reason };
};

const isTold = (
  file: SqliteFile,
  { visitorId, address, at }: LeaseRequest,
  reason: RefusalReason,
): boolean => {
  if (reason !== 'too_many_new') return true;
  const { told } = limitsOf(file);
  const who = address ?? visitorId;
  if (!told.allows(who, at)) return false;
  told.note(who, at);
  return true;
};
