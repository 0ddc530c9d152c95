import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/simulate/traffic/random.ts';
import { banditShares } from '../../../../src/tracking/experiments/bandit.ts';
import { bayesianChoice, beliefs, type Tally } from '../../../../src/tracking/experiments/bayes.ts';
import { betaQuantile, logBeta } from '../../../../src/tracking/experiments/special.ts';

const tally = fc
  .tuple(fc.integer({ min: 0, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([viewers, share]): Tally => ({ viewers, conversions: Math.floor(viewers * share * share) }));
const tallies = fc.array(tally, { minLength: 2, maxLength: 4 });

/** P(B > A) in closed form (Miller, "Formulas for Bayesian A/B testing", 2015). */
const closedForm = (a: Tally, b: Tally): number => {
  const [a1, b1] = [a.conversions + 1, a.viewers - a.conversions + 1];
  const [a2, b2] = [b.conversions + 1, b.viewers - b.conversions + 1];
  let sum = 0;
  for (let i = 0; i < a2; i += 1)
    sum += Math.exp(logBeta(a1 + i, b1 + b2) - Math.log(b2 + i) - logBeta(1 + i, b2) - logBeta(a1, b1));
  return sum;
};

describe('what is believed of arms', () => {
  it('has P(best) of two arms as the closed form has it', () => {
    fc.assert(
      fc.property(tally, tally, (a, b) => {
        expect(beliefs([a, b])[1]?.best).toBeCloseTo(closedForm(a, b), 7);
      }),
      { numRuns: 20 },
    );
  });

  it('adds up to one, and does not depend on the order of arms', () => {
    fc.assert(
      fc.property(tallies, (arms) => {
        const found = beliefs(arms);
        expect(found.reduce((sum, { best }) => sum + best, 0)).toBeCloseTo(1, 12);
        const back = beliefs([...arms].reverse()).toReversed();
        for (const [index, { best, loss, mean, low, high }] of found.entries()) {
          expect(back[index]?.best).toBeCloseTo(best, 9);
          expect(back[index]?.loss).toBeCloseTo(loss, 9);
          expect(low).toBeLessThan(mean);
          expect(high).toBeGreaterThan(mean);
          expect(loss).toBeGreaterThanOrEqual(0);
          // What is lost by one arm rather than another is the difference of their means.
          expect(loss - (found[0]?.loss ?? 0)).toBeCloseTo((found[0]?.mean ?? 0) - mean, 9);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('has the loss and P(best) of three arms that draws have', () => {
    const arms = [
      { viewers: 400, conversions: 20 },
      { viewers: 300, conversions: 19 },
      { viewers: 50, conversions: 2 },
    ];
    const { next } = createRandom(1, 'beliefs');
    // Quantiles at 500 points are enough to draw from.
    const tables = arms.map(({ viewers, conversions }) =>
      Array.from({ length: 500 }, (_, i) =>
        betaQuantile(1 + conversions, 1 + viewers - conversions, (i + 0.5) / 500),
      ),
    );
    const runs = 20_000;
    const won = [0, 0, 0];
    const lost = [0, 0, 0];
    for (let run = 0; run < runs; run += 1) {
      const rates = tables.map((table) => table[Math.floor(next() * 500)] ?? 0);
      const most = Math.max(...rates);
      won[rates.indexOf(most)] = (won[rates.indexOf(most)] ?? 0) + 1;
      for (const [index, rate] of rates.entries()) lost[index] = (lost[index] ?? 0) + most - rate;
    }
    for (const [index, { best, loss }] of beliefs(arms).entries()) {
      expect(Math.abs(best - (won[index] ?? 0) / runs)).toBeLessThan(0.01);
      expect(Math.abs(loss - (lost[index] ?? 0) / runs)).toBeLessThan(0.0006);
    }
  });

  it('does not lose a narrow law among wide ones', () => {
    const [wide, narrow] = beliefs([
      { viewers: 0, conversions: 0 },
      { viewers: 1_000_000, conversions: 30_000 },
    ]);
    expect(wide?.best).toBeCloseTo(0.97, 4);
    expect(narrow?.loss).toBeCloseTo(0.97 * (0.515 - 0.03), 3);
  });

  it('stops for an arm that is surely the best, or as good as it', () => {
    const clear = beliefs([
      { viewers: 5000, conversions: 100 },
      { viewers: 5000, conversions: 160 },
    ]);
    expect(bayesianChoice(clear, 0.2)).toBe(1);
    const open = beliefs([
      { viewers: 500, conversions: 10 },
      { viewers: 500, conversions: 14 },
    ]);
    expect(bayesianChoice(open, 0.2)).toBeUndefined();
  });
});

describe('shares of a bandit', () => {
  it('never fall below the floor, add up to one, and go where the rate is', () => {
    fc.assert(
      fc.property(tallies, fc.double({ min: 0.01, max: 0.25, noNaN: true }), (arms, floor) => {
        const shares = banditShares(arms, floor);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10);
        for (const share of shares) expect(share).toBeGreaterThanOrEqual(floor - 1e-12);
      }),
      { numRuns: 15 },
    );
    const [worse, better] = banditShares(
      [
        { viewers: 5000, conversions: 100 },
        { viewers: 5000, conversions: 160 },
      ],
      0.1,
    );
    expect(better).toBeCloseTo(0.9, 3);
    expect(worse).toBeCloseTo(0.1, 3);
  });

  it('begin even', () => {
    const nobody = { viewers: 0, conversions: 0 };
    for (const share of banditShares([nobody, nobody, nobody], 0.1)) expect(share).toBeCloseTo(1 / 3, 10);
  });
});
