import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type MediaReading,
  mosOf,
  PATH_FINE,
  type PathWatch,
  QUALITY_UNKNOWN,
  type QualityWatch,
  watchPath,
  watchQuality,
} from '../../../../src/web/softphone/core/quality.ts';
import { readingOf } from '../../../../src/web/softphone/core/stats.ts';

const reading = (at: number, fields: Partial<MediaReading> = {}): MediaReading => ({
  at,
  received: at / 20,
  lost: 0,
  jitterMs: 2,
  rttMs: 30,
  microphone: 0.1,
  ...fields,
});

const TALKING = { hearing: true, speaking: true };

const watchAll = (
  readings: readonly MediaReading[],
  expectation = TALKING,
  from: QualityWatch = QUALITY_UNKNOWN,
): QualityWatch => readings.reduce((watch, one) => watchQuality(watch, one, expectation), from);

describe('the estimate of what a call sounds like', () => {
  it('is as G.107 has it at known points', () => {
    expect(mosOf(0, 0, 0)).toBeCloseTo(4.39, 2);
    expect(mosOf(2, 5, 60)).toBeCloseTo(4.19, 1);
    expect(mosOf(100, 500, 5000)).toBe(1);
  });

  it('stays between 1 and 4.5 and never gets better by loss, jitter or delay', () => {
    const loss = fc.double({ min: 0, max: 100, noNaN: true });
    const ms = fc.double({ min: 0, max: 3000, noNaN: true });
    fc.assert(
      fc.property(loss, ms, ms, loss, ms, ms, (l, j, r, moreLoss, moreJitter, moreRtt) => {
        const mos = mosOf(l, j, r);
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(4.5);
        expect(mosOf(Math.min(100, l + moreLoss), j + moreJitter, r + moreRtt)).toBeLessThanOrEqual(
          mos + 1e-9,
        );
      }),
    );
  });
});

describe('the quality of a call', () => {
  it('is unknown at first, then good', () => {
    expect(watchAll([reading(0)]).quality.level).toBe('unknown');
    const { quality } = watchAll([reading(0), reading(2000)]);
    expect(quality).toMatchObject({ level: 'good', reason: undefined, lossPercent: 0, rttMs: 30 });
    expect(quality.mos).toBeGreaterThan(4.3);
  });

  it.each([
    ['loss', { received: 90, lost: 10 }],
    ['jitter', { received: 100, jitterMs: 200 }],
    ['delay', { received: 100, rttMs: 900 }],
  ] as const)('names %s as what is wrong', (reason, fields) => {
    const { quality } = watchAll([reading(0), reading(2000, fields)]);
    expect(quality.level).not.toBe('good');
    expect(quality.reason).toBe(reason);
  });

  it('counts only what was lost since the last look, and takes late packets back', () => {
    const before = reading(2000, { received: 100, lost: 50 });
    expect(watchAll([before, reading(4000, { received: 200, lost: 50 })]).quality.lossPercent).toBe(0);
    expect(watchAll([before, reading(4000, { received: 200, lost: 40 })]).quality.lossPercent).toBe(0);
    expect(watchAll([before, reading(4000, { received: 175, lost: 75 })]).quality.lossPercent).toBe(25);
  });

  it('begins anew, and does not forget, when another connection takes over', () => {
    const moved = watchAll([reading(0), reading(2000), reading(4000, { received: 3 })]);
    expect(moved.quality.level).toBe('good');
    expect(watchAll([reading(6000, { received: 103 })], TALKING, moved).quality.lossPercent).toBe(0);
  });

  it('says that nothing comes in only after a while, and not while the call is held', () => {
    const silent = [0, 2000, 4000, 6000].map((at) => reading(at, { received: 7 }));
    expect(watchAll(silent.slice(0, 2)).quality.reason).toBeUndefined();
    expect(watchAll(silent).quality).toMatchObject({ level: 'bad', reason: 'no-audio-in' });
    expect(watchAll(silent, { hearing: false, speaking: true }).quality.reason).toBeUndefined();
    expect(watchAll([...silent, reading(8000)]).quality.level).toBe('good');
  });

  it('says that a microphone is dead, not that a person listens', () => {
    const times = Array.from({ length: 8 }, (_, index) => index * 2000);
    const dead = times.map((at) => reading(at, { microphone: 0 }));
    expect(watchAll(dead).quality).toMatchObject({ level: 'fair', reason: 'microphone-silent' });
    expect(watchAll(dead, { hearing: true, speaking: false }).quality.level).toBe('good');
    const spoke = watchAll([reading(0), reading(2000)]);
    expect(
      watchAll(
        dead.map((one) => ({ ...one, at: one.at + 4000, received: one.received + 200 })),
        TALKING,
        spoke,
      ).quality.level,
    ).toBe('good');
    const untold = times.map((at) => reading(at, { microphone: undefined }));
    expect(watchAll(untold).quality.level).toBe('good');
  });
});

describe('the statistics of a browser', () => {
  it('are read from the pair in use', () => {
    const stats = [
      { type: 'inbound-rtp', packetsReceived: 50, packetsLost: -1, jitter: 0.004 },
      { type: 'transport', selectedCandidatePairId: 'b' },
      { type: 'candidate-pair', id: 'a', nominated: true, currentRoundTripTime: 9 },
      { type: 'candidate-pair', id: 'b', currentRoundTripTime: 0.025 },
      { type: 'media-source', audioLevel: 0.5 },
    ];
    expect(readingOf(stats, 7)).toEqual({
      at: 7,
      received: 50,
      lost: -1,
      jitterMs: 4,
      rttMs: 25,
      microphone: 0.5,
    });
    expect(readingOf([...stats, { type: 'remote-inbound-rtp', roundTripTime: 0.04 }], 7).rttMs).toBe(40);
    expect(readingOf([], 7)).toMatchObject({ received: 0, rttMs: undefined, microphone: undefined });
  });
});

/** Looks every second at a path that is in `state`, from `from` on. */
const look = (
  seconds: number,
  state: string,
  reachable: (second: number) => boolean = () => true,
): { readonly second: number; readonly action: string; readonly lost: boolean }[] => {
  let watch: PathWatch = PATH_FINE;
  return Array.from({ length: seconds }, (_, second) => {
    const step = watchPath(watch, state, reachable(second), second * 1000);
    watch = step.watch;
    return { second, action: step.action, lost: step.lost };
  });
};

const when = (steps: ReturnType<typeof look>, action: string): number[] =>
  steps.filter((step) => step.action === action).map(({ second }) => second);

describe('a broken audio path', () => {
  it('is restarted after 3 s, again every 5 s, and given up after 15', () => {
    const steps = look(17, 'disconnected');
    expect(when(steps, 'restart')).toEqual([3, 8, 13]);
    expect(when(steps, 'give-up')[0]).toBe(15);
    expect(steps[2]?.lost).toBe(false);
    expect(steps[3]?.lost).toBe(true);
  });

  it('is restarted at once when it failed', () => {
    expect(when(look(7, 'failed'), 'restart')).toEqual([0, 5]);
  });

  it('waits for the gateway to be reachable, but not for ever', () => {
    const back = look(30, 'failed', (second) => second >= 10);
    expect(when(back, 'restart')[0]).toBe(10);
    expect(when(back, 'give-up')[0]).toBe(24);
    expect(
      when(
        look(50, 'failed', () => false),
        'give-up',
      )[0],
    ).toBe(40);
  });

  it('is forgotten when it is mended', () => {
    const broken = watchPath({ ...PATH_FINE, downSince: 1, restartedAt: 2 }, 'connected', true, 9000);
    expect(broken).toEqual({ watch: PATH_FINE, action: 'none', lost: false });
  });
});
