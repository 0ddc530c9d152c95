import { describe, expect, it } from 'vitest';
import { costEach, countInterval, moneyFigures, shareOf } from '../../../src/reports/money.ts';

describe('intervals', () => {
  it('are wide for few calls: three are no winner over two', () => {
    const [three, two] = [countInterval(3), countInterval(2)];
    // Exact: 0.818 to 7.754, and 0.355 to 6.296 (chi-squared, 90 %).
    expect(three.low).toBeCloseTo(0.818, 1);
    expect(three.high).toBeCloseTo(7.754, 1);
    expect(two.high).toBeGreaterThan(three.low);
  });

  it('of a share are Wilson’s', () => {
    // 8 of 10: 0.541 to 0.931.
    const { value, low, high } = shareOf(8, 10);
    expect([value, low, high]).toEqual([0.8, expect.closeTo(0.541, 2), expect.closeTo(0.931, 2)]);
    expect(shareOf(0, 0).value).toBeNull();
  });

  it('of a cost turn those of the count round', () => {
    const { value, low, high } = costEach(300_000_000, 3);
    expect(value).toBe(100);
    expect(low).toBeCloseTo(300 / countInterval(3).high, 4);
    expect(high).toBeCloseTo(300 / countInterval(3).low, 4);
  });

  it('without a call have a lower bound alone', () => {
    expect(costEach(300_000_000, 0)).toEqual({
      value: null,
      low: expect.closeTo(300 / 2.996, -1),
      high: null,
    });
    expect(costEach(null, 5)).toEqual({ value: null, low: null, high: null });
  });
});

describe('moneyFigures', () => {
  const input = {
    currency: 'EUR',
    costMicros: 200_000_000,
    valueMicros: 600_000_000,
    valued: 4,
    calls: 20,
    answered: 16,
    qualified: 5,
  };

  it('tells return and profit', () => {
    const money = moneyFigures(input, 0.5);
    expect(money.costPerCall.value).toBe(10);
    expect(money.costPerAnswered.value).toBe(12.5);
    expect(money.costPerQualified.value).toBe(40);
    expect(money.roas.value).toBe(3);
    // (600 × 0.5 − 200) ÷ 200
    expect(money.roi.value).toBe(0.5);
    expect(money.roas.low).toBeLessThan(3);
    expect(money.roi.high).toBeGreaterThan(0.5);
  });

  it('divides by nothing that is not known', () => {
    expect(moneyFigures({ ...input, costMicros: null }, 1)).toMatchObject({
      cost: null,
      roas: { value: null },
    });
    expect(moneyFigures({ ...input, costMicros: 0 }, 1).roas.value).toBeNull();
    expect(moneyFigures({ ...input, valueMicros: 0, valued: 0 }, 1)).toMatchObject({
      roas: { value: 0, high: null },
      roi: { value: -1 },
    });
  });
});
