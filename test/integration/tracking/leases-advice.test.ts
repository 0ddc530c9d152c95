import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Advice,
  advise,
  adviseInSteps,
  grantLease,
  numbersFor,
  seenLeases,
  stealShare,
} from '../../../src/tracking/leases/index.ts';
import { addCall, addPools, LEDGER_KEY, type LeaseStage, openLeaseStage, testPool } from './leases-stage.ts';
import { randomFrom } from './leases-storm.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Thursday at midnight UTC, as the epoch was. */
const START = 2_800 * 7 * DAY;
const END = START + 28 * DAY;
const NUMBERS = 5;
const PER_HOUR = 30;
const pool = testPool('web', { idleMinutes: 5 });
const pools = new Map([[pool.id, pool]]);
const options = { targetLoss: 0.01 };

let stage: LeaseStage;
let advice: Advice;
beforeAll(async () => {
  stage = await openLeaseStage();
  addPools(stage.file, [pool], NUMBERS);
  const random = randomFrom(3);
  // From nine to five, every day: one page, left at once; every twentieth calls after ten minutes.
  stage.file.transaction(() => {
    let n = 0;
    for (let day = START; day < END; day += DAY) {
      for (let at = day + 9 * HOUR; ; n += 1) {
        at += Math.ceil((-Math.log(1 - random()) * HOUR) / PER_HOUR);
        if (at >= day + 17 * HOUR) break;
        const visit = { visitId: `v${n}`, visitorId: `p${n}` };
        const grant = grantLease(stage.file, LEDGER_KEY, {
          ...visit,
          pool,
          class: undefined,
          address: null,
          at,
        });
        seenLeases(stage.file, visit.visitId, at, 'idle', pools);
        if (n % 20 === 0 && grant.type === 'leased')
          addCall(stage.file, grant.number, at + 600_000, { leaseId: grant.leaseId });
      }
    }
  })();
  advice = advise(stage.file, pool, END, options);
});
afterAll(() => stage.close());

describe('advice', () => {
  it('measures visits, how long each keeps its number, and the load of the opening hours', () => {
    expect(advice.basis).toBe('measured');
    expect(advice.meanMinutes).toBeCloseTo(5, 1);
    expect(advice.measured?.visits).toBeGreaterThan(0.95 * 28 * 8 * PER_HOUR);
    expect(advice.measured?.visits).toBeLessThan(1.05 * 28 * 8 * PER_HOUR);
    // 2.5 erlang on average; the 99th percentile of what four weeks show lies above.
    expect(advice.load).toBeGreaterThan(2.5);
    expect(advice.load).toBeLessThan(4);
  });

  it('gives the numbers by Erlang, and foretells the steals that were', () => {
    expect(advice.needed).toEqual(
      [0.05, 0.01, 0.001].map((loss) => ({ loss, numbers: numbersFor(advice.load, loss) })),
    );
    expect(advice.target).toEqual({ loss: 0.01, numbers: numbersFor(advice.load, 0.01) });
    expect(advice.verdict).toBe('add');
    const stealRate = advice.measured?.stealRate ?? 0;
    expect(stealRate).toBeGreaterThan(0.03);
    // The formula on the true load; the measured profile of four weeks is rougher, and foretells a little more.
    expect(Math.abs(stealRate - stealShare(2.5, NUMBERS))).toBeLessThan(0.02);
    expect(Math.abs(advice.steals.now - stealRate)).toBeLessThan(0.03);
    expect(advice.loss.now).toBeLessThan(advice.steals.now);
    expect(advice.measured?.refusalRate).toBe(0);
  });

  it('says what one more number buys in visits and calls a month', () => {
    const { now, withOneMore, visitsSaved, callsSaved } = advice.loss;
    expect(withOneMore).toBeLessThan(now);
    const { visits = 0, from = 0, to = 0 } = advice.measured ?? {};
    const visitsAMonth = (visits / (to - from)) * 30 * DAY;
    expect(visitsSaved).toBeCloseTo((now - withOneMore) * visitsAMonth, 5);
    expect(callsSaved).toBeCloseTo((visitsSaved ?? 0) / 20, 0);
    expect(advice.text.join('\n')).toMatch(
      /One more buys this: with 5 numbers, .* with 6, .* visits and .* calls a month fewer/,
    );
    expect(advice.measured?.callsInTime).toBeGreaterThan(0.3);
    expect(advice.measured?.callsInTime).toBeLessThan(1);
  });

  it('is the same in steps', async () => {
    expect(await adviseInSteps(stage.store, pool, END, options)).toEqual(advice);
  });

  it('needs no history when visits are given', () => {
    const other = testPool('other');
    addPools(stage.file, [other], 18);
    const given = advise(stage.file, other, END, { targetLoss: 0.01, visitsPerHour: 200, minutes: 3 });
    expect(given).toMatchObject({
      basis: 'given',
      measured: null,
      load: 10,
      numbers: 18,
      target: { numbers: 18 },
      verdict: 'enough',
      needed: [{ numbers: 15 }, { numbers: 18 }, { numbers: 21 }],
      loss: { visitsSaved: null, callsSaved: null },
    });
    expect(given.loss.now).toBeCloseTo(0.0071, 4);
    expect(() => advise(stage.file, other, END, options)).toThrow('too little history');
    expect(advise(stage.file, other, END, { targetLoss: 0.05, visitsPerHour: 20 }).meanMinutes).toBe(18.5);
  });

  it('does not ask for a number more or less within a tenth', () => {
    const big = testPool('enormous');
    addPools(stage.file, [big], 105);
    const verdict = (visitsPerHour: number) =>
      advise(stage.file, big, END, { targetLoss: 0.01, visitsPerHour, minutes: 60 }).verdict;
    expect([70, 95, 105].map(verdict)).toEqual(['spare', 'enough', 'add']);
  });
});
