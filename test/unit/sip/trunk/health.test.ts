import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type GatewayHealth,
  type HealthEvent,
  isDown,
  newHealth,
  nextHealth,
  orderGateways,
} from '../../../../src/sip/trunk/health.ts';
import { makeGateway } from '../../../support/trunk.ts';

const SETTINGS = { optionsSeconds: 60, downAfter: 3, upAfter: 2 };
const ok: HealthEvent = { type: 'answered', rttMs: 12 };
const bad: HealthEvent = { type: 'failed', reason: 'no answer' };

const healthAfter = (events: readonly HealthEvent[], settings = SETTINGS): GatewayHealth =>
  events.reduce((health, event, at) => nextHealth(health, event, settings, at + 1), newHealth(0));

describe('the health of a gateway', () => {
  it('is not known at first, and up after one answer', () => {
    expect(healthAfter([]).state).toBe('unknown');
    expect(healthAfter([bad]).state).toBe('unknown');
    expect(healthAfter([bad, ok])).toMatchObject({ state: 'up', since: 2, rttMs: 12, lastError: undefined });
  });

  it('is down after so many failures in a row, and up after so many answers', () => {
    expect(healthAfter([bad, bad]).state).toBe('unknown');
    expect(healthAfter([bad, bad, bad])).toMatchObject({ state: 'down', since: 3, lastError: 'no answer' });
    expect(healthAfter([ok, bad, bad, ok, bad, bad]).state).toBe('up');
    expect(healthAfter([bad, bad, bad, ok]).state).toBe('down');
    expect(healthAfter([bad, bad, bad, ok, bad, ok]).state).toBe('down');
    expect(healthAfter([bad, bad, bad, ok, ok])).toMatchObject({ state: 'up', since: 5 });
  });

  it('follows from the last events alone', () => {
    const events = fc.array(fc.constantFrom(ok, bad), { minLength: 1, maxLength: 40 });
    const settings = fc.record({
      optionsSeconds: fc.constant(60),
      downAfter: fc.integer({ min: 1, max: 5 }),
      upAfter: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(events, settings, (list, chosen) => {
        const { state, since, streak } = healthAfter(list, chosen);
        const last = list.at(-1);
        const run = list.length - 1 - list.findLastIndex((event) => event !== last);
        expect(Math.abs(streak)).toBe(run);
        if (last === bad && run >= chosen.downAfter) expect(state).toBe('down');
        if (last === ok && run >= chosen.upAfter) expect(state).toBe('up');
        // It changes by the last event, or not at all.
        const before = healthAfter(list.slice(0, -1), chosen);
        if (before.state === state) expect(since).toBe(before.since);
        else expect([list.length, ['up', 'down']]).toEqual([since, expect.arrayContaining([state])]);
      }),
    );
  });

  it('is forgiven after a minute when no OPTIONS can mend it', () => {
    const down = healthAfter([bad, bad, bad]);
    const silent = { ...SETTINGS, optionsSeconds: 0 };
    expect(isDown(down, SETTINGS, 1_000_000)).toBe(true);
    expect(isDown(down, silent, 30_000)).toBe(true);
    expect(isDown(down, silent, 61_000)).toBe(false);
    expect(isDown(healthAfter([ok]), silent, 1)).toBe(false);
  });
});

/** A generator of the same numbers each time (mulberry32). */
const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

describe('the order of gateways', () => {
  const gateways = fc.uniqueArray(
    fc.record({
      uri: fc.integer({ min: 0, max: 99 }).map((n) => `sip:g${n}`),
      weight: fc.integer({ min: 1, max: 1000 }),
      priority: fc.integer({ min: 1, max: 4 }),
    }),
    { selector: ({ uri }) => uri, maxLength: 8 },
  );

  it('has each once: those that are down last, and lower priorities first', () => {
    fc.assert(
      fc.property(gateways, fc.integer(), fc.func(fc.boolean()), (list, seed, isDead) => {
        const down = new Set(list.filter((gateway) => isDead(gateway.uri)));
        const ordered = orderGateways(list, (gateway) => down.has(gateway), seeded(seed));
        expect(new Set(ordered)).toEqual(new Set(list));
        expect(ordered).toHaveLength(list.length);
        const ranks = ordered.map((gateway) => (down.has(gateway) ? 100 : 0) + gateway.priority);
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      }),
    );
  });

  it('begins with each as often as its weight says', () => {
    const list = [
      makeGateway('sip:a', { weight: 7 }),
      makeGateway('sip:b', { weight: 2 }),
      makeGateway('sip:c', { weight: 1 }),
      makeGateway('sip:spare', { weight: 1000, priority: 2 }),
    ];
    const random = seeded(7);
    const first: Record<string, number> = {};
    for (let i = 0; i < 20_000; i += 1) {
      const uri = orderGateways(list, () => false, random)[0]?.uri ?? '';
      first[uri] = (first[uri] ?? 0) + 1;
    }
    expect(Object.keys(first).sort()).toEqual(['sip:a', 'sip:b', 'sip:c']);
    // Four standard deviations.
    expect(Math.abs((first['sip:a'] ?? 0) / 20_000 - 0.7)).toBeLessThan(0.013);
    expect(Math.abs((first['sip:b'] ?? 0) / 20_000 - 0.2)).toBeLessThan(0.0114);
    expect(Math.abs((first['sip:c'] ?? 0) / 20_000 - 0.1)).toBeLessThan(0.0085);
  });
});
