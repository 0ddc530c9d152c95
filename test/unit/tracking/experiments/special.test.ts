import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  betaCdf,
  betaQuantile,
  chiSquareTail,
  normalCdf,
  normalQuantile,
} from '../../../../src/tracking/experiments/special.ts';

const binomialTail = (from: number, n: number, p: number): number => {
  let term = (1 - p) ** n;
  let sum = 0;
  for (let k = 0; k <= n; k += 1) {
    if (k >= from) sum += term;
    term *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return sum;
};

describe('the incomplete beta function', () => {
  it('is the tail of a binomial law (DLMF 8.17.5)', () => {
    const whole = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(whole, whole, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (a, b, x) => {
        expect(betaCdf(a, b, x)).toBeCloseTo(binomialTail(a, a + b - 1, x), 10);
      }),
    );
  });

  it('has its closed forms and its ends', () => {
    expect(betaCdf(0.5, 0.5, 0.25)).toBeCloseTo(1 / 3, 13);
    expect(betaCdf(1, 1, 0.3)).toBeCloseTo(0.3, 14);
    expect([betaCdf(3, 4, 0), betaCdf(3, 4, 1)]).toEqual([0, 1]);
    // The median of a million viewers is next to the mean.
    expect(betaCdf(30_001, 970_001, 0.03)).toBeCloseTo(0.5, 2);
  });

  it('is undone by its quantile', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (a, b, p) => {
          expect(betaCdf(a, b, betaQuantile(a, b, p))).toBeCloseTo(p, 8);
        },
      ),
    );
  });
});

describe('the normal and the χ² law', () => {
  it('have the values of the tables', () => {
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalCdf(-8) / 6.22096057427178e-16).toBeCloseTo(1, 9);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 11);
    expect(normalQuantile(0.2)).toBeCloseTo(-0.8416212335729143, 11);
    expect(chiSquareTail(3.841458820694124, 1)).toBeCloseTo(0.05, 13);
    expect(chiSquareTail(16.918977604620448, 9)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(0, 3)).toBe(1);
  });

  it('agree with each other', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 8, noNaN: true }), (z) => {
        expect(chiSquareTail(z * z, 1)).toBeCloseTo(2 * normalCdf(-z), 12);
        expect(chiSquareTail(z, 2)).toBeCloseTo(Math.exp(-z / 2), 12);
        expect(normalCdf(z) + normalCdf(-z)).toBeCloseTo(1, 14);
      }),
    );
    expect(() => normalQuantile(1)).toThrow(RangeError);
  });
});
