import { once } from 'node:events';
import { startThread } from '../../src/base/thread.ts';
import { grantLease, verifyLedger } from '../../src/tracking/leases/index.ts';
import {
  addPools,
  LEDGER_KEY,
  openBeside,
  openLeaseStage,
  testPool,
} from '../integration/tracking/leases-stage.ts';
import {
  createStorm,
  doubleLeases,
  makeClock,
  runStorm,
  STORM_NUMBERS,
  STORM_POOLS,
  sharedClock,
  wrongSteals,
} from '../integration/tracking/leases-storm.ts';
import type { StormInput } from '../integration/tracking/leases-storm-run.ts';
import { type Distribution, distribution, round } from './figures.ts';

const START = 1_700_000_000_000;

export type StormFigures = {
  readonly operations: number;
  readonly connections: number;
  /** Times that the handle was closed in the middle of a transaction. */
  readonly crashes: number;
  readonly seconds: number;
  readonly events: number;
  readonly stolen: number;
  readonly refused: number;
  readonly doubleLeases: number;
  readonly wrongSteals: number;
  /** What is wrong with the ledger; empty: nothing. */
  readonly problem: string;
  readonly verifySeconds: number;
};

/** Random operations from three connections at once, one of which crashes again and again; then the ledger is verified. */
export const leaseStorm = async (operations: number): Promise<StormFigures> => {
  const stage = await openLeaseStage();
  try {
    addPools(stage.file, STORM_POOLS, STORM_NUMBERS);
    makeClock(stage.file, START);
    const began = performance.now();
    const each = Math.round(operations / 3);
    const threads = [1, 2].map(async (seed) => {
      const workerData: StormInput = { path: stage.path, seed, operations: each };
      await once(
        startThread(import.meta.url, '../integration/tracking/leases-storm-run', { workerData }),
        'exit',
      );
    });
    let crashes = 0;
    for (let done = 0, life = 0; done < each; done += 5000, life += 1) {
      const file = openBeside(stage.path);
      const storm = createStorm(file, 1000 + life, `l${life}`, sharedClock(file));
      runStorm(file, storm, Math.min(5000, each - done), life, () => file.close());
      if (file.open) file.close();
      else crashes += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(threads);
    const ended = performance.now();
    const verdict = verifyLedger(stage.file, LEDGER_KEY);
    return {
      operations: each * 3,
      connections: 3,
      crashes,
      seconds: round((ended - began) / 1000, 1),
      events: verdict.events,
      stolen: verdict.counts.stolen,
      refused: verdict.counts.refused,
      doubleLeases: doubleLeases(stage.file),
      wrongSteals: wrongSteals(stage.file),
      problem: verdict.problem?.text ?? '',
      verifySeconds: round((performance.now() - ended) / 1000, 1),
    };
  } finally {
    await stage.close();
  }
};

export type GrantFigures = {
  readonly numbers: number;
  /** New visits, and visits that ask again, a second in this one thread; each in a transaction of its own. */
  readonly newPerSecond: number;
  readonly keptPerSecond: number;
  readonly newMicroseconds: Distribution;
};

/** How long a decision takes in a pool of so many numbers that are all in use. */
export const grantCost = async (numbers: number, visits: number): Promise<GrantFigures> => {
  const stage = await openLeaseStage();
  try {
    const pool = testPool('web', { idleMinutes: 5 });
    addPools(stage.file, [pool], numbers);
    let at = START;
    const grant = (n: number): number => {
      at += Math.ceil(200_000 / numbers);
      const request = { pool, class: undefined, visitId: `v${n}`, visitorId: `p${n}`, address: null, at };
      const began = performance.now();
      grantLease(stage.file, LEDGER_KEY, request);
      return (performance.now() - began) * 1000;
    };
    for (let n = 0; n < numbers * 2; n += 1) grant(n);
    const fresh = Array.from({ length: visits }, (_, n) => grant(1_000_000 + n));
    const kept = Array.from({ length: visits }, () => grant(1_000_000 + visits - 1));
    const perSecond = (costs: readonly number[]): number =>
      Math.round(1e6 / (costs.reduce((sum, cost) => sum + cost, 0) / costs.length));
    return {
      numbers,
      newPerSecond: perSecond(fresh),
      keptPerSecond: perSecond(kept),
      newMicroseconds: distribution(fresh),
    };
  } finally {
    await stage.close();
  }
};
