import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  erlangB,
  numbersFor,
  numbersForReuse,
  reuseAccuracy,
  stealShare,
} from '../../../../src/tracking/leases/erlang.ts';

const LOSSES = [0.05, 0.02, 0.01, 0.005, 0.001] as const;
/** Published tables of Erlang B: numbers for each of these losses, by load. */
const TABLE: readonly (readonly [load: number, numbers: readonly number[]])[] = [
  [0.5, [3, 3, 4, 4, 5]],
  [1, [4, 4, 5, 5, 6]],
  [2, [5, 6, 7, 7, 8]],
  [3, [7, 8, 8, 9, 10]],
  [5, [9, 10, 11, 12, 14]],
  [8, [13, 14, 15, 16, 18]],
  [10, [15, 17, 18, 19, 21]],
  [15, [20, 23, 24, 26, 28]],
  [20, [26, 28, 30, 32, 35]],
  [30, [36, 39, 42, 44, 47]],
  [50, [56, 61, 64, 66, 71]],
  [100, [105, 113, 117, 121, 128]],
  [200, [202, 214, 221, 227, 238]],
];

describe('the loss formula of Erlang', () => {
  it.each(TABLE)('gives the numbers of the table at %d erlang', (load, numbers) => {
    expect(LOSSES.map((loss) => numbersFor(load, loss))).toEqual(numbers);
  });

  it('gives its textbook values', () => {
    expect(erlangB(10, 10)).toBeCloseTo(0.2146, 4);
    expect(erlangB(10, 18)).toBeCloseTo(0.0071, 4);
    expect(erlangB(3, 0)).toBe(1);
    expect(erlangB(0, 3)).toBe(0);
    expect(numbersFor(0, 0.01)).toBe(1);
  });

  it('falls with each number, and is met by the fewest', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 300, noNaN: true }),
        fc.double({ min: 0.0001, max: 0.5, noNaN: true }),
        (load, loss) => {
          const n = numbersFor(load, loss);
          expect(erlangB(load, n)).toBeLessThanOrEqual(loss);
          expect(erlangB(load, n - 1)).toBeGreaterThan(loss);
          expect(erlangB(load, n + 1)).toBeLessThan(erlangB(load, n));
        },
      ),
    );
  });

  it('refuses losses that are none', () => {
    for (const loss of [0, -1, 1.1, Number.NaN]) expect(() => numbersFor(5, loss)).toThrow(RangeError);
  });
});

describe('steals', () => {
  it('are the tail of Poisson, above what Erlang loses', () => {
    expect(stealShare(2.5, 5)).toBeCloseTo(0.1088, 4);
    expect(stealShare(1, 0)).toBe(1);
    expect(stealShare(0, 1)).toBe(0);
    for (const load of [0.5, 5, 50])
      for (const n of [1, 5, 60])
        expect(stealShare(load, n)).toBeGreaterThanOrEqual(erlangB(load, n) - 1e-12);
  });
});

describe('numbers used in turn', () => {
  it.each([
    [1, [4, 5, 7, 10]],
    [2, [6, 8, 12, 18]],
    [5, [13, 17, 26, 38]],
    [10, [25, 32, 49, 73]],
    [20, [48, 62, 95, 142]],
    [50, [117, 152, 233, 349]],
  ])('need the numbers of the table at ρ = %d', (rho, numbers) => {
    expect([0.9, 0.95, 0.99, 0.999].map((share) => numbersForReuse(rho, share))).toEqual(numbers);
  });

  it('are right as often as the formula says', () => {
    expect(reuseAccuracy(2, 4)).toBeCloseTo(0.8025, 4);
    expect(reuseAccuracy(10, 20)).toBeCloseTo(0.851, 3);
    expect(reuseAccuracy(0, 4)).toBe(1);
  });
});
