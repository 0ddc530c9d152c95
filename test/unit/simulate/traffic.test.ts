import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activityAt,
  arrivals,
  createRandom,
  makeTraffic,
  type TrafficOptions,
  WORKLOADS,
  weekProfile,
} from '../../../src/simulate/traffic/index.ts';

const traffic = (options: Partial<TrafficOptions> = {}) =>
  makeTraffic({ ...WORKLOADS.usual, seed: 1, days: 10, visitsPerDay: 400, ...options });

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('random streams', () => {
  it('are fixed by seed and name', () => {
    const draw = (seed: number, name: string): number[] => {
      const random = createRandom(seed, name);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(draw(7, 'visits')).toEqual(draw(7, 'visits'));
    expect(draw(7, 'visits')).not.toEqual(draw(8, 'visits'));
    expect(draw(7, 'visits')).not.toEqual(draw(7, 'calls'));
  });

  it('have the means that were asked for', () => {
    const random = createRandom(3, 'means');
    const mean = (draw: () => number): number =>
      Array.from({ length: 40_000 }, draw).reduce((sum, value) => sum + value, 0) / 40_000;
    expect(mean(() => random.next())).toBeCloseTo(0.5, 1);
    expect(mean(() => random.exponential(30)) / 30).toBeCloseTo(1, 1);
    expect(mean(() => random.lognormal(210, 1)) / 210).toBeCloseTo(1, 1);
    const picked = Array.from(
      { length: 10_000 },
      () => random.weighted([{ weight: 1 }, { weight: 3 }]).weight,
    );
    expect(picked.filter((weight) => weight === 3).length / 10_000).toBeCloseTo(0.75, 1);
  });
});

describe('arrivals', () => {
  it('follow the week: the mean hour is 1, the busiest 1.92, which is 48 an hour at 600 a day', () => {
    const profile = weekProfile();
    expect(profile).toHaveLength(168);
    expect(profile.reduce((sum, value) => sum + value, 0) / 168).toBeCloseTo(1, 9);
    expect(Math.max(...profile)).toBeCloseTo(1.92, 9);
    expect(Math.min(...profile)).toBeGreaterThan(0);
    expect((600 / 24) * Math.max(...profile)).toBeCloseTo(48, 6);
    expect(activityAt(3 * HOUR_MS)).toBeLessThan(activityAt(10 * HOUR_MS));
  });

  it('ascend, stay within the days, and are as many as a Poisson process brings', () => {
    const found = arrivals(createRandom(5, 'arrivals'), 28, 500);
    expect(found.every((at, index) => at >= (found[index - 1] ?? 0) && at < 28 * DAY_MS)).toBe(true);
    // Six standard deviations.
    expect(Math.abs(found.length - 14_000)).toBeLessThan(6 * Math.sqrt(14_000));
    expect(arrivals(createRandom(5, 'arrivals'), 28, 0)).toEqual([]);
  });
});

describe('traffic', () => {
  it('is the same bytes for the same options, and other traffic for another seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        const bytes = JSON.stringify(traffic({ seed, days: 2, visitsPerDay: 100 }));
        expect(JSON.stringify(traffic({ seed, days: 2, visitsPerDay: 100 }))).toBe(bytes);
        expect(JSON.stringify(traffic({ seed: seed + 1, days: 2, visitsPerDay: 100 }))).not.toBe(bytes);
      }),
      { numRuns: 10 },
    );
  });

  it('keeps its visits when only calls change', () => {
    const lands = ({ visits }: ReturnType<typeof traffic>) =>
      visits.map(({ at, person, source, pages }) => ({ at, person, source, pages }));
    expect(lands(traffic({ callRate: 0.5, spamBurstsPerDay: 3 }))).toEqual(lands(traffic()));
  });

  it('is what its options say', () => {
    const { visits, people } = traffic({ days: 40 });
    const human = visits.filter(({ source }) => source !== undefined);
    const share = (holds: (visit: (typeof human)[number]) => boolean): number =>
      human.filter(holds).length / human.length;
    expect(human.length / 40 / 400).toBeCloseTo(1, 1);
    expect((visits.length - human.length) / human.length).toBeCloseTo(0.15, 1);
    expect(share(({ pages }) => pages.length === 1)).toBeCloseTo(0.61, 1);
    expect(human.reduce((sum, { lengthMs }) => sum + lengthMs, 0) / human.length / 60_000).toBeCloseTo(
      3.5,
      0,
    );
    expect(share(({ person }) => people[person]?.device === 'phone')).toBeCloseTo(0.6, 1);
    // Those who come back by another channel blur the mix a little.
    expect(Math.abs(share(({ source }) => source === 'google-ads') - 0.34)).toBeLessThan(0.03);
    expect(Math.abs(share(({ source }) => source === 'bing-ads') - 0.12)).toBeLessThan(0.03);
  });

  it('knows the truth of each call', () => {
    const { visits, calls, people } = traffic({ callRate: 0.3 });
    expect(calls.length).toBeGreaterThan(1000);
    for (const [index, call] of calls.entries()) {
      expect(call.at).toBeGreaterThanOrEqual(calls[index - 1]?.at ?? 0);
      expect(call.lengthMs).toBeGreaterThanOrEqual(call.ringMs);
      expect(call.truth === undefined).toBe(call.dials.type === 'any');
      if (call.truth === undefined || call.dials.type === 'any') continue;
      const visit = visits[call.truth];
      const shown = visits[call.dials.visit];
      expect(visit?.at).toBeLessThanOrEqual(call.at);
      expect(visit?.source).toBeDefined();
      // What is dialled was seen by the same person, and no later.
      expect(shown?.person).toBe(visit?.person);
      expect(shown?.at).toBeLessThanOrEqual(visit?.at ?? 0);
      const person = people[visit?.person ?? -1];
      expect([person?.telephone, person?.otherTelephone, undefined]).toContain(call.caller);
    }
  });

  it('has taps within their visit, and the page hidden while the same telephone calls', () => {
    const { visits, people } = traffic({ callRate: 0.3 });
    const tapped = visits.filter(({ taps }) => taps.length > 0);
    expect(tapped.length).toBeGreaterThan(200);
    for (const { taps, hidden, lengthMs, person } of tapped) {
      expect(people[person]?.device).toBe('phone');
      expect(taps.every((at) => at >= 0 && at <= lengthMs)).toBe(true);
      expect(hidden.every(({ fromMs, toMs }) => fromMs >= 0 && toMs <= lengthMs)).toBe(true);
    }
  });

  it('comes back by another channel as often as asked, in the truth of people', () => {
    const { visits } = traffic({ days: 40, returnsOtherway: 0.15, returnsSameWay: 0 });
    const last = new Map<number, string>();
    let other = 0;
    let human = 0;
    for (const { person, source } of visits) {
      if (source === undefined) continue;
      human += 1;
      const before = last.get(person);
      if (before !== undefined) {
        expect(before).not.toBe(source);
        other += 1;
      }
      last.set(person, source);
    }
    // In the first days nobody was there before.
    expect(other / human).toBeGreaterThan(0.11);
    expect(other / human).toBeLessThan(0.16);
  });
});
