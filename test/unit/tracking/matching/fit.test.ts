import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Calibration, calibration, type Score } from '../../../../src/tracking/matching/calibration.ts';
import { fitCall, fitDelayLaw } from '../../../../src/tracking/matching/fit.ts';
import { DEFAULT_LAW, type DelayLaw } from '../../../../src/tracking/matching/law.ts';
import { weigh } from '../../../../src/tracking/matching/posterior.ts';
import { DAY, MINUTE, type Seen, scenesOf, type Traffic, traffic } from './traffic.ts';

/** A site whose callers take their time. */
const SLOW: DelayLaw = {
  ...DEFAULT_LAW,
  callsPerVisit: 0.1,
  shares: [0.4, 0.45, 0.15],
  soonMs: 60 * MINUTE,
  laterMs: 2 * DAY,
};

/** Best guesses under a law; those that name nobody are left out. */
const scores = (seen: readonly Seen[], law: DelayLaw): readonly Score[] =>
  seen.flatMap(({ scene, truth }) => {
    const { weighed, nobody } = weigh(scene, () => law);
    const [best] = weighed;
    if (best === undefined || best.probability <= nobody) return [];
    return [{ p: best.probability, right: best.suspect.visitId === truth }];
  });

const judge = (seen: readonly Seen[], law: DelayLaw): Calibration => calibration(scores(seen, law));

const learn = (
  { visits }: Traffic,
  seen: readonly Seen[],
  options: { days: number; numbers: number; certain: (one: Seen) => boolean },
) =>
  fitDelayLaw(
    seen.map((one) => {
      const made = options.certain(one)
        ? one.scene.suspects.find(({ visitId }) => visitId === one.truth)
        : undefined;
      return fitCall(one.scene, made);
    }),
    {
      visits: visits.map(({ at }) => ({ count: 1, fromMs: 0, toMs: options.days * DAY - at })),
      numberDays: { pool: options.days * options.numbers, source: 0 },
    },
    DEFAULT_LAW,
  );

describe('matching where the law is known', () => {
  it('is right in 99 of 100 sure matches, and says how sure it is within 2 points', () => {
    const size = { days: 200, numbers: 9, visitsPerDay: 240 };
    const { sure, calls, calibrationError } = judge(
      scenesOf(traffic(DEFAULT_LAW, { seed: 1, ...size })),
      DEFAULT_LAW,
    );
    expect(calls).toBeGreaterThan(2000);
    expect(sure.share).toBeGreaterThan(0.5);
    expect(sure.rightShare).toBeGreaterThanOrEqual(0.99);
    expect(calibrationError).toBeLessThan(0.02);
  });
});

describe('fitting the delay law', () => {
  const size = { days: 40, numbers: 9, visitsPerDay: 240 };
  const past = traffic(SLOW, { seed: 11, ...size });
  const next = scenesOf(traffic(SLOW, { seed: 12, ...size }));
  const fitted = learn(past, scenesOf(past), { ...size, certain: ({ tapped }) => tapped });

  it('mends what a wrong law gets wrong, on calls that it has not seen', () => {
    const wrong = judge(next, DEFAULT_LAW);
    const mended = judge(next, fitted.law);
    expect(wrong.calibrationError).toBeGreaterThan(0.08);
    expect(mended.calibrationError).toBeLessThan(0.04);
    const known = judge(next, SLOW);
    expect(mended.brier).toBeLessThan((wrong.brier ?? 0) - 0.01);
    expect(mended.brier).toBeLessThan((known.brier ?? 0) + 0.01);
    expect(mended.sure.rightShare).toBeGreaterThanOrEqual(0.99);
  });

  it('finds the law itself where codes tell whose the calls are', () => {
    const { law } = learn(past, scenesOf(past, 1000), {
      ...size,
      certain: ({ truth }) => truth !== undefined,
    });
    for (const [index, share] of law.shares.entries()) expect(share).toBeCloseTo(SLOW.shares[index] ?? 0, 1);
    expect(law.soonMs / SLOW.soonMs).toBeCloseTo(1, 0);
    expect(law.laterMs / SLOW.laterMs).toBeCloseTo(1, 0);
    expect(law.callsPerVisit).toBeCloseTo(SLOW.callsPerVisit, 1);
  });

  it.each([
    ['on a site that is four days old', { from: 0, to: 4 }],
    ['where it looks at the last five days of many', { from: 12, to: 17 }],
  ])('misses no late callers %s', (_, { from, to }) => {
    const made = traffic(SLOW, { seed: 14, days: to, numbers: 100, visitsPerDay: 2000 });
    const known = scenesOf(made, 300).flatMap(({ scene, truth }) => {
      const visit = scene.suspects.find(({ visitId }) => visitId === truth);
      return visit === undefined || scene.at < from * DAY ? [] : [fitCall(scene, visit)];
    });
    const visits = made.visits.map(({ at }) => ({
      count: 1,
      fromMs: Math.max(0, from * DAY - at),
      toMs: to * DAY - at,
    }));
    const { law } = fitDelayLaw(
      known,
      { visits, numberDays: { pool: 100 * (to - from), source: 0 } },
      DEFAULT_LAW,
    );
    for (const [index, share] of law.shares.entries())
      expect(Math.abs(share - (SLOW.shares[index] ?? 0))).toBeLessThan(0.03);
    expect(Math.abs(law.callsPerVisit / SLOW.callsPerVisit - 1)).toBeLessThan(0.1);
    expect(Math.abs(law.laterMs / SLOW.laterMs - 1)).toBeLessThan(0.25);
  });

  it('stays at the defaults without calls', () => {
    const { law } = fitDelayLaw([], { visits: [], numberDays: { pool: 0, source: 0 } }, DEFAULT_LAW);
    expect(law.shares).toEqual(DEFAULT_LAW.shares.map((share) => expect.closeTo(share, 9)));
    expect(law.soonMs).toBeCloseTo(DEFAULT_LAW.soonMs, 3);
    expect(law.callsPerVisit).toBeCloseTo(DEFAULT_LAW.callsPerVisit, 9);
  });

  it('never makes the calls less likely, step by step', () => {
    const share = fc.double({ min: 0.05, max: 1, noNaN: true });
    const law = fc
      .record({
        shares: fc.tuple(share, share, share),
        soonMinutes: fc.integer({ min: 1, max: 300 }),
        laterDays: fc.integer({ min: 1, max: 20 }),
        callsPerVisit: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        others: fc.double({ min: 0.001, max: 2, noNaN: true }),
        seed: fc.integer(),
      })
      .map(({ shares, others, soonMinutes, laterDays, callsPerVisit, seed }) => {
        const sum = shares[0] + shares[1] + shares[2];
        const drawn: DelayLaw = {
          ...DEFAULT_LAW,
          callsPerVisit,
          shares: [shares[0] / sum, shares[1] / sum, shares[2] / sum],
          soonMs: soonMinutes * MINUTE,
          laterMs: laterDays * DAY,
          othersPerDay: { pool: others, source: others },
        };
        return { law: drawn, seed };
      });
    fc.assert(
      fc.property(law, ({ law: drawn, seed }) => {
        const few = { days: 4, numbers: 3, visitsPerDay: 60 };
        const made = traffic(drawn, { seed, ...few });
        const { trace } = learn(made, scenesOf(made), { ...few, certain: ({ tapped }) => tapped });
        for (const [index, value] of trace.entries()) {
          const before = trace[index - 1] ?? Number.NEGATIVE_INFINITY;
          expect(value).toBeGreaterThanOrEqual(before - 1e-9 * Math.abs(value));
        }
      }),
      { numRuns: 30 },
    );
  });
});
