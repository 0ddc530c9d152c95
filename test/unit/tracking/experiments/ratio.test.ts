import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/simulate/traffic/random.ts';
import { NO_SUMS, type Sums } from '../../../../src/tracking/experiments/evidence.ts';
import { ratioOfShares, ratioOfWeights } from '../../../../src/tracking/experiments/ratio.ts';

describe('the split', () => {
  it('raises an alarm at 47 to 53 of 10,000, and none at 495 to 505 of 1,000', () => {
    expect(ratioOfShares([4700, 5300], [0.5, 0.5])).toMatchObject({ statistic: 36, alarm: true });
    expect(ratioOfShares([495, 505], [0.5, 0.5])).toMatchObject({ statistic: 0.1, alarm: false });
    expect(ratioOfShares([495, 505], [0.5, 0.5]).p).toBeCloseTo(0.7518, 4);
    expect(ratioOfShares([0, 0], [0.5, 0.5])).toMatchObject({ p: 1, alarm: false });
    // As planned, though uneven.
    expect(ratioOfShares([900, 100], [0.9, 0.1]).p).toBe(1);
    expect(ratioOfShares([500, 500], [0.9, 0.1]).alarm).toBe(true);
  });

  it('does not depend on the order of arms', () => {
    const arm = fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(arm, { minLength: 2, maxLength: 6 }), (arms) => {
        const total = arms.reduce((sum, [, weight]) => sum + weight, 0);
        const check = (of: typeof arms) =>
          ratioOfShares(
            of.map(([viewers]) => viewers),
            of.map(([, weight]) => weight / total),
          );
        const one = check(arms);
        expect(check([...arms].reverse()).statistic).toBeCloseTo(one.statistic, 6);
        expect(one.p).toBeGreaterThanOrEqual(0);
        expect(one.p).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the split of a bandit', () => {
  /** Viewers whose shares change as they come; `lost`: share of the second arm's that gets lost. */
  const viewers = (count: number, lost: number, seed: number): readonly Sums[] => {
    const { next } = createRandom(seed, 'bandit split');
    const weights: [number[], number[]] = [[], []];
    for (let i = 0; i < count; i += 1) {
      const second = 0.1 + (0.8 * i) / count;
      const isSecond = next() < second;
      if (isSecond && next() < lost) continue;
      weights[isSecond ? 1 : 0].push(1 / (isSecond ? second : 1 - second));
    }
    return weights.map((own) => ({
      ...NO_SUMS,
      viewers: own.length,
      weight: own.reduce((sum, weight) => sum + weight, 0),
      weightSquared: own.reduce((sum, weight) => sum + weight * weight, 0),
    }));
  };

  it('is quiet while probabilities were kept to, and loud where viewers of an arm get lost', () => {
    const seeds = Array.from({ length: 40 }, (_, seed) => seed);
    const alarms = (lost: number): number =>
      seeds.filter((seed) => ratioOfWeights(viewers(3000, lost, seed), 0.1).alarm).length;
    expect(alarms(0)).toBe(0);
    expect(alarms(0.2)).toBeGreaterThan(30);
  });

  it('is loud about an arm that nobody gets', () => {
    const one: Sums = { ...NO_SUMS, viewers: 400, weight: 400, weightSquared: 400 };
    expect(ratioOfWeights([one, NO_SUMS], 0.1).alarm).toBe(true);
    expect(ratioOfWeights([NO_SUMS, NO_SUMS], 0.1).alarm).toBe(false);
  });
});
