import type { LeaseTable, Millis, SqliteFile } from '../../store/index.ts';
import { appendLedger } from './ledger.ts';
import { perFile } from './statements.ts';
import type { CloseReason, LedgerEntry, OpenLease } from './types.ts';

/** Of a lease `l`: its number is one that its pool stands behind: lent, or taken off while leases on it go on. */
export const USABLE = `EXISTS (SELECT 1 FROM tracking_number n WHERE n.number = l.number AND n.pool_id = l.pool_id
  AND n.state IN ('active', 'draining') AND n.enabled = 1)`;

/** `used_at` of a number while a lease is open on it: the free ones are found without a look at those. */
export const IN_USE = 9_000_000_000_000_000;

const statements = perFile((file) => ({
  close: file.prepare<[at: Millis, reason: CloseReason, id: string]>(
    'UPDATE lease SET closed_at = ?, close_reason = ? WHERE id = ? AND closed_at IS NULL',
  ),
  used: file.prepare<[seen: Millis, number: string]>(
    'UPDATE tracking_number SET used_at = ? WHERE number = ?',
  ),
  expired: file.prepare<[pool: string, at: Millis], LeaseTable>(
    'SELECT * FROM lease WHERE pool_id = ? AND closed_at IS NULL AND expires_at <= ? ORDER BY expires_at, id',
  ),
  expiredAnywhere: file.prepare<[at: Millis], LeaseTable>(
    'SELECT * FROM lease WHERE closed_at IS NULL AND expires_at <= ? ORDER BY pool_id, expires_at, id',
  ),
  openOn: file.prepare<[number: string], LeaseTable>(
    'SELECT * FROM lease WHERE number = ? AND closed_at IS NULL',
  ),
  stranded: file.prepare<[], LeaseTable>(
    `SELECT l.* FROM lease l WHERE l.closed_at IS NULL AND NOT ${USABLE}`,
  ),
}));

/** Open leases of a pool, or of all pools, whose time is over. */
export const expiredLeases = (
  file: SqliteFile,
  pool: string | undefined,
  at: Millis,
): readonly OpenLease[] => {
  const { expired, expiredAnywhere } = statements(file);
  return pool === undefined ? expiredAnywhere.all(at) : expired.all(pool, at);
};

/** Open leases on numbers that no pool stands behind any more: failed, retired, switched off, given to a source. */
export const strandedLeases = (file: SqliteFile): readonly OpenLease[] => statements(file).stranded.all();

/** The open lease on a number. */
export const openLeaseOn = (file: SqliteFile, number: string): OpenLease | undefined =>
  statements(file).openOn.get(number);

/** Closes leases, with what they looked like in the ledger. */
export const closeLeases = (
  file: SqliteFile,
  ledgerKey: string,
  leases: readonly OpenLease[],
  reason: CloseReason,
  at: Millis,
): void => {
  const { close, used } = statements(file);
  const entries = leases.flatMap((lease): LedgerEntry[] => {
    if (close.run(at, reason, lease.id).changes === 0) return [];
    used.run(lease.last_seen_at, lease.number);
    return [
      {
        type: 'closed',
        at,
        poolId: lease.pool_id,
        number: lease.number,
        leaseId: lease.id,
        visitId: lease.visit_id,
        body: {
          reason,
          last_seen_at: lease.last_seen_at,
          idle_at: lease.idle_at,
          expires_at: lease.expires_at,
        },
      },
    ];
  });
  appendLedger(file, ledgerKey, entries);
};
