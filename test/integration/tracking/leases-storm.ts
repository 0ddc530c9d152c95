import { ulid } from '../../../src/base/ids.ts';
import type { PoolPlan } from '../../../src/config/index.ts';
import type { SqliteFile } from '../../../src/store/index.ts';
import {
  activateNumber,
  enlistNumber,
  failNumber,
  grantLease,
  holdLease,
  releaseLeases,
  seenLeases,
  sweepLeases,
  withdrawNumber,
} from '../../../src/tracking/leases/index.ts';
import { LEDGER_KEY, numberOf, testPool } from './leases-stage.ts';

/** Numbers in each pool of a storm. */
export const STORM_NUMBERS = 8;
export const STORM_POOLS: readonly PoolPlan[] = [
  testPool('a', { idleMinutes: 15, quietDays: 0, quarantineDays: 0 }),
  testPool('bb', { idleMinutes: 0, quietDays: 0, quarantineDays: 0, overflow: '+12025559999' }),
];
const POOLS = new Map(STORM_POOLS.map((pool) => [pool.id, pool]));

/** Repeatable numbers from 0 to 1 (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Visit = { readonly visitId: string; readonly visitorId: string; readonly class: string | undefined };

export type Storm = {
  /** One random operation. */
  step(): void;
  /** How often grants came out how, rolled-back ones included. */
  readonly granted: Readonly<Record<string, number>>;
};

/**
 * Random visits, signs, calls, sweeps and changes of numbers on two pools.
 *
 * @param clock gives a later time whenever it is asked, to everyone who shares it
 * @param name tells the visits of storms on one database apart
 */
export const createStorm = (
  file: SqliteFile,
  seed: number,
  name: string,
  clock: (stepMs: number) => number,
): Storm => {
  const random = randomFrom(seed);
  const visits: Visit[] = [];
  const leases: string[] = [];
  const granted: Record<string, number> = {};
  let made = 0;

  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const anyNumber = (): string =>
    numberOf(pick(STORM_POOLS) ?? testPool('a'), Math.floor(random() * STORM_NUMBERS));

  const newVisit = (): Visit => {
    made += 1;
    const again = random() < 0.15 ? pick(visits) : undefined;
    const visit = {
      visitId: `${name}-v${made}`,
      visitorId: again?.visitorId ?? `${name}-p${made}`,
      class: random() < 0.4 ? `class-${Math.floor(random() * 4)}` : undefined,
    };
    visits.push(visit);
    if (visits.length > 30) visits.shift();
    return visit;
  };

  const grant = (visit: Visit, at: number): void => {
    const pool = pick(STORM_POOLS);
    if (!pool) return;
    const result = grantLease(file, LEDGER_KEY, { ...visit, pool, address: null, at });
    const what = result.type === 'leased' ? result.how : result.reason;
    granted[what] = (granted[what] ?? 0) + 1;
    if (result.type !== 'leased') return;
    leases.push(result.leaseId);
    if (leases.length > 30) leases.shift();
  };

  const known = (work: (visit: Visit) => void): void => {
    const visit = pick(visits);
    if (visit) work(visit);
  };

  /** What may happen, and how often. */
  const operations: readonly (readonly [weight: number, run: (at: number) => void])[] = [
    [35, (at) => grant(newVisit(), at)],
    [15, (at) => known((visit) => grant(visit, at))],
    [25, (at) => known(({ visitId }) => seenLeases(file, visitId, at, 'seen', POOLS))],
    [13, (at) => known(({ visitId }) => seenLeases(file, visitId, at, 'idle', POOLS))],
    [3, (at) => holdLease(file, LEDGER_KEY, pick(leases) ?? ulid(at), at + 7_200_000, at)],
    [2, (at) => known(({ visitId }) => releaseLeases(file, LEDGER_KEY, visitId, 'released', at))],
    [2, (at) => known(({ visitId }) => releaseLeases(file, LEDGER_KEY, visitId, 'consent', at))],
    [2, (at) => sweepLeases(file, LEDGER_KEY, POOLS, at)],
    [0.5, (at) => failNumber(file, LEDGER_KEY, anyNumber(), at)],
    [1, (at) => withdrawNumber(file, LEDGER_KEY, anyNumber(), at)],
    [0.5, (at) => activateNumber(file, anyNumber(), at)],
    [
      1,
      (at) => {
        const pool = pick(STORM_POOLS);
        if (pool) enlistNumber(file, numberOf(pool, Math.floor(random() * STORM_NUMBERS)), pool.id, at);
      },
    ],
  ];
  const weights = operations.reduce((total, [weight]) => total + weight, 0);

  const step = (): void => {
    let dice = random() * weights;
    const at = clock(random() < 0.002 ? 3_600_000 : 1 + Math.floor(random() * 20_000));
    const chosen = operations.find(([weight]) => {
      dice -= weight;
      return dice < 0;
    });
    chosen?.[1](at);
  };

  return { step, granted };
};

/** A clock in the database: everyone who shares it gets a later time than all before, and a rollback turns it back. */
export const makeClock = (file: SqliteFile, start: number): void => {
  file.exec('CREATE TABLE storm_clock (at INTEGER NOT NULL)');
  file.prepare('INSERT INTO storm_clock (at) VALUES (?)').run(start);
};

export const sharedClock = (file: SqliteFile): ((stepMs: number) => number) => {
  const tick = file.prepare<[number], { at: number }>('UPDATE storm_clock SET at = at + ? RETURNING at');
  return (stepMs) => tick.get(stepMs)?.at ?? Number.NaN;
};

class Crash extends Error {}

/**
 * Runs operations, a few a transaction. Some transactions crash half way: what they did is undone.
 *
 * @param onCrash called in the middle of the transaction of every eighth crash
 */
export const runStorm = (
  file: SqliteFile,
  storm: Storm,
  operations: number,
  seed: number,
  onCrash?: () => void,
): void => {
  const random = randomFrom(seed);
  let crashes = 0;
  for (let done = 0; done < operations; ) {
    const batch = Math.min(operations - done, 1 + Math.floor(random() * 15));
    const crashAfter = random() < 0.02 ? Math.floor(random() * batch) : undefined;
    try {
      file
        .transaction(() => {
          for (let n = 0; n < batch; n += 1) {
            storm.step();
            if (n !== crashAfter) continue;
            crashes += 1;
            if (onCrash && crashes % 8 === 0) onCrash();
            throw new Crash();
          }
        })
        .immediate();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    done += batch;
    if (!file.open) return;
  }
};

/** Leases that lived on one number at the same time, found without the ledger. */
export const doubleLeases = (file: SqliteFile): number => {
  const row = file
    .prepare<[], { n: number }>(
      `SELECT count(*) AS n FROM (
        SELECT opened_at, lag(coalesce(closed_at, 9e15)) OVER (PARTITION BY number ORDER BY opened_at) AS before FROM lease
      ) WHERE before > opened_at`,
    )
    .get();
  return row?.n ?? Number.NaN;
};

/** Leases that were taken from a visit in view, found without the ledger. */
export const wrongSteals = (file: SqliteFile): number => {
  const row = file
    .prepare<[], { n: number }>(
      `SELECT count(*) AS n FROM lease l LEFT JOIN lease f ON f.id = l.stolen_from
        WHERE l.stolen_from IS NOT NULL AND (f.id IS NULL OR f.close_reason <> 'stolen' OR f.closed_at <> l.opened_at
          OR f.number <> l.number OR (f.idle_at IS NULL AND f.closed_at - f.last_seen_at <= 150000))`,
    )
    .get();
  return row?.n ?? Number.NaN;
};
