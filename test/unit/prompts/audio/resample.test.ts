import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resample } from '../../../../src/prompts/audio/resample.ts';
import { decibels, rmsOf, sine } from './wave.ts';

/** The middle, away from where the signal begins and ends. */
const middle = (samples: Float32Array): Float32Array =>
  samples.subarray(Math.floor(samples.length / 4), Math.floor((samples.length * 3) / 4));

const RATES = [4000, 6000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000, 192_000];

describe('resample', () => {
  it.each(RATES)('keeps what is in the band of a signal of %i Hz', (rate) => {
    for (const frequency of [300, 1000, Math.min(3300, rate * 0.4)]) {
      const out = resample({ rate, samples: sine(frequency, rate, 0.3) }, 8000);
      expect(out.rate).toBe(8000);
      expect(Math.abs(out.samples.length - 2400)).toBeLessThanOrEqual(1);
      expect(decibels(rmsOf(middle(out.samples)) / (0.5 / Math.SQRT2))).toBeCloseTo(0, 1);
      // It is that very sine, and not only as loud.
      const expected = middle(sine(frequency, 8000, 0.3));
      const error = middle(out.samples).map((sample, i) => sample - (expected[i] ?? 0));
      expect(decibels(rmsOf(error) / rmsOf(expected))).toBeLessThan(-60);
    }
  });

  it.each([11_025, 22_050, 44_100, 48_000])('leaves nothing of what lies above it (%i Hz)', (rate) => {
    for (const frequency of [4300, 5000, rate * 0.45]) {
      if (frequency <= 4200) continue;
      const out = resample({ rate, samples: sine(frequency, rate, 0.3) }, 8000);
      expect(decibels(rmsOf(middle(out.samples)) / 0.35)).toBeLessThan(-70);
    }
  });

  it('keeps a steady level and the length at any rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4000, max: 50_000 }), (rate) => {
        const samples = new Float32Array(rate / 8).fill(0.25);
        const out = resample({ rate, samples }, 8000).samples;
        expect(Math.abs(out.length - 1000)).toBeLessThanOrEqual(2);
        for (const sample of middle(out)) expect(sample).toBeCloseTo(0.25, 4);
      }),
      { numRuns: 8 },
    );
  });

  it('leaves audio of the wanted rate as it is', () => {
    const audio = { rate: 8000, samples: sine(500, 8000, 0.1) };
    expect(resample(audio, 8000).samples).toBe(audio.samples);
  });
});
