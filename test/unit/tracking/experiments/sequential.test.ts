import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/simulate/traffic/random.ts';
import { informationFor, powerOfLooks } from '../../../../src/tracking/experiments/crossing.ts';
import type { DaySums, Sums } from '../../../../src/tracking/experiments/evidence.ts';
import {
  differenceOf,
  followDays,
  holm,
  logMixtureRatio,
  sequenceHalfWidth,
} from '../../../../src/tracking/experiments/sequential.ts';

const plain = (viewers: number, conversions: number): Sums => ({
  viewers,
  conversions,
  weight: viewers,
  weightSquared: viewers,
  convertedWeight: conversions,
});
const dayOf = (day: number, ...arms: Sums[]): DaySums => ({ day, arms });
const OPTIONS = { effect: 0.2, alpha: 0.05 };

const above = (max: number) => fc.double({ min: 1e-6, max, noNaN: true });

describe('the mixture test', () => {
  it('is the mean of likelihood ratios over the differences that it mixes', () => {
    const [value, variance, tau] = [0.011, 0.00002, 0.005];
    let mean = 0;
    const step = tau / 200;
    for (let theta = -10 * tau; theta <= 10 * tau; theta += step) {
      const weight = Math.exp((-theta * theta) / (2 * tau * tau)) / (tau * Math.sqrt(2 * Math.PI));
      mean += weight * step * Math.exp((theta * value - (theta * theta) / 2) / variance);
    }
    expect(Math.exp(logMixtureRatio(value, variance, tau))).toBeCloseTo(mean, 6);
  });

  it('finds a difference just when its confidence sequence leaves zero out', () => {
    fc.assert(
      fc.property(
        above(0.5),
        above(0.01),
        above(0.1),
        fc.constantFrom(0.01, 0.05, 0.2),
        (value, variance, tau, alpha) => {
          const half = sequenceHalfWidth(variance, tau, alpha);
          fc.pre(Math.abs(value - half) > 1e-9);
          expect(logMixtureRatio(value, variance, tau) >= Math.log(1 / alpha)).toBe(value > half);
        },
      ),
    );
  });

  it('asks for more than a test for one look', () => {
    fc.assert(
      fc.property(above(0.01), above(0.1), (variance, tau) => {
        expect(sequenceHalfWidth(variance, tau, 0.05)).toBeGreaterThan(1.96 * Math.sqrt(variance));
      }),
    );
  });

  it('is not sure of an arm in which nobody has called yet', () => {
    const difference = differenceOf({ trials: 1000, rate: 0.02 }, { trials: 60, rate: 0 });
    expect(difference?.variance).toBeGreaterThan(0.0002);
    expect(differenceOf({ trials: 5, rate: 0.2 }, { trials: 0, rate: 0 })).toBeUndefined();
  });
});

describe('several arms', () => {
  it('are adjusted by Holm', () => {
    const [a, b, c, d] = holm([0.01, 0.04, 0.03, 0.005]);
    expect([a, b, c, d].map((p) => p?.toFixed(3))).toEqual(['0.030', '0.060', '0.060', '0.020']);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });

  it('get the same figures in any order of the others', () => {
    const counts = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 0.2, noNaN: true }));
    fc.assert(
      fc.property(fc.array(counts, { minLength: 3, maxLength: 5 }), (given) => {
        const sums = given.map(([viewers, rate]) => plain(viewers, Math.round(viewers * rate)));
        const [first, ...others] = sums;
        if (!first) return;
        const one = followDays([dayOf(1, first, ...others)], OPTIONS);
        const back = followDays([dayOf(1, first, ...[...others].reverse())], OPTIONS).toReversed();
        for (const [index, { difference, low, high, p }] of one.entries()) {
          expect(back[index]?.difference).toBeCloseTo(difference, 12);
          expect(back[index]?.p).toBeCloseTo(p, 12);
          expect(low).toBeLessThanOrEqual(difference);
          expect(high).toBeGreaterThanOrEqual(difference);
        }
      }),
    );
  });
});

describe('looks day by day', () => {
  const clear = [dayOf(10, plain(100, 2), plain(100, 3)), dayOf(11, plain(5000, 100), plain(5000, 190))];

  it('keep the day of the decision, and its p, whatever comes later', () => {
    const seen: (readonly number[])[] = [];
    const later = [...clear, dayOf(12, plain(9000, 180), plain(9000, 200))];
    const [comparison] = followDays(later, OPTIONS, (_day, p) => seen.push(p));
    expect(comparison).toMatchObject({ decidedOn: 11, direction: 1 });
    expect(seen.map(([p]) => p)).toEqual([expect.any(Number), comparison?.p, comparison?.p]);
    expect(seen[0]?.[0]).toBeGreaterThan(0.05);
    expect(comparison?.difference).toBeCloseTo(20 / 9000, 12);
  });

  it('say when the arm is the worse one', () => {
    const turned = clear.map(({ day, arms }) => dayOf(day, ...[...arms].reverse()));
    expect(followDays(turned, OPTIONS)).toMatchObject([{ decidedOn: 11, direction: -1 }]);
  });

  it('know nothing without viewers', () => {
    expect(followDays([dayOf(1, plain(0, 0), plain(5, 5))], OPTIONS)).toMatchObject([
      { p: 1, decidedOn: null, low: -1, high: 1 },
    ]);
    expect(followDays([], OPTIONS)).toEqual([]);
  });
});

describe('the power of looks', () => {
  it('is that of random walks', () => {
    const { next } = createRandom(7, 'walks');
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    const [information, spread, alpha, runs] = [9, 1.1, 0.05, 4000];
    let found = 0;
    for (let run = 0; run < runs; run += 1) {
      let score = 0;
      for (let look = 1; look <= 28; look += 1) {
        score += Math.sqrt(information) / 28 + normal() * Math.sqrt(1 / 28);
        const time = look / 28;
        // In units of the difference: the estimate, and its variance.
        const value = score / time / Math.sqrt(information);
        const ratio = logMixtureRatio(value, 1 / (information * time), spread);
        if (ratio < Math.log(1 / alpha)) continue;
        if (value > 0) found += 1;
        break;
      }
    }
    const power = powerOfLooks(information, spread, alpha);
    expect(Math.abs(found / runs - power)).toBeLessThan(3.3 * Math.sqrt((power * (1 - power)) / runs));
  });

  it('grows with what is known, and is undone by the information for it', () => {
    const powers = [0.5, 2, 8, 16, 32].map((information) => powerOfLooks(information, 1.1, 0.05));
    expect(powers).toEqual([...powers].sort((a, b) => a - b));
    expect(powers.at(-1)).toBeLessThanOrEqual(1);
    expect(powerOfLooks(informationFor(0.9, 1.1, 0.05), 1.1, 0.05)).toBeCloseTo(0.9, 2);
  });
});
