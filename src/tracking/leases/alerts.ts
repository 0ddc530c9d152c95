import type { PoolPlan } from '../../config/index.ts';
import type { Millis, SqliteFile } from '../../store/index.ts';
import { perFile } from './statements.ts';
import { type PoolFigures, poolFigures, poolTurnover } from './status.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So long a pool must be full before it is told. */
const WATCH_MS = 300_000;
/** Steals, of the leases opened in an hour, that are told. */
const STEALS = 0.01;
/** A number that is called though nobody was shown it for so long stands somewhere else. */
export const LEAK_DAYS = 21;

/** Something about a pool that somebody should know now. */
export type PoolAlert = {
  readonly pool: string;
  readonly type: 'no_numbers' | 'utilization' | 'steals' | 'exhausted' | 'leaked';
  /** Of a leak. */
  readonly number?: string;
  /** Share in use, share of steals, visits without a number, calls. */
  readonly value: number;
  /** One sentence, without figures, so that it stays the same as long as the alert stands. */
  readonly message: string;
  /** The figures. */
  readonly detail: string;
};

/** A number that is called though no visit had it. */
export type LeakedNumber = {
  readonly number: string;
  readonly pool: string;
  readonly calls: number;
  readonly lastCallAt: Millis;
};

const statements = perFile((file) => ({
  turns: file.prepare<[pool: string, from: Millis, to: Millis], { type: 'opened' | 'closed' }>(
    `SELECT type FROM lease_event WHERE pool_id = ? AND at > ? AND at <= ? AND type IN ('opened', 'closed')
      ORDER BY seq DESC`,
  ),
  leaked: file.prepare<{ from: Millis; to: Millis; span: Millis; pool: string | null }, LeakedNumber>(
    // Leases on a number follow one another: the last one opened before a call is the last that ended before it.
    `SELECT t.number, t.pool_id AS pool, count(*) AS calls, max(c.started_at) AS lastCallAt
      FROM tracking_number t CROSS JOIN call c ON c.did = t.number
      WHERE t.pool_id IS NOT NULL AND (@pool IS NULL OR t.pool_id = @pool) AND t.state NOT IN ('retired', 'failed')
        AND c.started_at > @from AND c.started_at <= @to
        AND c.is_test = 0 AND c.direction = 'inbound' AND c.status <> 'blocked'
        AND coalesce((SELECT coalesce(l.closed_at, @to) FROM lease l
          WHERE l.number = t.number AND l.opened_at <= c.started_at
          ORDER BY l.opened_at DESC LIMIT 1), 0) <= c.started_at - @span
      GROUP BY t.number ORDER BY t.number`,
  ),
}));

/**
 * Numbers of pools that were called in the last three weeks although no visit had had them for three weeks before the call:
 * they stand in a directory or on somebody else's page.
 *
 * @param pool one pool's only
 */
export const leakedNumbers = (
  file: SqliteFile,
  at: Millis,
  pool: string | null = null,
): readonly LeakedNumber[] => {
  const span = LEAK_DAYS * DAY_MS;
  return statements(file).leaked.all({ from: at - span, to: at, span, pool });
};

/** The fewest leases of a pool at any time of the last minutes, going back from those of now. */
const fewestInUse = (file: SqliteFile, { pool, active, idle }: PoolFigures, at: Millis): number => {
  let inUse = active + idle;
  let fewest = inUse;
  for (const { type } of statements(file).turns.all(pool, at - WATCH_MS, at)) {
    inUse += type === 'opened' ? -1 : 1;
    fewest = Math.min(fewest, inUse);
  }
  return Math.max(0, fewest);
};

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

/** Settings of a pool that alerts look at. */
type Watched = Pick<PoolPlan, 'id' | 'idleMinutes' | 'alertUtilization'>;

const loadAlerts = (file: SqliteFile, pool: Watched, at: Millis): readonly PoolAlert[] => {
  const figures = poolFigures(file, pool, at);
  const { lendable, lastHour } = figures;
  if (lendable === 0) {
    const message = `pool ${pool.id} has no number to lend: none is active`;
    return [{ pool: pool.id, type: 'no_numbers', value: 0, message, detail: '0 active numbers' }];
  }
  const alerts: PoolAlert[] = [];
  const inUse = Math.min(1, fewestInUse(file, figures, at) / lendable);
  if (inUse >= pool.alertUtilization) {
    alerts.push({
      pool: pool.id,
      type: 'utilization',
      value: inUse,
      message: `pool ${pool.id} has been in use by ${percent(pool.alertUtilization)} or more for 5 minutes`,
      detail: `at least ${percent(inUse)} of ${count(lendable, 'number')}`,
    });
  }
  const { opened, stolen } = lastHour;
  if (opened > 0 && stolen / opened > STEALS) {
    alerts.push({
      pool: pool.id,
      type: 'steals',
      value: stolen / opened,
      message: `pool ${pool.id} has too few numbers: more than ${percent(STEALS)} of those lent in an hour were taken from visits that may still call`,
      detail: `${stolen} of ${opened}, ${percent(stolen / opened)}`,
    });
  }
  const { exhausted } = poolTurnover(file, pool.id, at - WATCH_MS, at);
  if (exhausted > 0) {
    alerts.push({
      pool: pool.id,
      type: 'exhausted',
      value: exhausted,
      message: `pool ${pool.id} is exhausted: visits got no number of it in the last 5 minutes`,
      detail: count(exhausted, 'visit'),
    });
  }
  return alerts;
};

const leakAlert = ({ number, pool, calls }: LeakedNumber): PoolAlert => ({
  pool,
  type: 'leaked',
  number,
  value: calls,
  message: `${number} of pool ${pool} is called though no visit had it in ${LEAK_DAYS} days before: it stands somewhere else`,
  detail: `${count(calls, 'call')} in ${LEAK_DAYS} days`,
});

/** The alerts of a pool that stand at a time. */
export const poolAlerts = (file: SqliteFile, pool: Watched, at: Millis): readonly PoolAlert[] => [
  ...loadAlerts(file, pool, at),
  ...leakedNumbers(file, at, pool.id).map(leakAlert),
];

export type PoolStatus = PoolFigures & { readonly alerts: readonly PoolAlert[] };

/** How a pool stands at a time, and what is wrong with it. */
export const poolStatus = (file: SqliteFile, pool: Watched, at: Millis): PoolStatus => ({
  ...poolFigures(file, pool, at),
  alerts: poolAlerts(file, pool, at),
});
