import { createHmac } from 'node:crypto';
import type { LeaseEventTable, SqliteFile } from '../../store/index.ts';
import { perFile } from './statements.ts';
import type { LedgerEntry } from './types.ts';

/**
 * The ledger of leases: rows that are only ever added, each with an HMAC-SHA-256 over itself and the hash before it, and a
 * head that says where it ends. The key comes from the key file, which is not in the database.
 */

/** Hash that the first row follows. */
export const GENESIS = '0'.repeat(64);

/** The hash of a row: covers its columns and the row before it. */
export const eventHash = (key: string, previous: string, row: Omit<LeaseEventTable, 'hash'>): string =>
  createHmac('sha256', key)
    .update(
      JSON.stringify([
        previous,
        row.seq,
        row.at,
        row.type,
        row.pool_id,
        row.number,
        row.lease_id,
        row.visit_id,
        row.body,
      ]),
    )
    .digest('hex');

/** What stands in the head for a ledger that ends with this row. */
export const headHash = (key: string, seq: number, hash: string): string =>
  createHmac('sha256', key).update(`head ${seq} ${hash}`).digest('hex');

const statements = perFile((file) => ({
  last: file.prepare<[], { seq: number; hash: string }>(
    'SELECT seq, hash FROM lease_event ORDER BY seq DESC LIMIT 1',
  ),
  insert: file.prepare<LeaseEventTable>(
    `INSERT INTO lease_event (seq, at, type, pool_id, number, lease_id, visit_id, body, hash)
      VALUES (@seq, @at, @type, @pool_id, @number, @lease_id, @visit_id, @body, @hash)`,
  ),
  head: file.prepare<[seq: number, hash: string]>(
    `INSERT INTO lease_event_head (id, seq, hash) VALUES (1, ?, ?)
      ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
  ),
}));

/** Adds rows to the ledger, in the transaction that is open on `file`. */
export const appendLedger = (file: SqliteFile, key: string, entries: readonly LedgerEntry[]): void => {
  if (entries.length === 0) return;
  const { last, insert, head } = statements(file);
  let { seq, hash } = last.get() ?? { seq: 0, hash: GENESIS };
  for (const entry of entries) {
    seq += 1;
    const row = {
      seq,
      at: entry.at,
      type: entry.type,
      pool_id: entry.poolId,
      number: entry.number,
      lease_id: entry.leaseId,
      visit_id: entry.visitId,
      body: JSON.stringify(entry.body),
    };
    hash = eventHash(key, hash, row);
    insert.run({ ...row, hash });
  }
  head.run(seq, headHash(key, seq, hash));
};
