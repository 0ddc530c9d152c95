import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PoolPlan } from '../../../src/config/index.ts';
import { grantLease, keepAfterCall, verifyLedger } from '../../../src/tracking/leases/index.ts';
import { addPools, LEDGER_KEY, type LeaseStage, openLeaseStage, testPool } from './leases-stage.ts';

const T = 1_800_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let stage: LeaseStage;
beforeEach(async () => {
  stage = await openLeaseStage();
});
afterEach(() => stage.close());

const visit = (pool: PoolPlan, n: number, at: number) => {
  const granted = grantLease(stage.file, LEDGER_KEY, {
    pool,
    class: undefined,
    visitId: `visit-${n}`,
    visitorId: `visitor-${n}`,
    address: null,
    at,
  });
  if (granted.type !== 'leased') throw new Error(`not leased: ${granted.reason}`);
  return granted;
};

describe('a number after a call', () => {
  it('stays with the visit for a day in a pool that can spare it', () => {
    const pool = testPool('large');
    addPools(stage.file, [pool], 20);
    const called = visit(pool, 0, T);
    expect(keepAfterCall(stage.file, LEDGER_KEY, pool, called.leaseId, T + MINUTE)).toBe(true);
    // 60 others, one every 20 min: each number but the kept one comes round.
    const others = Array.from({ length: 60 }, (_, n) => visit(pool, n + 1, T + (n + 1) * 20 * MINUTE).number);
    expect(others).not.toContain(called.number);
    expect(visit(pool, 99, T + 25 * HOUR).number).toBe(called.number);
    expect(verifyLedger(stage.file, LEDGER_KEY)).toMatchObject({ ok: true });
  });

  it('goes round in a pool of a few numbers, where it comes last', () => {
    const pool = testPool('small');
    addPools(stage.file, [pool], 9);
    const called = visit(pool, 0, T);
    keepAfterCall(stage.file, LEDGER_KEY, pool, called.leaseId, T + MINUTE);
    const others = Array.from({ length: 9 }, (_, n) => visit(pool, n + 1, T + (n + 1) * 20 * MINUTE).number);
    expect(others.indexOf(called.number)).toBe(8);
    expect(verifyLedger(stage.file, LEDGER_KEY)).toMatchObject({ ok: true });
  });

  it('stays with the latest calls: a tenth of the numbers, the oldest gives way', () => {
    const pool = testPool('large');
    addPools(stage.file, [pool], 20);
    const calls = [0, 1, 2].map((n) => {
      const at = T + n * MINUTE;
      const lease = visit(pool, n, at);
      keepAfterCall(stage.file, LEDGER_KEY, pool, lease.leaseId, at);
      return lease.number;
    });
    const others = Array.from(
      { length: 60 },
      (_, n) => visit(pool, n + 10, T + HOUR + n * 20 * MINUTE).number,
    );
    expect(others).toContain(calls[0]);
    expect(others).not.toContain(calls[1]);
    expect(others).not.toContain(calls[2]);
    expect(verifyLedger(stage.file, LEDGER_KEY)).toMatchObject({ ok: true });
  });

  it('is another visit’s business once the lease is over', () => {
    const pool = testPool('large');
    addPools(stage.file, [pool], 1);
    const first = visit(pool, 0, T);
    visit(pool, 1, T + HOUR);
    expect(keepAfterCall(stage.file, LEDGER_KEY, pool, first.leaseId, T + 2 * HOUR)).toBe(false);
  });
});
