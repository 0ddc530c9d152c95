import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PoolPlan } from '../../../src/config/index.ts';
import type { NumberState } from '../../../src/store/index.ts';
import {
  activateNumber,
  enlistNumber,
  failNumber,
  type Grant,
  grantLease,
  holdLease,
  leakedNumbers,
  leaseFigures,
  numberStatus,
  poolAlerts,
  poolStatus,
  releaseLeases,
  seenLeases,
  sweepLeases,
  verifyLedger,
  withdrawNumber,
} from '../../../src/tracking/leases/index.ts';
import {
  addCall,
  addPools,
  LEDGER_KEY,
  type LeaseStage,
  numberOf,
  openLeaseStage,
  testPool,
} from './leases-stage.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const pool = testPool('web');
const pools = new Map<string, PoolPlan>([[pool.id, pool]]);

let stage: LeaseStage;
beforeEach(async () => {
  stage = await openLeaseStage();
});
afterEach(async () => {
  // Whatever a test does, the ledger must prove it right.
  const { problem } = verifyLedger(stage.file, LEDGER_KEY);
  await stage.close();
  expect(problem).toBeUndefined();
});

type Ask = {
  readonly visitor?: string;
  readonly class?: string;
  readonly pool?: PoolPlan;
  readonly address?: string;
};

const ask = (
  visit: string,
  at: number,
  { visitor, class: name, pool: of = pool, address }: Ask = {},
): Grant =>
  grantLease(stage.file, LEDGER_KEY, {
    pool: of,
    class: name,
    visitId: visit,
    visitorId: visitor ?? `visitor of ${visit}`,
    address: address ?? null,
    at,
  });

const how = (grant: Grant): string => (grant.type === 'leased' ? grant.how : `${grant.type} ${grant.reason}`);
const numberIn = (grant: Grant): string => {
  if (grant.type !== 'leased') throw new Error(`no number: ${grant.reason}`);
  return grant.number;
};
const leaseIn = (grant: Grant): string => {
  if (grant.type !== 'leased') throw new Error(`no number: ${grant.reason}`);
  return grant.leaseId;
};
const seen = (visit: string, at: number): boolean => seenLeases(stage.file, visit, at, 'seen', pools).lost;
const hidden = (visit: string, at: number): boolean => seenLeases(stage.file, visit, at, 'idle', pools).lost;
const stateOf = (number: string): NumberState | undefined =>
  numberStatus(stage.file, pool, NOW).find((row) => row.number === number)?.state;

describe('a lease', () => {
  it('is the visit’s own: another visit gets another number, the same visit and visitor the same', () => {
    addPools(stage.file, [pool], 4);
    const first = ask('a', NOW, { visitor: 'p' });
    const second = ask('b', NOW + 1);
    expect([how(first), how(second)]).toEqual(['free', 'free']);
    expect(numberIn(second)).not.toBe(numberIn(first));
    const again = ask('a', NOW + 2, { visitor: 'p' });
    expect(again).toEqual({ ...first, how: 'kept' });
    expect(ask('a2', NOW + 3, { visitor: 'p' })).toEqual({ ...first, how: 'kept' });
  });

  it('is shared by a class of visits, and not by a visit that needs its own', () => {
    addPools(stage.file, [pool], 4);
    const first = ask('a', NOW, { class: 'c' });
    expect(ask('b', NOW + 1, { class: 'c' })).toEqual({ ...first, how: 'shared' });
    expect(how(ask('b', NOW + 2, { class: 'c' }))).toBe('kept');
    expect(how(ask('a', NOW + 3, { class: 'c' }))).toBe('kept');
    expect(numberIn(ask('x', NOW + 4, { class: 'd' }))).not.toBe(numberIn(first));
    expect(numberIn(ask('y', NOW + 5))).not.toBe(numberIn(first));
    // One of them left: the others still look at it.
    hidden('b', NOW + 6);
    expect(
      numberStatus(stage.file, pool, NOW + 7).filter(({ lease }) => lease?.state === 'active'),
    ).toHaveLength(3);
    releaseLeases(stage.file, LEDGER_KEY, 'b', 'consent', NOW + 8);
    expect(how(ask('a', NOW + 9, { class: 'c' }))).toBe('kept');
  });

  it('is not shared in a pool that does not share', () => {
    const alone = testPool('web', { shareClasses: false });
    addPools(stage.file, [alone], 4);
    const first = ask('a', NOW, { class: 'c', pool: alone });
    expect(numberIn(ask('b', NOW + 1, { class: 'c', pool: alone }))).not.toBe(numberIn(first));
  });

  it('goes on with signs, and ends 15 minutes after the last', () => {
    addPools(stage.file, [pool], 4);
    ask('a', NOW);
    expect(seen('a', NOW + 14 * MINUTE)).toBe(false);
    expect(hidden('a', NOW + 28 * MINUTE)).toBe(false);
    expect(seen('a', NOW + 42 * MINUTE)).toBe(false);
    expect(seen('a', NOW + 57 * MINUTE)).toBe(true);
    expect(seen('nobody', NOW)).toBe(false);
  });

  it('comes back to the visitor while its number is free, for as long as the pool says', () => {
    addPools(stage.file, [pool], 4);
    const first = numberIn(ask('a', NOW, { visitor: 'p' }));
    const back = ask('a2', NOW + 5 * DAY, { visitor: 'p' });
    expect([how(back), numberIn(back)]).toEqual(['sticky', first]);
    expect(how(ask('a3', NOW + 36 * DAY, { visitor: 'p' }))).toBe('free');
  });

  it('takes the number that was used longest ago', () => {
    addPools(stage.file, [pool], 4);
    const order = ['a', 'b', 'c', 'd'].map((visit, n) => numberIn(ask(visit, NOW + n)));
    expect(new Set(order).size).toBe(4);
    seen('a', NOW + MINUTE);
    const later = ['e', 'f', 'g', 'h'].map((visit, n) => numberIn(ask(visit, NOW + HOUR + n)));
    expect(later).toEqual([order[1], order[2], order[3], order[0]]);
  });

  it('is stolen from the visit that is away longest, and the page is told', () => {
    addPools(stage.file, [pool], 3);
    const [a, b] = ['a', 'b', 'c'].map((visit, n) => numberIn(ask(visit, NOW + n)));
    hidden('b', NOW + 10);
    hidden('a', NOW + 20);
    const stolen = ask('d', NOW + 30);
    expect([how(stolen), numberIn(stolen)]).toEqual(['stolen', b]);
    expect(seen('b', NOW + 40)).toBe(true);
    expect(seen('a', NOW + 40)).toBe(false);
    hidden('a', NOW + 41);
    expect(numberIn(ask('e', NOW + 50))).toBe(a);
    expect(how(ask('f', NOW + 60))).toBe('none exhausted');
  });

  it('is never stolen from a visit in view: the overflow number is shown instead', () => {
    const small = testPool('web', { overflow: '+493099' });
    addPools(stage.file, [small], 1);
    const first = ask('a', NOW, { pool: small });
    const refused = { type: 'overflow', number: '+493099', reason: 'exhausted' };
    expect(ask('b', NOW + 150_000, { pool: small })).toEqual(refused);
    expect(how(ask('b', NOW + 150_001, { pool: small }))).toBe('stolen');
    expect(verifyLedger(stage.file, LEDGER_KEY).steals).toMatchObject([
      { from: leaseIn(first), awayMs: 150_001 },
    ]);
  });

  it('is kept for a call-back, yet stolen when nothing else is left', () => {
    addPools(stage.file, [pool], 2);
    const called = ask('a', NOW);
    expect(holdLease(stage.file, LEDGER_KEY, leaseIn(called), NOW + DAY, NOW + MINUTE)).toBe(true);
    hidden('a', NOW + 2 * MINUTE);
    const other = numberIn(ask('b', NOW + HOUR));
    expect(other).not.toBe(numberIn(called));
    hidden('b', NOW + HOUR + 1);
    expect(numberIn(ask('c', NOW + HOUR + 2))).toBe(other);
    expect(seen('a', NOW + 2 * HOUR)).toBe(false);
    hidden('a', NOW + 2 * HOUR + 1);
    expect(numberIn(ask('d', NOW + 2 * HOUR + 2))).toBe(other);
    expect(numberIn(ask('e', NOW + 2 * HOUR + 3))).toBe(numberIn(called));
    expect(holdLease(stage.file, LEDGER_KEY, leaseIn(called), NOW + 2 * DAY, NOW + DAY)).toBe(false);
  });

  it('ends when the visitor refuses, and nobody is told that it was lost', () => {
    addPools(stage.file, [pool], 2);
    const first = ask('a', NOW);
    releaseLeases(stage.file, LEDGER_KEY, 'a', 'consent', NOW + 1);
    expect(seen('a', NOW + 2)).toBe(false);
    expect(poolStatus(stage.file, pool, NOW + 3).free).toBe(2);
    expect(numberIn(first)).toBeDefined();
  });
});

describe('limits', () => {
  it('of new leases hold for a visitor and for an address, for a minute, and are told once', () => {
    const many = testPool('web', { leasesPerVisitor: 5 });
    addPools(stage.file, [many], 30);
    const churn = (n: number, at: number, options: Ask): string => {
      const grant = ask(`v${n}`, at, { pool: many, ...options });
      releaseLeases(stage.file, LEDGER_KEY, `v${n}`, 'released', at);
      return how(grant).split(' ')[0] ?? '';
    };
    const visitor = [1, 2, 3, 4, 5].map((n) => churn(n, NOW + n, { visitor: 'p' }));
    expect(visitor).toEqual(['free', 'sticky', 'sticky', 'none', 'none']);
    expect(churn(6, NOW + MINUTE + 1, { visitor: 'p' })).toBe('sticky');
    const at = NOW + HOUR;
    const address = Array.from({ length: 12 }, (_, n) => churn(100 + n, at + n, { address: 'x' }));
    expect(address.filter((type) => type === 'free')).toHaveLength(10);
    expect(address.slice(10)).toEqual(['none', 'none']);
    expect(churn(200, at + 20, { address: 'y' })).toBe('free');
    expect(verifyLedger(stage.file, LEDGER_KEY).counts.refused).toBe(2);
  });

  it('of leases hold for a visitor over all pools', () => {
    const three = ['a', 'bb', 'ccc'].map((id) => testPool(id));
    addPools(stage.file, three, 2);
    expect(three.map((of, n) => how(ask('v', NOW + n, { pool: of, visitor: 'p' })))).toEqual([
      'free',
      'free',
      'none visitor_limit',
    ]);
  });
});

describe('the life of a number', () => {
  it('begins with quiet days, and a test call does not disturb them', () => {
    addPools(stage.file, [pool], 1, 'active');
    const number = numberOf(pool, 0);
    enlistNumber(stage.file, number, pool.id, NOW - 10 * DAY);
    expect(stateOf(number)).toBe('active');
    stage.file.prepare('UPDATE tracking_number SET state_since = 0').run();
    enlistNumber(stage.file, number, pool.id, NOW - 10 * DAY);
    expect(stateOf(number)).toBe('testing');
    expect(how(ask('a', NOW - 10 * DAY))).toBe('none no_numbers');
    addCall(stage.file, number, NOW - 5 * DAY);
    addCall(stage.file, number, NOW - DAY, { test: true });
    expect(sweepLeases(stage.file, LEDGER_KEY, pools, NOW).numbers).toEqual([]);
    expect(sweepLeases(stage.file, LEDGER_KEY, pools, NOW + 2 * DAY).numbers).toEqual([
      { number, poolId: pool.id, from: 'testing', to: 'active' },
    ]);
  });

  it('drains, rests and retires; leases on it go on to their end', () => {
    addPools(stage.file, [pool], 2);
    const [number = ''] = [numberIn(ask('a', NOW))];
    withdrawNumber(stage.file, LEDGER_KEY, number, NOW + 1);
    expect(stateOf(number)).toBe('draining');
    expect(seen('a', NOW + MINUTE)).toBe(false);
    expect(numberIn(ask('a', NOW + MINUTE))).toBe(number);
    sweepLeases(stage.file, LEDGER_KEY, pools, NOW + 2 * MINUTE);
    expect(stateOf(number)).toBe('draining');
    // Nobody else gets it.
    hidden('a', NOW + 3 * MINUTE);
    const other = numberIn(ask('b', NOW + 4 * MINUTE));
    expect(other).not.toBe(number);
    expect(how(ask('c', NOW + 5 * MINUTE))).toBe('none exhausted');
    sweepLeases(stage.file, LEDGER_KEY, pools, NOW + HOUR);
    expect(stateOf(number)).toBe('quarantine');
    sweepLeases(stage.file, LEDGER_KEY, pools, NOW + HOUR + 60 * DAY);
    expect(stateOf(number)).toBe('retired');
  });

  it('ends at once when it fails, until somebody says that it works', () => {
    addPools(stage.file, [pool], 1);
    const number = numberIn(ask('a', NOW));
    failNumber(stage.file, LEDGER_KEY, number, NOW + 1);
    expect(seen('a', NOW + 2)).toBe(true);
    expect(how(ask('a', NOW + 3))).toBe('none no_numbers');
    activateNumber(stage.file, number, NOW + 4);
    expect(numberIn(ask('a', NOW + 5))).toBe(number);
    expect(() => failNumber(stage.file, LEDGER_KEY, '+4930', NOW)).toThrow('no number of a pool');
  });

  it('takes leases from numbers that were switched off or given away', () => {
    addPools(stage.file, [pool], 2);
    const first = numberIn(ask('a', NOW));
    stage.file.prepare('UPDATE tracking_number SET enabled = 0 WHERE number = ?').run(first);
    expect(seen('a', NOW + 1)).toBe(true);
    expect(numberIn(ask('a', NOW + 2))).not.toBe(first);
    expect(sweepLeases(stage.file, LEDGER_KEY, pools, NOW + 3)).toMatchObject({ expired: 0, stranded: 1 });
  });
});

describe('alerts', () => {
  it('tell of a full pool after five minutes, of steals and of visits without a number', () => {
    const busy = testPool('web', { idleMinutes: 10 });
    addPools(stage.file, [busy], 4);
    const kinds = (at: number): string[] => poolAlerts(stage.file, busy, at).map(({ type }) => type);
    for (const visit of ['a', 'b', 'c']) ask(visit, NOW, { pool: busy });
    expect(kinds(NOW + MINUTE)).toEqual([]);
    for (const visit of ['a', 'b', 'c']) seen(visit, NOW + 4 * MINUTE);
    expect(kinds(NOW + 6 * MINUTE)).toEqual(['utilization']);
    ask('d', NOW + 6 * MINUTE, { pool: busy });
    hidden('a', NOW + 6 * MINUTE + 1);
    for (const visit of ['b', 'c']) seen(visit, NOW + 6 * MINUTE + 1);
    ask('e', NOW + 6 * MINUTE + 2, { pool: busy });
    ask('f', NOW + 6 * MINUTE + 3, { pool: busy });
    expect(kinds(NOW + 6 * MINUTE + 4)).toEqual(['utilization', 'steals', 'exhausted']);
    expect(leaseFigures(stage.file, NOW + 6 * MINUTE + 4)).toMatchObject([
      {
        lendable: 4,
        active: 4,
        idle: 0,
        free: 0,
        utilization: 1,
        lastHour: { opened: 5, stolen: 1, exhausted: 1 },
      },
    ]);
    expect(kinds(NOW + 3 * HOUR)).toEqual([]);
  });

  it('tell of a pool with nothing to lend', () => {
    addPools(stage.file, [pool], 2, 'testing');
    expect(poolAlerts(stage.file, pool, NOW)).toMatchObject([{ type: 'no_numbers' }]);
  });

  it('tell of numbers that are called though no visit has had them for three weeks', () => {
    addPools(stage.file, [pool], 3);
    const shown = numberIn(ask('a', NOW));
    sweepLeases(stage.file, LEDGER_KEY, pools, NOW + HOUR);
    const leaked = numberOf(pool, 2);
    expect(shown).not.toBe(leaked);
    addCall(stage.file, shown, NOW + 20 * DAY);
    addCall(stage.file, leaked, NOW + 19 * DAY);
    addCall(stage.file, leaked, NOW + 20 * DAY);
    addCall(stage.file, numberOf(pool, 1), NOW + 20 * DAY, { test: true });
    expect(leakedNumbers(stage.file, NOW + 21 * DAY)).toEqual([
      { number: leaked, pool: pool.id, calls: 2, lastCallAt: NOW + 20 * DAY },
    ]);
    addCall(stage.file, shown, NOW + 22 * DAY);
    expect(leakedNumbers(stage.file, NOW + 23 * DAY, pool.id).map(({ number }) => number)).toEqual(
      [shown, leaked].sort(),
    );
    expect(leakedNumbers(stage.file, NOW + 23 * DAY, 'other')).toEqual([]);
    expect(poolAlerts(stage.file, pool, NOW + 23 * DAY)).toHaveLength(2);
  });
});
