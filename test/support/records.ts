import Database from 'better-sqlite3';
import type { CallEventTable, CallTable, LegTable, RecordingTable } from '../../src/store/call-schema.ts';
import { until } from './wait.ts';

/** A call as the database has it: read with SQL of our own, not through the gateway's code. */
export type CallRow = {
  readonly call: CallTable;
  /** A first, then B-legs in the order they were dialled. */
  readonly legs: readonly LegTable[];
  readonly events: readonly CallEventTable[];
  readonly recordings: readonly RecordingTable[];
};

export type Records = {
  /** All calls, oldest first. */
  calls(): CallRow[];
  /** Waits until the call of that Call-ID is complete. */
  ended(sipCallId: string, timeoutMs?: number): Promise<CallRow>;
  /** Waits until `count` calls are there (`ended`: and over). */
  wait(
    count: number,
    options?: { readonly ended?: boolean; readonly timeoutMs?: number },
  ): Promise<CallRow[]>;
  /** Anything else. */
  query<Row>(sql: string, ...parameters: readonly unknown[]): Row[];
};

/** Reads the database at `path` anew at each call, so that a gateway that restarts is no matter. */
export const openRecords = (path: string): Records => {
  const query = <Row>(sql: string, ...parameters: readonly unknown[]): Row[] => {
    const database = new Database(path, { readonly: true, timeout: 5000 });
    try {
      return database.prepare<unknown[], Row>(sql).all(...parameters);
    } finally {
      database.close();
    }
  };

  const whole = (call: CallTable): CallRow => ({
    call,
    legs: query<LegTable>('SELECT * FROM leg WHERE call_id = ? ORDER BY position', call.id),
    events: query<CallEventTable>('SELECT * FROM call_event WHERE call_id = ? ORDER BY seq', call.id),
    recordings: query<RecordingTable>(
      'SELECT * FROM recording WHERE call_id = ? ORDER BY started_at',
      call.id,
    ),
  });

  const calls = (): CallRow[] => query<CallTable>('SELECT * FROM call ORDER BY started_at, id').map(whole);

  return {
    calls,
    query,
    ended: (sipCallId, timeoutMs = 15_000) =>
      until(
        `the record of call ${sipCallId}`,
        () => {
          const [row, second] = query<CallTable>('SELECT * FROM call WHERE sip_call_id = ?', sipCallId);
          if (second) throw new Error(`two records for call ${sipCallId}`);
          return row && row.ended_at !== null ? whole(row) : undefined;
        },
        { timeoutMs },
      ),
    wait: (count, { ended = false, timeoutMs = 15_000 } = {}) =>
      until(
        `${count} call records`,
        () => {
          const sql = `SELECT count(*) AS n FROM call ${ended ? 'WHERE ended_at IS NOT NULL' : ''}`;
          return (query<{ n: number }>(sql)[0]?.n ?? 0) >= count && calls();
        },
        { timeoutMs, everyMs: 100 },
      ),
  };
};
