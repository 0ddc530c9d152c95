import { describe, expect, it } from 'vitest';
import { runBaseline } from '../../../src/simulate/baselines.ts';
import { scoreGuesses } from '../../../src/simulate/score.ts';
import {
  createRandom,
  makeTraffic,
  type SimCall,
  type SimVisit,
  type Traffic,
  WORKLOADS,
} from '../../../src/simulate/traffic/index.ts';

const plain = makeTraffic({ ...WORKLOADS.plain, seed: 2, days: 10, visitsPerDay: 400 });

/** Visits of no length at a constant rate of one a minute, each with a call Exp(5 min) later: ρ = 5 (M/M/∞ of displays). */
const steady = (): Traffic => {
  const random = createRandom(11, 'steady');
  const visits: SimVisit[] = [];
  const calls: SimCall[] = [];
  for (let at = 0, index = 0; index < 30_000; index += 1) {
    at += random.exponential(60_000);
    visits.push({
      at,
      person: index,
      source: 'google-ads',
      referrer: undefined,
      pages: [],
      lengthMs: 0,
      taps: [],
      hidden: [],
      saysBye: true,
    });
    calls.push({
      at: at + random.exponential(300_000),
      ringMs: 1,
      lengthMs: 1,
      answered: true,
      caller: undefined,
      kind: 'first',
      dials: { type: 'shown', visit: index },
      truth: index,
    });
  }
  calls.sort((a, b) => a.at - b.at);
  return { ...plain, people: [], visits, calls };
};

describe('simple systems', () => {
  it('agree with the closed forms: 1 − (ρ/(1+ρ))^N for the least recently used, 1/(1+ρ/N) for random', () => {
    const traffic = steady();
    const exact = (baseline: 'lru' | 'random'): number =>
      scoreGuesses(traffic, runBaseline(baseline, traffic, 10)).adVisitRight ?? 0;
    expect(Math.abs(exact('lru') - (1 - (5 / 6) ** 10))).toBeLessThan(0.015);
    expect(Math.abs(exact('random') - 1 / 1.5)).toBeLessThan(0.015);
  });

  it('name each visit where there is a number for each', () => {
    const guesses = runBaseline('lru', plain, plain.visits.length);
    expect(scoreGuesses(plain, guesses)).toMatchObject({ sourceRight: 1, adVisitRight: 1, unattributed: 0 });
  });

  it('order themselves: the hybrid before one pool, that before hash and random', () => {
    const right = (['hybrid-last', 'lru', 'hash', 'random'] as const).map(
      (baseline) => scoreGuesses(plain, runBaseline(baseline, plain, 12)).sourceRight ?? 0,
    );
    const [hybrid = 0, pool = 0, ...others] = right;
    expect(hybrid - pool).toBeGreaterThan(0.05);
    for (const other of others) expect(pool - other).toBeGreaterThan(0.015);
  });

  it('give the calls on numbers of sources to those sources', () => {
    const guesses = runBaseline('hybrid-last', plain, 12);
    const truths = plain.calls.map(({ truth }) => plain.visits[truth ?? -1]?.source);
    guesses.forEach(({ method, source }, index) => {
      if (method === 'static') expect(source).toBe(truths[index]);
    });
    expect(guesses.filter(({ method }) => method === 'static').length).toBeGreaterThan(50);
  });
});
