import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, DEFAULT_LAW, GRACE_MS, MINUTE_MS } from '../../../../src/tracking/matching/law.ts';
import { methodOf } from '../../../../src/tracking/matching/match.ts';
import {
  candidatesOf,
  likeliest,
  RATIOS,
  regionRatio,
  type Scene,
  type Suspect,
  weigh,
} from '../../../../src/tracking/matching/posterior.ts';

const NOW = 1_800_000_000_000;

const suspect = (id: string, more: Partial<Suspect> = {}): Suspect => ({
  visitId: id,
  visitorId: `visitor-${id}`,
  siteId: 'main',
  source: 'google / cpc',
  shownAt: NOW - MINUTE_MS,
  endedAt: null,
  overAt: NOW,
  leaseId: null,
  holds: false,
  phone: false,
  region: null,
  tapMs: null,
  copyMs: null,
  linked: false,
  ...more,
});

const scene = (suspects: readonly Suspect[], more: Partial<Scene> = {}): Scene => ({
  at: NOW,
  kind: 'pool',
  callerRegion: null,
  firstCalledAt: null,
  earlier: null,
  dialsAround: false,
  suspects,
  crowds: [],
  ...more,
});

const posterior = (shown: Scene) => weigh(shown, () => DEFAULT_LAW);
const shareOf = (shown: Scene, id: string): number =>
  posterior(shown).weighed.find(({ suspect: { visitId } }) => visitId === id)?.probability ?? 0;
/** How many times likelier `a` is than `b`. */
const odds = (shown: Scene, a = 'a', b = 'b'): number => shareOf(shown, a) / shareOf(shown, b);

const anySuspect = (id: string): fc.Arbitrary<Suspect> =>
  fc
    .record({
      ago: fc.integer({ min: 0, max: 30 * DAY_MS }),
      length: fc.option(fc.integer({ min: 0, max: DAY_MS })),
      holds: fc.boolean(),
      phone: fc.boolean(),
      linked: fc.boolean(),
      tapMs: fc.option(fc.integer({ min: 0, max: 120_000 })),
      region: fc.constantFrom(null, 'DE', 'US'),
    })
    .map(({ ago, length, ...rest }) => {
      const shownAt = NOW - ago;
      const endedAt = length === null ? null : Math.min(NOW, shownAt + length);
      return suspect(id, { ...rest, shownAt, endedAt, overAt: endedAt ?? NOW });
    });

const anyScene: fc.Arbitrary<Scene> = fc
  .record({
    suspects: fc
      .integer({ min: 0, max: 15 })
      .chain((count) =>
        fc.tuple(...Array.from({ length: count }, (_, index) => anySuspect(`visit-${index}`))),
      ),
    callerRegion: fc.constantFrom(null, 'DE'),
    kind: fc.constantFrom('pool' as const, 'source' as const),
    dialsAround: fc.boolean(),
    firstCalledAt: fc.option(fc.integer({ min: NOW - 90 * DAY_MS, max: NOW - 1 })),
  })
  .map(({ suspects, ...rest }) => scene(suspects, rest));

describe('the posterior', () => {
  it('adds up to 1, gives everybody a share, and is never certain', () => {
    fc.assert(
      fc.property(anyScene, (shown) => {
        const { weighed, nobody } = posterior(shown);
        const sum = weighed.reduce((total, { probability }) => total + probability, nobody);
        expect(sum).toBeCloseTo(1, 9);
        expect(nobody).toBeGreaterThan(0);
        for (const { probability } of weighed) expect(probability).toBeLessThan(1);
      }),
    );
  });

  it('does not depend on the order of visits', () => {
    fc.assert(
      fc.property(anyScene, (shown) => {
        const reversed = { ...shown, suspects: [...shown.suspects].reverse() };
        for (const { visitId } of shown.suspects)
          expect(shareOf(reversed, visitId)).toBeCloseTo(shareOf(shown, visitId), 12);
      }),
    );
  });

  it('is the share of expected calls at that moment, worked by hand', () => {
    const ended = NOW - 30 * MINUTE_MS;
    const shown = scene([suspect('a', { shownAt: ended - 5 * MINUTE_MS, endedAt: ended })]);
    const soon = (0.22 / (30 * MINUTE_MS)) * Math.exp(-1);
    const later = (0.08 / (2 * DAY_MS)) * Math.exp(-(30 * MINUTE_MS) / (2 * DAY_MS));
    const visit = 0.05 * (soon + later);
    expect(shareOf(shown, 'a')).toBeCloseTo(visit / (visit + 0.02 / DAY_MS), 9);
  });

  it('prefers a visit in view to one that is over, and the later of two that are', () => {
    const shown = scene([
      suspect('old', { shownAt: NOW - DAY_MS, endedAt: NOW - DAY_MS + MINUTE_MS }),
      suspect('recent', { shownAt: NOW - 3_600_000, endedAt: NOW - 3_500_000 }),
      suspect('here'),
    ]);
    expect(posterior(shown).weighed.map(({ suspect: { visitId } }) => visitId)).toEqual([
      'here',
      'recent',
      'old',
    ]);
    expect(shareOf(shown, 'here')).toBeGreaterThan(0.95);
  });

  it('still counts a call as from within the visit while the caller dials', () => {
    const over = (ms: number) => scene([suspect('a', { shownAt: NOW - 5 * MINUTE_MS, endedAt: NOW - ms })]);
    expect(shareOf(over(GRACE_MS), 'a')).toBeGreaterThan(shareOf(over(GRACE_MS + 1), 'a'));
  });

  it('weighs evidence by its likelihood ratio', () => {
    const both = (more: Partial<Suspect>, about: Partial<Scene> = {}) =>
      scene([suspect('a', more), suspect('b')], about);
    expect(odds(both({ tapMs: 4000 }))).toBeCloseTo(RATIOS.tap);
    expect(odds(both({ tapMs: 4000, phone: true }))).toBeCloseTo(RATIOS.tap);
    expect(odds(both({ tapMs: 40_000, phone: true }))).toBeCloseTo(1);
    expect(odds(both({ copyMs: 40_000 }))).toBeCloseTo(RATIOS.copy);
    expect(odds(both({ phone: true }))).toBeCloseTo(RATIOS.noTap);
    expect(odds(both({ linked: true }))).toBeCloseTo(RATIOS.linked);
    const before = { firstCalledAt: NOW - DAY_MS };
    expect(odds(both({ shownAt: NOW - 2 * DAY_MS, endedAt: NOW - DAY_MS }, before))).toBeCloseTo(
      odds(both({ shownAt: NOW - 2 * DAY_MS, endedAt: NOW - DAY_MS })) / RATIOS.calledEarlier,
    );
    expect(odds(both({ linked: true }, { dialsAround: true }))).toBeCloseTo(
      RATIOS.linked / RATIOS.dialsAround,
    );
  });

  it('holds a phone without a tap to be unlikely only while in the visit', () => {
    const over = { shownAt: NOW - 2 * 3_600_000, endedAt: NOW - 3_600_000 };
    const shown = scene([suspect('a', { ...over, phone: true }), suspect('b', over)]);
    expect(odds(shown)).toBeCloseTo(1);
  });

  it('makes much of a rare region, and little of one that all share', () => {
    const visits = (same: number, others: number): Pick<Scene, 'callerRegion' | 'suspects'> => ({
      callerRegion: 'DE',
      suspects: [
        ...Array.from({ length: same }, (_, index) => suspect(`s${index}`, { region: 'DE' })),
        ...Array.from({ length: others }, (_, index) => suspect(`o${index}`, { region: 'US' })),
      ],
    });
    expect(regionRatio(visits(0, 0))).toBeCloseTo(RATIOS.region);
    expect(regionRatio(visits(1, 9))).toBeGreaterThan(3);
    expect(regionRatio(visits(100, 0))).toBeLessThan(1.1);
    expect(regionRatio({ ...visits(1, 9), callerRegion: null })).toBe(1);
  });

  it('gives a second call to whom the first was given, as surely as then', () => {
    const both = [suspect('a', { phone: true }), suspect('b')];
    const earlier = { agoMs: MINUTE_MS, shares: new Map([['a', 0.6]]), nobody: 0.4 };
    expect(shareOf(scene(both), 'a')).toBeLessThan(0.2);
    expect(shareOf(scene(both, { earlier }), 'a')).toBeCloseTo(0.6, 1);
    expect(posterior(scene(both, { earlier })).nobody).toBeCloseTo(0.4, 1);
  });

  it('leaves room for visits that are too many to look at', () => {
    const visit = suspect('a', { shownAt: NOW - DAY_MS, endedAt: NOW - DAY_MS + 1000 });
    const alone = posterior(scene([visit]));
    const crowded = posterior(scene([visit], { crowds: [{ count: 1000, ageMs: 2 * DAY_MS }] }));
    expect(crowded.nobody).toBeLessThan(alone.nobody / 10);
    expect(crowded.nobody + (crowded.weighed[0]?.probability ?? 0)).toBeLessThan(0.1);
  });
});

describe('candidates', () => {
  it('are ten at most, the likeliest first, with nobody where it belongs', () => {
    fc.assert(
      fc.property(anyScene, (shown) => {
        const found = candidatesOf(shown, posterior(shown));
        expect(found.length).toBe(Math.min(10, shown.suspects.length + 1));
        const shares = found.map(({ probability }) => probability);
        expect(shares).toEqual([...shares].sort((a, b) => b - a));
      }),
    );
  });
});

describe('the method', () => {
  const alone = suspect('a', { holds: true });
  it('is the tap of one visitor alone, when it is likely enough', () => {
    const tap = suspect('a', { tapMs: 4000 });
    expect(methodOf(tap, 0.95, [tap])).toBe('tel_tap');
    expect(methodOf(tap, 0.85, [tap])).toBe('posterior');
    expect(methodOf(suspect('a', { tapMs: 31_000 }), 0.95, [])).toBe('posterior');
    expect(methodOf(tap, 0.95, [tap, suspect('b', { tapMs: 20_000 })])).toBe('posterior');
  });

  it('is the lease of one visitor alone', () => {
    expect(methodOf(alone, 0.6, [alone, suspect('b')])).toBe('lease');
    expect(methodOf(alone, 0.6, [alone, suspect('b', { holds: true })])).toBe('posterior');
    expect(methodOf(alone, 0.6, [alone, suspect('c', { holds: true, visitorId: 'visitor-a' })])).toBe(
      'lease',
    );
  });
});

describe('the likeliest source', () => {
  const weighed = (id: string, probability: number, source: string) => ({
    suspect: suspect(id, { source }),
    probability,
  });

  it('is found when its visits together outweigh nobody, though none of them does alone', () => {
    const many = Array.from({ length: 8 }, (_, n) => weighed(`g${n}`, 0.08 - n / 1000, 'google / cpc'));
    const found = likeliest({ weighed: [weighed('b', 0.1, 'bing / cpc'), ...many], nobody: 0.2 });
    expect(found?.best.suspect.visitId).toBe('g0');
    expect(found?.ofSource).toBeCloseTo(0.612, 3);
  });

  it('is none when nobody is likelier than each source', () => {
    expect(
      likeliest({
        weighed: [weighed('a', 0.3, 'google / cpc'), weighed('b', 0.3, 'bing / cpc')],
        nobody: 0.4,
      }),
    ).toBeUndefined();
    expect(likeliest({ weighed: [], nobody: 1 })).toBeUndefined();
  });
});
