import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LAW, MINUTE_MS } from '../../../../src/tracking/matching/law.ts';
import { fitVisitLength, meanInverse } from '../../../../src/tracking/matching/visit-length.ts';
import { seeded } from './traffic.ts';

const VISIT = DEFAULT_LAW.visit;

/** Lengths whose logarithms are evenly spread through the normal distribution: an integral by 200,000 points. */
const lengths = (() => {
  const random = seeded(7);
  return Array.from({ length: 200_000 }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return Math.exp(VISIT.mu + VISIT.sigma * radius * Math.cos(2 * Math.PI * random()));
  });
})();

describe('how densely a call falls on a visit that is not over', () => {
  it.each([0, 10_000, MINUTE_MS, 5 * MINUTE_MS, 20 * MINUTE_MS])(
    'is the mean of 1/length over longer visits (%i ms)',
    (elapsed) => {
      const longer = lengths.filter((length) => length > elapsed);
      const mean = longer.reduce((sum, length) => sum + 1 / length, 0) / longer.length;
      expect(meanInverse(VISIT, elapsed) / mean).toBeCloseTo(1, 1);
    },
  );

  it('never grows, and stays below 1/elapsed, however long it takes', () => {
    const time = fc.double({ min: 1, max: 30 * 86_400_000, noNaN: true });
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [short, long] = a < b ? [a, b] : [b, a];
        const density = meanInverse(VISIT, long);
        expect(density).toBeGreaterThan(0);
        expect(density).toBeLessThanOrEqual(1 / long);
        expect(density).toBeLessThanOrEqual(meanInverse(VISIT, short) * (1 + 1e-6));
      }),
    );
  });
});

describe('the law of visit lengths', () => {
  it('is found again', () => {
    const { mu, sigma } = fitVisitLength(lengths.slice(0, 5000), { mu: 5, sigma: 3 });
    expect(mu).toBeCloseTo(VISIT.mu, 1);
    expect(sigma).toBeCloseTo(VISIT.sigma, 0);
  });

  it('stays at the defaults without visits', () => {
    expect(fitVisitLength([], VISIT)).toEqual(VISIT);
  });
});
