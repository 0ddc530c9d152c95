import { describe, expect, it } from 'vitest';
import { detectTone, goertzel, rms } from '../../../src/media/analysis.ts';

const sine = (frequency: number, amplitude: number, count = 8000): Int16Array =>
  Int16Array.from({ length: count }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequency * i) / 8000)),
  );

const sum = (a: Int16Array, b: Int16Array): Int16Array => a.map((sample, i) => sample + (b[i] ?? 0));

describe('rms', () => {
  it('is the peak over √2 for a sine, and 0 for nothing', () => {
    expect(rms(sine(1000, 10_000))).toBeCloseTo(10_000 / Math.SQRT2, 0);
    expect(rms(new Int16Array(0))).toBe(0);
    expect(rms(new Int16Array(10))).toBe(0);
  });
});

describe('goertzel', () => {
  it("gives each tone's share of the power", () => {
    expect(goertzel(sine(440, 5000), 440)).toBeCloseTo(1, 3);
    expect(goertzel(sine(440, 5000), 1000)).toBeLessThan(0.001);
    const both = sum(sine(440, 8000), sine(1000, 4000));
    expect(goertzel(both, 440)).toBeCloseTo(0.8, 2);
    expect(goertzel(both, 1000)).toBeCloseTo(0.2, 2);
  });

  it('gives silence nothing', () => {
    expect(goertzel(new Int16Array(800), 440)).toBe(0);
  });

  it('minds the sample rate', () => {
    expect(goertzel(sine(440, 5000), 880, 16_000)).toBeCloseTo(1, 3);
  });
});

describe('detectTone', () => {
  it('names the tone that makes up most of a 20 ms piece', () => {
    const piece = sum(sine(1000, 9000, 160), sine(440, 2000, 160));
    expect(detectTone(piece, [440, 1000, 2000])?.frequency).toBe(1000);
  });

  it('names none when none has half of the power', () => {
    const both = sum(sine(440, 5000), sine(1000, 5000));
    expect(detectTone(sum(both, sine(1700, 5000)), [440, 1000])).toBeUndefined();
    expect(detectTone(new Int16Array(160), [440])).toBeUndefined();
  });
});
