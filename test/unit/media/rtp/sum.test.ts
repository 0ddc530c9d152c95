import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addFrame, createLimiter } from '../../../../src/media/rtp/sum.ts';
import { sine } from '../../../support/audio.ts';

const FRAME = 160;
const CEILING = 32_124;

const sumOf = (frames: readonly Int16Array[]): Int32Array => {
  const sum = new Int32Array(FRAME);
  for (const frame of frames) addFrame(sum, frame);
  return sum;
};

const frame = fc.array(fc.integer({ min: -32_124, max: 32_124 }), { minLength: FRAME, maxLength: FRAME });

describe('the sum of voices', () => {
  it('is their sum, to the bit, as long as it fits', () => {
    const quiet = fc.array(fc.integer({ min: -8_000, max: 8_000 }), { minLength: FRAME, maxLength: FRAME });
    fc.assert(
      fc.property(fc.array(quiet, { minLength: 1, maxLength: 4 }), (frames) => {
        const out = new Int16Array(FRAME);
        createLimiter()(sumOf(frames.map((each) => Int16Array.from(each))), out);
        expect([...out]).toEqual(
          Array.from({ length: FRAME }, (_, i) => frames.reduce((sum, each) => sum + (each[i] ?? 0), 0)),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('never leaves 16 bits and never turns a sample’s sign, however loud', () => {
    fc.assert(
      fc.property(fc.array(fc.array(frame, { minLength: 1, maxLength: 4 }), { maxLength: 6 }), (parts) => {
        const limit = createLimiter();
        for (const frames of parts) {
          const sum = sumOf(frames.map((each) => Int16Array.from(each)));
          const out = new Int16Array(FRAME);
          limit(sum, out);
          for (let i = 0; i < FRAME; i += 1) {
            const [before = 0, after = 0] = [sum[i], out[i]];
            expect(Math.abs(after)).toBeLessThanOrEqual(Math.min(CEILING, Math.abs(before)));
            expect(before * after).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('turns three loud voices down without a click, and up again when they are quiet', () => {
    const limit = createLimiter();
    const heard: number[] = [];
    for (let i = 0; i < 200; i += 1) {
      const voices = i < 50 ? [400, 700, 1_000] : [400];
      const sum = sumOf(voices.map((frequency) => sine(frequency, FRAME, -3, (i * FRAME) % 8_000)));
      const out = new Int16Array(FRAME);
      limit(sum, out);
      heard.push(...out);
    }
    const steps = heard.slice(1).map((sample, i) => Math.abs(sample - (heard[i] ?? 0)));
    // As steep as the three tones together, at the level at which they fit.
    const slope = ((CEILING / 3) * 2 * Math.PI * (400 + 700 + 1_000)) / 8_000;
    expect(Math.max(...steps.slice(FRAME))).toBeLessThan(slope * 1.15);
    // Nothing is cut off once the gain has come down: the highest peak alone touches the ceiling.
    const flat = heard
      .slice(FRAME, 50 * FRAME)
      .filter((sample, i, all) => Math.abs(sample) === CEILING && all[i + 1] === sample).length;
    expect(flat).toBe(0);
    const last = heard.slice(-FRAME);
    expect(last).toEqual([...sine(400, FRAME, -3, (199 * FRAME) % 8_000)]);
  });
});
