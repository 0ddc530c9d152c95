import { describe, expect, it } from 'vitest';
import type { MediaReading } from '../../../../src/web/call/stats.ts';
import {
  QUALITY_UNKNOWN,
  type QualityWatch,
  watchQuality,
} from '../../../../src/web/softphone/core/quality.ts';

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
