import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { type CostRate, costOf, MICROS, type Period } from '../../../src/reports/index.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Shanghai',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
];

const zone = fc.constantFrom(...ZONES);
const rate: fc.Arbitrary<CostRate> = fc.record({
  amount: fc.integer({ min: 0, max: 10_000_000 }).map((cents) => cents / 100),
  per: fc.constantFrom('day', 'week', 'month', 'year'),
});
const instant = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) });

const between = (from: string, to: string, inZone: string): Period => ({
  from: DateTime.fromISO(from, { zone: inZone }).toMillis(),
  to: DateTime.fromISO(to, { zone: inZone }).toMillis(),
  zone: inZone,
});

describe('costOf', () => {
  it('adds up exactly, wherever a period is cut', () => {
    fc.assert(
      fc.property(rate, zone, instant, instant, instant, (aRate, inZone, ...times) => {
        const [a = 0, b = 0, c = 0] = times.toSorted((x, y) => x - y);
        const cost = (from: number, to: number): number => costOf(aRate, { from, to, zone: inZone });
        expect(cost(a, b) + cost(b, c)).toBe(cost(a, c));
      }),
    );
  });

  it('is the sum over the days, and none costs less than nothing', () => {
    fc.assert(
      fc.property(rate, zone, instant, fc.integer({ min: 1, max: 90 }), (aRate, inZone, start, days) => {
        const first = DateTime.fromMillis(start, { zone: inZone }).startOf('day');
        const bounds = Array.from({ length: days + 1 }, (_, i) =>
          first.plus({ days: i }).startOf('day').toMillis(),
        );
        const costs = bounds
          .slice(1)
          .map((to, i) => costOf(aRate, { from: bounds[i] ?? 0, to, zone: inZone }));
        expect(Math.min(...costs)).toBeGreaterThanOrEqual(0);
        const total = costOf(aRate, { from: bounds[0] ?? 0, to: bounds.at(-1) ?? 0, zone: inZone });
        expect(costs.reduce((sum, cost) => sum + cost, 0)).toBe(total);
      }),
    );
  });

  it.each([
    ['month', '2026-02-01', '2026-03-01', 310],
    ['month', '2026-10-01', '2026-11-01', 310],
    ['year', '2028-01-01', '2029-01-01', 310],
    ['week', '2026-10-19', '2026-10-26', 310],
    ['day', '2026-10-25', '2026-10-26', 310],
    ['month', '2026-10-01', '2026-10-02', 10],
    ['month', '2026-10-25', '2026-10-26', 10],
    ['week', '2026-10-25', '2026-10-26', 310 / 7],
    ['year', '2027-03-28', '2027-03-29', 310 / 365],
  ] as const)('costs a %s from %s to %s: %d', (per, from, to, expected) => {
    const cost = costOf({ amount: 310, per }, between(from, to, 'Europe/Berlin'));
    expect(Math.abs(cost / MICROS - expected)).toBeLessThan(0.000_01);
  });

  it('counts days of 23 and 25 hours as whole days', () => {
    const oneDay = { amount: 24, per: 'day' } as const;
    const shortDay = between('2026-03-29', '2026-03-30', 'Europe/Berlin');
    const longDay = between('2026-10-25', '2026-10-26', 'Europe/Berlin');
    expect(shortDay.to - shortDay.from).toBe(23 * 3_600_000);
    expect(longDay.to - longDay.from).toBe(25 * 3_600_000);
    expect(costOf(oneDay, shortDay)).toBe(24 * MICROS);
    expect(costOf(oneDay, longDay)).toBe(24 * MICROS);
  });

  it('is nothing for an empty or turned period', () => {
    expect(costOf({ amount: 5, per: 'day' }, { from: 10, to: 10, zone: 'UTC' })).toBe(0);
    expect(costOf({ amount: 5, per: 'day' }, { from: 10_000_000, to: 10, zone: 'UTC' })).toBe(0);
  });
});
