import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  daysFor,
  type Question,
  smallestEffect,
  viewersAtOnce,
  viewersSequentially,
} from '../../../../src/tracking/experiments/planning.ts';

const question = (from: number, to: number, more: Partial<Question> = {}): Question => ({
  baseline: from,
  effect: to / from - 1,
  alpha: 0.05,
  power: 0.8,
  arms: 2,
  ...more,
});

describe('viewers an arm', () => {
  it.each([
    [0.02, 0.025, 13_809],
    [0.02, 0.03, 3826],
    [0.05, 0.06, 8158],
    [0.1, 0.12, 3841],
    [0.3, 0.35, 1377],
  ])('from %d to %d: %d', (from, to, viewers) => {
    expect(viewersAtOnce(question(from, to))).toBe(viewers);
    // The rule of thumb: 16 p̄ (1 − p̄) ÷ Δ².
    const mean = (from + to) / 2;
    expect(viewers / ((16 * mean * (1 - mean)) / (to - from) ** 2)).toBeCloseTo(1, 1);
  });

  it('grow with power, arms and certainty, and fall with the effect', () => {
    const base = question(0.02, 0.025);
    const effects = fc.tuple(
      fc.double({ min: 0.05, max: 2, noNaN: true }),
      fc.double({ min: 1.02, max: 3, noNaN: true }),
    );
    fc.assert(
      fc.property(effects, ([effect, times]) => {
        const small = viewersAtOnce({ ...base, effect });
        expect(viewersAtOnce({ ...base, effect: effect * times })).toBeLessThanOrEqual(small);
        expect(viewersAtOnce({ ...base, effect, power: 0.9 })).toBeGreaterThan(small);
        expect(viewersAtOnce({ ...base, effect, alpha: 0.01 })).toBeGreaterThan(small);
        expect(viewersAtOnce({ ...base, effect, arms: 4 })).toBeGreaterThan(small);
      }),
    );
  });

  it('are more when it is looked at every day, but not twice as many', () => {
    for (const [from, to] of [
      [0.02, 0.025],
      [0.1, 0.12],
      [0.3, 0.35],
    ] as const) {
      const times = viewersSequentially(question(from, to)) / viewersAtOnce(question(from, to));
      expect(times).toBeGreaterThan(1.4);
      expect(times).toBeLessThan(2);
    }
  });

  it('take days', () => {
    expect(daysFor(13_809, 2, 500)).toBe(56);
    expect(daysFor(0, 2, 500)).toBe(0);
  });

  it('refuse rates that are none', () => {
    expect(() => viewersAtOnce(question(0.6, 1.1))).toThrow(RangeError);
    expect(() => viewersAtOnce(question(0.6, 0.6))).toThrow(RangeError);
    expect(() => viewersSequentially({ ...question(0.5, 0.6), baseline: 0 })).toThrow(RangeError);
  });
});

describe('the smallest effect that is found', () => {
  it('is the one that needs just so many viewers', () => {
    for (const needed of [viewersAtOnce, viewersSequentially]) {
      const asked = question(0.05, 0.06);
      const effect = smallestEffect(needed(asked), asked, needed) ?? 0;
      expect(effect).toBeGreaterThan(0.198);
      expect(effect).toBeLessThan(0.2005);
    }
  });

  it('is none where there are too few', () => {
    expect(smallestEffect(3, question(0.5, 0.6, { alpha: 0.001 }), viewersAtOnce)).toBeNull();
    expect(smallestEffect(30, question(0.5, 0.6, { alpha: 0.001 }), viewersAtOnce)).toBeGreaterThan(0.8);
  });
});
