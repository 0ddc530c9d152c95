import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Adaptation, adapt, settingsOf, UNADAPTED } from '../../../../src/web/call/opus-adaptation.ts';
import type { MediaReading } from '../../../../src/web/call/stats.ts';
import { createReporter, summarise } from '../../../../src/web/widget/call/samples.ts';
import {
  NO_WARNINGS,
  type QualitySample,
  type WarningWatch,
  watchWarnings,
} from '../../../../src/web/widget/call/warnings.ts';

type Change = Partial<Pick<MediaReading, 'jitterMs' | 'rttMs' | 'microphone'>> & { readonly lost?: number };

const TALKING = { hearing: true, speaking: true };

/** A call of 100 packets each 2 s, of which `lost` do not come. */
const run = (
  changes: readonly Change[],
  from: WarningWatch = NO_WARNINGS,
  expectation = TALKING,
): WarningWatch =>
  changes.reduce((watch, { lost = 0, ...fields }) => {
    const before = watch.reading;
    const start: MediaReading = { at: 0, received: 0, lost: 0, jitterMs: 2, rttMs: 30, microphone: 0.1 };
    const next: MediaReading = before
      ? {
          ...start,
          at: before.at + 2000,
          received: before.received + 100 - lost,
          lost: before.lost + lost,
          ...fields,
        }
      : { ...start, ...fields };
    return watchWarnings(watch, next, expectation);
  }, from);

const times = (count: number, change: Change): Change[] => Array.from({ length: count }, () => change);
const warningsAfter = (...changes: readonly Change[]) => run([{}, ...changes]).quality.warnings;

describe('warnings', () => {
  it.each([
    ['rtt', { rttMs: 401 }],
    ['jitter', { jitterMs: 31 }],
  ] as const)('%s comes with 3 bad samples of 5, and goes with 5 good ones', (name, bad) => {
    expect(warningsAfter(...times(2, bad))).not.toContain(name);
    expect(warningsAfter(bad, bad, {}, {}, bad)).toContain(name);
    expect(warningsAfter(bad, bad, {}, {}, {}, bad)).not.toContain(name);
    expect(warningsAfter(...times(3, bad), ...times(4, {}))).toContain(name);
    expect(warningsAfter(...times(3, bad), ...times(5, {}))).not.toContain(name);
  });

  it('loss is looked at over 7 samples, and goes well below where it came', () => {
    expect(warningsAfter(...times(6, { lost: 4 }))).not.toContain('loss');
    expect(warningsAfter(...times(7, { lost: 4 }))).toEqual(['loss']);
    expect(warningsAfter(...times(6, {}), { lost: 20 })).toEqual([]);
    const on = run([{}, ...times(7, { lost: 4 })]);
    expect(run(times(7, { lost: 3 }), on).quality.warnings).toEqual(['loss']);
    expect(run(times(7, { lost: 1 }), on).quality.warnings).toEqual([]);
  });

  it('tells a poor score', () => {
    const bad = run([{}, ...times(3, { lost: 15 })]);
    expect(bad.quality.mos).toBeLessThan(3.5);
    expect(bad.quality).toMatchObject({ lossPercent: 15, warnings: ['mos'] });
  });

  it('tells a dead microphone from somebody who listens', () => {
    const silent = { microphone: 0 };
    const dead = run(times(6, silent));
    expect(dead.quality.warnings).toEqual(['mic']);
    expect(run([{}], dead).quality.warnings).toEqual([]);
    expect(run(times(5, silent)).quality.warnings).toEqual([]);
    expect(run([{}, {}, ...times(14, silent)]).quality.warnings).toEqual([]);
    expect(run([{}, {}, ...times(15, silent)]).quality.warnings).toEqual(['mic']);
    // Stuck at a level is dead, too; a voice, or a room, moves.
    expect(run([{}, ...times(15, { microphone: 0.3 })]).quality.warnings).toEqual(['mic']);
    const room = Array.from({ length: 16 }, (_, i) => ({ microphone: 0.002 + (i % 3) * 0.0002 }));
    expect(run(room).quality.warnings).toEqual([]);
    expect(run(times(9, silent), NO_WARNINGS, { hearing: true, speaking: false }).quality.warnings).toEqual(
      [],
    );
  });

  it('knows nothing of a side that is held, nor across a connection that took over', () => {
    const held = run([{}, { lost: 50 }], NO_WARNINGS, { hearing: false, speaking: true });
    expect(held.quality).toMatchObject({ mos: undefined, lossPercent: undefined, jitterMs: undefined });
    const before = run(times(4, {}));
    const other = watchWarnings(
      before,
      { at: 9000, received: 3, lost: 0, jitterMs: 1, rttMs: 5, microphone: 0.1 },
      TALKING,
    );
    expect(other.samples).toBe(before.samples);
  });

  it('go away whatever there was, once all is well', () => {
    const change = fc.record({
      lost: fc.integer({ min: 0, max: 100 }),
      rttMs: fc.double({ min: 0, max: 3000, noNaN: true }),
      jitterMs: fc.double({ min: 0, max: 500, noNaN: true }),
      microphone: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const bad = run(changes);
        expect(bad.samples.length).toBeLessThanOrEqual(15);
        expect(run(times(8, {}), bad).quality.warnings).toEqual([]);
      }),
    );
  });
});

const adaptAll = (losses: readonly number[], from: Adaptation = UNADAPTED, start = 0): Adaptation =>
  losses.reduce((state, loss, index) => adapt(state, loss, start + index * 2000), from);

describe('adaptation of Opus', () => {
  it.each([
    [0.5, { fec: false, maxBitrate: undefined, ptimeMs: undefined, dtx: false }],
    [2, { fec: true, maxBitrate: undefined, ptimeMs: undefined, dtx: false }],
    [4, { fec: true, maxBitrate: 32_000, ptimeMs: 20, dtx: true }],
    [7, { fec: true, maxBitrate: 20_000, ptimeMs: 40, dtx: true }],
    [11, { fec: true, maxBitrate: 12_000, ptimeMs: 60, dtx: true }],
  ])('at %f %% of loss', (loss, settings) => {
    expect(settingsOf(adaptAll([loss, loss, loss]))).toEqual(settings);
  });

  it('recovers a step in 20 s of a better network', () => {
    const bad = adaptAll([12, 12, 12]);
    expect(bad.level).toBe(4);
    // The first sample makes the mean of three better already, and ten more are 20 s.
    expect(adaptAll(Array(10).fill(0), bad, 6000).level).toBe(4);
    expect(adaptAll(Array(11).fill(0), bad, 6000).level).toBe(3);
    expect(adaptAll(Array(60).fill(0), bad, 6000).level).toBe(0);
  });

  it('is never better than the network, and gets down to nothing when all is well', () => {
    const losses = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(losses, (all) => {
        const state = adaptAll(all);
        const mean = state.recent.reduce((sum, one) => sum + one, 0) / state.recent.length;
        expect(state.level).toBeGreaterThanOrEqual([1, 3, 6, 10].filter((limit) => mean > limit).length);
        expect(state.level).toBeLessThanOrEqual(4);
        expect(adaptAll(Array(60).fill(0), state, all.length * 2000).level).toBe(0);
      }),
    );
  });
});

const sample = (at: number, fields: Partial<QualitySample> = {}): QualitySample => ({
  at,
  rttMs: 40,
  jitterMs: 2,
  received: 99,
  lost: 1,
  mos: 4.2,
  microphone: 0.1,
  ...fields,
});

describe('reports', () => {
  it('put five seconds together, and leave out what is not known', () => {
    expect(
      summarise([sample(0), sample(2000, { rttMs: 61, lost: 5, received: 95, mos: 3.8 })], ['mos'], 2000),
    ).toEqual({
      at: 2000,
      rtt: 51,
      jitter: 2,
      loss: 3,
      mos: 4,
      warnings: ['mos'],
    });
    const unknown = { rttMs: undefined, jitterMs: undefined, mos: undefined, received: 0, lost: 0 };
    expect(summarise([sample(0, unknown)], [], 0)).toEqual({ at: 0, warnings: [] });
  });

  it('are sent each half minute, and what is left at the end', () => {
    const posts: { url: string; body: { samples: { ago: number }[] } }[] = [];
    let now = 0;
    const reporter = createReporter(
      { url: 'https://gw/q', site: 'main' },
      'press',
      () => now,
      (url, body) => posts.push({ url, body: JSON.parse(body) }),
    );
    for (; now <= 28_000; now += 2000) reporter.add(sample(now), []);
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatchObject({ url: 'https://gw/q', body: { site: 'main', press: 'press' } });
    expect(posts[0]?.body.samples.map(({ ago }) => ago)).toEqual([26_000, 20_000, 16_000, 10_000, 6000, 0]);
    reporter.add(sample(now), []);
    reporter.flush();
    reporter.flush();
    expect(posts).toHaveLength(2);
    expect(posts[1]?.body.samples).toHaveLength(1);
  });

  it('hold five seconds each in the mean, also after a pause', () => {
    const ends: number[] = [];
    const reporter = createReporter(
      { url: '/', site: 'main' },
      'press',
      () => 1e6,
      (_url, body) => ends.push(...JSON.parse(body).samples.map(({ ago }: { ago: number }) => 1e6 - ago)),
    );
    for (let at = 2000; at <= 60_000; at += 2000) reporter.add(sample(at), []);
    for (let at = 90_000; at <= 120_000; at += 2000) reporter.add(sample(at), []);
    reporter.flush();
    expect(ends.filter((at) => at <= 60_000)).toHaveLength(12);
    expect(ends.filter((at) => at > 60_000)).toHaveLength(7);
  });
});
