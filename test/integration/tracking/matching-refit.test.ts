import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calibrationReport, DEFAULT_LAW, refitDelayLaws } from '../../../src/tracking/index.ts';
import { DAY, MINUTE, makeStage, NOW, POOL_NUMBER, type Stage } from './matching-stage.ts';

let stage: Stage;

/** 60 visits over 20 days, every second of which calls: all taps, but for every tenth, an hour after it. */
const fill = async (): Promise<void> => {
  for (let index = 0; index < 60; index += 1) {
    const at = NOW - 20 * DAY + index * 8 * 3_600_000;
    const id = `visit-${index}`;
    await stage.visit(id, { at, ago: 0, ended: -4 * MINUTE });
    if (index % 2 === 1) continue;
    const late = index % 20 === 0;
    await stage.call(`CALL${index}`, at + (late ? 64 : 2) * MINUTE, {
      match_method: late ? 'code' : 'tel_tap',
      match_prob: 1,
      visit_id: id,
    });
  }
};

beforeAll(async () => {
  stage = await makeStage();
});
afterAll(() => stage.close());

describe('the law of delays', () => {
  it('stays at the defaults with too few calls', async () => {
    await stage.visit('first', { ago: 25 * DAY, ended: 25 * DAY - MINUTE });
    const [fit] = await stage.work((file) => refitDelayLaws(file, NOW - 22 * DAY));
    expect(fit).toMatchObject({ siteId: 'main', calls: 0, law: undefined });
    expect(await stage.store.db.selectFrom('delay_law').selectAll().execute()).toEqual([]);
  });

  it('is fitted to the calls of a site, and matches those that come after', async () => {
    await fill();
    const before = await stage.match();
    const [fit] = await stage.work((file) => refitDelayLaws(file, NOW));
    expect(fit?.calls).toBe(30);
    const { law } = fit ?? {};
    expect(law?.shares[0]).toBeGreaterThan(DEFAULT_LAW.shares[0]);
    expect(law?.callsPerVisit).toBeGreaterThan(0.1);
    expect(Math.exp(law?.visit.mu ?? 0) / MINUTE).toBeGreaterThan(3);
    const after = await stage.match();
    expect(after.candidates).not.toEqual(before.candidates);
    expect((await stage.match({ at: NOW - 1 })).candidates).toEqual(
      (await stage.match({ at: NOW - 1 })).candidates,
    );
    const stored = await stage.store.db.selectFrom('delay_law').selectAll().execute();
    expect(stored).toMatchObject([{ site_id: 'main', fitted_at: NOW, calls: 30 }]);
  });

  it('of one site alone, on demand', async () => {
    expect(await stage.work((file) => refitDelayLaws(file, NOW + 1, { siteId: 'none' }))).toEqual([]);
  });
});

describe('the calibration of matches', () => {
  it('is told by calls that are known for certain, matched without that evidence', async () => {
    const report = await stage.work((file) =>
      calibrationReport(file, { from: NOW - 30 * DAY, to: NOW + DAY }),
    );
    expect(report).toMatchObject({ known: 30, unattributed: 0, calls: 30 });
    expect(report.sure.rightShare).toBe(1);
    expect(report.sure.calls).toBe(27);
    expect(report.brier).toBeGreaterThan(0);
    expect(report.brier).toBeLessThan(0.05);
    expect(await stage.work((file) => calibrationReport(file, { from: 0, to: 1 }))).toMatchObject({
      known: 0,
    });
  });

  it('leaves numbers that no visit was shown without a guess', async () => {
    await stage.call('STRAY', NOW + 2 * DAY, {
      did: `${POOL_NUMBER}9`,
      match_method: 'code',
      visit_id: 'visit-1',
    });
    const report = await stage.work((file) =>
      calibrationReport(file, { from: NOW + 2 * DAY, to: NOW + 3 * DAY }),
    );
    expect(report).toMatchObject({ known: 1, unattributed: 1, calls: 0, brier: null });
  });
});
