import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startThread } from '../../../src/base/thread.ts';
import type { SqliteFile } from '../../../src/store/index.ts';
import { grantLease, verifyLedger } from '../../../src/tracking/leases/index.ts';
import { addPools, LEDGER_KEY, type LeaseStage, openBeside, openLeaseStage } from './leases-stage.ts';
import {
  createStorm,
  doubleLeases,
  makeClock,
  runStorm,
  STORM_NUMBERS,
  STORM_POOLS,
  sharedClock,
  wrongSteals,
} from './leases-storm.ts';
import type { StormInput } from './leases-storm-run.ts';

/** Operations in all; `npm run bench -- leases` does a million. */
const OPERATIONS = Number(process.env['LEASE_OPERATIONS'] ?? 30_000);
const START = 1_700_000_000_000;

let stage: LeaseStage;
beforeEach(async () => {
  stage = await openLeaseStage();
  addPools(stage.file, STORM_POOLS, STORM_NUMBERS);
  makeClock(stage.file, START);
});
afterEach(() => stage.close());

const expectWhole = (file: SqliteFile): void => {
  const verdict = verifyLedger(file, LEDGER_KEY);
  expect(verdict.problem).toBeUndefined();
  expect(verdict.counts.stolen).toBeGreaterThan(100);
  expect(verdict.counts.refused).toBeGreaterThan(100);
  expect(doubleLeases(file)).toBe(0);
  expect(wrongSteals(file)).toBe(0);
};

it('lends no number twice through crashes in the middle of transactions', () => {
  let file = openBeside(stage.path);
  const granted: Record<string, number> = {};
  let closed = 0;
  for (let life = 0, done = 0; done < OPERATIONS * 0.6; life += 1, done += 5000) {
    const storm = createStorm(file, 1000 + life, `l${life}`, sharedClock(file));
    // The handle is closed in the middle of a transaction, as a process that ends does.
    runStorm(file, storm, 5000, life, () => file.close());
    for (const [what, times] of Object.entries(storm.granted)) granted[what] = (granted[what] ?? 0) + times;
    if (file.open) continue;
    closed += 1;
    file = openBeside(stage.path);
  }
  expect(closed).toBeGreaterThan(0);
  expectWhole(file);
  file.close();
  // Every way to a number, or to none, was taken.
  const ways = ['free', 'kept', 'shared', 'sticky', 'stolen', 'exhausted', 'visitor_limit'];
  expect(Object.keys(granted)).toEqual(expect.arrayContaining(ways));
});

const thread = async (seed: number, operations: number): Promise<void> => {
  const workerData: StormInput = { path: stage.path, seed, operations };
  const worker = startThread(import.meta.url, './leases-storm-run', { workerData });
  const ended = once(worker, 'exit');
  const [said] = await Promise.race([once(worker, 'message'), once(worker, 'error')]);
  expect(said).toBe('done');
  await ended;
};

/** A process that is killed once it has done so many rounds. */
const killed = async (seed: number, rounds: number): Promise<void> => {
  const input: StormInput = { path: stage.path, seed, operations: 1_000_000 };
  const script = fileURLToPath(new URL('./leases-storm-run.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let told = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    told += 1;
    if (told === rounds) child.kill('SIGKILL');
  }
  expect((await exited)[1]).toBe('SIGKILL');
};

it('lends no number twice to several connections at once, of which some are killed', async () => {
  const each = OPERATIONS * 0.16;
  await Promise.all([thread(1, each), thread(2, each), killed(3, 4), killed(4, 4)]);
  expectWhole(stage.file);
});

it('is told by the database when a number would be lent twice all the same', () => {
  const [pool] = STORM_POOLS;
  if (!pool) throw new Error('there is no pool');
  const request = { pool, class: undefined, address: null, at: START };
  const first = grantLease(stage.file, LEDGER_KEY, { ...request, visitId: 'a', visitorId: 'p' });
  if (first.type !== 'leased') throw new Error('no number');
  const copy = stage.file.prepare(
    `INSERT INTO lease (id, pool_id, number, visit_id, visitor_id, opened_at, last_seen_at, expires_at)
      SELECT 'copy', pool_id, number, 'b', 'q', opened_at, last_seen_at, expires_at FROM lease`,
  );
  expect(() => copy.run()).toThrow('UNIQUE');
});
