import type { Millis, SqliteFile } from '../../store/index.ts';
import { addMeasures, BIN_MS, binExposure, type LoadMeasure, WEEK_BINS } from './load.ts';
import { perFile } from './statements.ts';

/** What a pool did in some time. */
export type PoolMeasure = LoadMeasure & {
  readonly from: Millis;
  readonly to: Millis;
  /** Leases opened, those of them that took a number from a visit, and visits that found none. */
  readonly opened: number;
  readonly stolen: number;
  readonly exhausted: number;
  /** Calls on its numbers, tests apart. */
  readonly calls: number;
  /** Calls that came over a lease, and from its opening to them, ms in all. */
  readonly matchedCalls: number;
  readonly delayMs: number;
};

const statements = perFile((file) => ({
  opened: file.prepare<
    [pool: string, from: Millis, to: Millis],
    { bin: number; opened: number; stolen: number }
  >(
    `SELECT at / ${BIN_MS} AS bin, count(*) AS opened, sum(json_extract(body, '$.how') = 'stolen') AS stolen
      FROM lease_event WHERE pool_id = ? AND at >= ? AND at < ? AND type = 'opened' GROUP BY bin`,
  ),
  exhausted: file.prepare<[pool: string, from: Millis, to: Millis], { bin: number; n: number }>(
    `SELECT at / ${BIN_MS} AS bin, count(*) AS n FROM lease_event
      WHERE pool_id = ? AND at >= ? AND at < ? AND type = 'refused' AND json_extract(body, '$.reason') = 'exhausted'
      GROUP BY bin`,
  ),
  lengths: file.prepare<
    [pool: string, from: Millis, to: Millis],
    { bin: number; count: number; restMs: number }
  >(
    // Leases that were stolen would have ended when they said: the number was needed so long.
    `SELECT (l.expires_at - l.opened_at) / ${BIN_MS} AS bin, count(*) AS count,
        sum((l.expires_at - l.opened_at) % ${BIN_MS}) AS restMs
      FROM lease_event e CROSS JOIN lease l ON l.id = e.lease_id
      WHERE e.pool_id = ? AND e.at >= ? AND e.at < ? AND e.type = 'opened' AND l.closed_at IS NOT NULL GROUP BY bin`,
  ),
  calls: file.prepare<
    [pool: string, from: Millis, to: Millis],
    { calls: number; matched: number; delayMs: number | null }
  >(
    `SELECT count(*) AS calls, count(l.id) AS matched, sum(max(0, c.started_at - l.opened_at)) AS delayMs
      FROM tracking_number t CROSS JOIN call c ON c.did = t.number LEFT JOIN lease l ON l.id = c.lease_id
      WHERE t.pool_id = ? AND c.started_at >= ? AND c.started_at < ? AND c.is_test = 0`,
  ),
  first: file.prepare<[pool: string], { at: Millis }>(
    'SELECT at FROM lease_event WHERE pool_id = ? ORDER BY at LIMIT 1',
  ),
}));

/** When the pool's first lease was opened, or asked for in vain. */
export const firstLeaseAt = (file: SqliteFile, poolId: string): Millis | undefined =>
  statements(file).first.get(poolId)?.at;

/** Measures a pool from `from` up to `to`, which is not included. */
export const measurePool = (file: SqliteFile, poolId: string, from: Millis, to: Millis): PoolMeasure => {
  const sql = statements(file);
  const arrivals = new Array<number>(WEEK_BINS).fill(0);
  let opened = 0;
  let stolen = 0;
  let exhausted = 0;
  const arrive = (bin: number, count: number): void => {
    const week = bin % WEEK_BINS;
    arrivals[week] = (arrivals[week] ?? 0) + count;
  };
  for (const row of sql.opened.all(poolId, from, to)) {
    arrive(row.bin, row.opened);
    opened += row.opened;
    stolen += row.stolen;
  }
  for (const row of sql.exhausted.all(poolId, from, to)) {
    arrive(row.bin, row.n);
    exhausted += row.n;
  }
  const lengths = new Map(
    sql.lengths.all(poolId, from, to).map(({ bin, count, restMs }) => [bin, { count, restMs }]),
  );
  const calls = sql.calls.get(poolId, from, to);
  return {
    from,
    to,
    arrivals,
    exposure: binExposure(from, to),
    lengths,
    opened,
    stolen,
    exhausted,
    calls: calls?.calls ?? 0,
    matchedCalls: calls?.matched ?? 0,
    delayMs: calls?.delayMs ?? 0,
  };
};

/** Two measures of one pool, one after the other, as one. */
export const joinMeasures = (a: PoolMeasure, b: PoolMeasure): PoolMeasure => ({
  ...addMeasures(a, b),
  from: Math.min(a.from, b.from),
  to: Math.max(a.to, b.to),
  opened: a.opened + b.opened,
  stolen: a.stolen + b.stolen,
  exhausted: a.exhausted + b.exhausted,
  calls: a.calls + b.calls,
  matchedCalls: a.matchedCalls + b.matchedCalls,
  delayMs: a.delayMs + b.delayMs,
});
