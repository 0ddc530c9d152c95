import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Guess } from '../../../src/simulate/guess.ts';
import { pooledReliability, reliability, scoreGuesses } from '../../../src/simulate/score.ts';
import {
  makeTraffic,
  type SimCall,
  type SimVisit,
  type SourceKey,
  type Traffic,
  WORKLOADS,
} from '../../../src/simulate/traffic/index.ts';

const EMPTY = makeTraffic({ ...WORKLOADS.usual, seed: 1, days: 0, visitsPerDay: 0 });

const visit = (source: SourceKey): SimVisit => ({
  at: 0,
  person: 0,
  source,
  referrer: undefined,
  pages: [],
  lengthMs: 1,
  taps: [],
  hidden: [],
  saysBye: true,
});

const call = (truth: number | undefined): SimCall => ({
  at: 1,
  ringMs: 1,
  lengthMs: 1,
  answered: true,
  caller: undefined,
  kind: 'first',
  dials: { type: 'any', place: 0 },
  truth,
});

const guess = (patch: Partial<Guess>): Guess => ({
  visit: undefined,
  source: undefined,
  probability: undefined,
  method: 'none',
  spam: false,
  ...patch,
});

/** Visits 0 by an ad, 1 organic; calls of 0, 1, nobody. */
const SAMPLE: Traffic = {
  ...EMPTY,
  visits: [visit('google-ads'), visit('organic')],
  calls: [call(0), call(1), call(undefined)],
};

describe('scores', () => {
  it('count a call as right when it is credited to what brought it', () => {
    const score = scoreGuesses(SAMPLE, [
      guess({ visit: 0, source: 'google-ads', probability: 0.9, method: 'lease' }),
      guess({ source: 'organic', method: 'static' }),
      guess({}),
    ]);
    expect(score).toMatchObject({
      calls: 3,
      sourceRight: 1,
      sourceRightOfVisits: 1,
      strangersRight: 1,
      adVisitRight: 1,
      unattributed: 1 / 3,
      spamFlagged: 0,
    });
    expect(score.reliability?.brier).toBeCloseTo(0.01, 9);
    expect(score.methods['lease']).toEqual({ calls: 1, sourceRight: 1, visitRight: 1 });
  });

  it('count an unattributed call of a visit, and a credited one of nobody, as wrong', () => {
    const score = scoreGuesses(SAMPLE, [
      guess({}),
      guess({ visit: 0, source: 'google-ads', probability: 0.8, method: 'posterior' }),
      guess({ source: 'organic', method: 'static' }),
    ]);
    expect(score).toMatchObject({ sourceRight: 0, strangersRight: 0, adVisitRight: 0 });
    expect(score.reliability?.brier).toBeCloseTo(0.64, 9);
  });

  it('credit nobody with a call that is flagged as spam', () => {
    const flagged = guess({ visit: 0, source: 'google-ads', probability: 0.99, spam: true });
    const score = scoreGuesses(SAMPLE, [flagged, guess({}), flagged]);
    expect(score).toMatchObject({ strangersRight: 1, adVisitRight: 1, sourceRight: 1 / 3, spamFlagged: 2 });
    expect(score.reliability).toBeUndefined();
  });
});

describe('reliability', () => {
  it('by hand', () => {
    const { brier, error, sureShare, sureRight, bins } = reliability([
      { said: 0.96, right: true },
      { said: 0.98, right: true },
      { said: 0.5, right: false },
      { said: 0.5, right: true },
    ]);
    expect(brier).toBeCloseTo((0.0016 + 0.0004 + 0.25 + 0.25) / 4, 9);
    expect(error).toBeCloseTo((2 * 0.03 + 2 * 0) / 4, 9);
    expect({ sureShare, sureRight }).toEqual({ sureShare: 0.5, sureRight: 1 });
    expect(bins[5]).toMatchObject({ calls: 2, said: 0.5, right: 0.5 });
    expect(bins[9]).toMatchObject({ calls: 2, right: 1 });
  });

  it('says nothing of nothing', () => {
    expect(reliability([])).toMatchObject({
      calls: 0,
      brier: null,
      error: null,
      sureShare: null,
      sureRight: null,
    });
  });

  it('of two runs together is that of all their calls', () => {
    const calls = fc.array(
      fc.record({ said: fc.double({ min: 0, max: 1, noNaN: true }), right: fc.boolean() }),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(calls, calls, (first, second) => {
        const pooled = pooledReliability([reliability(first), reliability(second)]);
        const together = reliability([...first, ...second]);
        expect(pooled.calls).toBe(together.calls);
        expect(pooled.brier).toBeCloseTo(together.brier ?? 0, 9);
        expect(pooled.error).toBeCloseTo(together.error ?? 0, 9);
        expect(pooled.sureRight ?? -1).toBeCloseTo(together.sureRight ?? -1, 9);
      }),
    );
  });
});
