import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loudness, normalise, peak } from '../../../../src/prompts/audio/loudness.ts';
import { trim } from '../../../../src/prompts/audio/trim.ts';
import { decibels, sine } from './wave.ts';

const RATE = 8000;
const audio = (...parts: readonly Float32Array[]) => ({
  rate: RATE,
  samples: Float32Array.from(parts.flatMap((part) => [...part])),
});
const silence = (seconds: number): Float32Array => new Float32Array(Math.round(RATE * seconds));

describe('normalise', () => {
  it.each([0.006, 0.01, 0.1, 0.9])('brings speech of amplitude %f to -20 dB', (amplitude) => {
    const spoken = sine(700, RATE, 1, amplitude);
    const level = normalise(audio(silence(1), spoken, silence(2), spoken));
    // A pause counts for nothing.
    expect(loudness(level ?? audio())).toBeCloseTo(-20, 0);
  });

  it('never goes beyond its ceiling', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 800, maxLength: 2000 }),
        fc.double({ min: 0.001, max: 4, noNaN: true }),
        (values, factor) => {
          // Mostly quiet, with spikes: the worst for a level.
          const samples = Float32Array.from(values, (value, i) =>
            i % 97 === 0 ? value * factor : value * 0.01,
          );
          const level = normalise({ rate: RATE, samples });
          if (level === undefined) return;
          expect(decibels(peak(level.samples))).toBeLessThanOrEqual(-0.99);
          expect(level.samples.every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('presses single peaks down and leaves the rest as loud as it is wanted', () => {
    const spoken = sine(500, RATE, 2, 0.1);
    for (let i = 2000; i < spoken.length; i += 4000) spoken[i] = 0.9;
    const level = normalise(audio(spoken));
    expect(loudness(level ?? audio())).toBeGreaterThan(-22.5);
    expect(decibels(peak(level?.samples ?? new Float32Array()))).toBeLessThanOrEqual(-0.99);
  });

  it('takes a steady offset away', () => {
    const offset = sine(500, RATE, 2, 0.1).map((sample) => sample + 0.3);
    const samples = normalise(audio(offset))?.samples.subarray(RATE) ?? new Float32Array();
    expect(Math.abs(samples.reduce((sum, sample) => sum + sample, 0) / samples.length)).toBeLessThan(0.005);
  });

  it('finds nothing in silence', () => {
    expect(normalise(audio(silence(1)))).toBeUndefined();
    expect(normalise(audio())).toBeUndefined();
  });
});

describe('trim', () => {
  const spoken = sine(500, RATE, 1, 0.1);

  it('cuts long silence at both ends down to a tenth of a second', () => {
    const { samples } = trim(audio(silence(2), spoken, silence(1)));
    expect(samples.length / RATE).toBeCloseTo(1.2, 1);
  });

  it('leaves short silence, and silence within', () => {
    const short = audio(silence(0.4), spoken, silence(2), spoken, silence(0.45));
    expect(trim(short)).toBe(short);
  });

  it('leaves nothing but silence as it is', () => {
    const silent = audio(silence(3));
    expect(trim(silent)).toBe(silent);
  });
});
