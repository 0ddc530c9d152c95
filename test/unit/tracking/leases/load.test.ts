import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMeasures,
  BIN_MS,
  binExposure,
  type LoadMeasure,
  meanLength,
  peakLoad,
  WEEK_BINS,
  weekBin,
  weekLoad,
  weekLoss,
} from '../../../../src/tracking/leases/load.ts';

const WEEK = WEEK_BINS * BIN_MS;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const lengthsOf = (durations: readonly number[]): LoadMeasure['lengths'] => {
  const lengths = new Map<number, { count: number; restMs: number }>();
  for (const duration of durations) {
    const bin = Math.floor(duration / BIN_MS);
    const { count, restMs } = lengths.get(bin) ?? { count: 0, restMs: 0 };
    lengths.set(bin, { count: count + 1, restMs: restMs + (duration % BIN_MS) });
  }
  return lengths;
};

const measureOf = (
  times: readonly number[],
  durations: readonly number[],
  from: number,
  to: number,
): LoadMeasure => {
  const arrivals = new Array<number>(WEEK_BINS).fill(0);
  for (const time of times) arrivals[weekBin(time)] = (arrivals[weekBin(time)] ?? 0) + 1;
  return { arrivals, exposure: binExposure(from, to), lengths: lengthsOf(durations) };
};

describe('the load of a week', () => {
  it('is λT in all (Little), whatever the hours', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: WEEK - 1 }), { minLength: 1, maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: WEEK / 4 }), { minLength: 1, maxLength: 20 }),
        (times, durations) => {
          const measure = measureOf(times, durations, 0, WEEK);
          const mean = sum(durations) / durations.length;
          expect(meanLength(measure)).toBeCloseTo(mean, 3);
          expect(sum(weekLoad(measure).load) * BIN_MS).toBeCloseTo(times.length * mean, -2);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('folds what is kept for longer than a week', () => {
    const { load } = weekLoad(measureOf([0], [2 * WEEK], 0, WEEK));
    expect(Math.min(...load)).toBeCloseTo(2);
    expect(Math.max(...load)).toBeCloseTo(2);
  });

  it('follows arrivals by the time that numbers are kept', () => {
    // Many arrivals in one bin, each for 15 minutes: three bins of load, then none.
    const start = 100 * BIN_MS;
    const times = Array.from({ length: 1200 }, (_, n) => start + n);
    const { load, busy } = weekLoad(measureOf(times, [900_000], 0, WEEK));
    expect(load.slice(99, 105).map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
      0, 1200, 1200, 1200, 0, 0,
    ]);
    expect(busy.filter(Boolean)).toHaveLength(12);
    expect(busy[100]).toBe(true);
    expect(peakLoad({ load, busy })).toBeCloseTo(1200);
  });

  it('takes few arrivals for what they are: the rate of the hour around them', () => {
    const { load } = weekLoad(measureOf([100 * BIN_MS], [BIN_MS], 0, WEEK));
    expect(load[100]).toBeCloseTo(1 / 13);
    expect(load.filter((value) => value > 1e-9)).toHaveLength(13);
  });

  it('is steady for steady arrivals, and loses what Erlang says of each arrival', () => {
    const times = Array.from({ length: WEEK_BINS }, (_, bin) => bin * BIN_MS);
    const week = weekLoad(measureOf(times, [1_500_000, 1_500_000], 0, WEEK));
    expect(Math.min(...week.load)).toBeCloseTo(5);
    expect(peakLoad(week)).toBeCloseTo(5);
    expect(weekLoss(week, (load) => load / 100)).toBeCloseTo(0.05);
  });

  it('is an average over the weeks that were seen', () => {
    const week = [1, 2, 3].map((n) => n * BIN_MS);
    const twice = [...week, ...week.map((time) => time + WEEK)];
    const one = weekLoad(measureOf(week, [600_000], 0, WEEK));
    const two = weekLoad(measureOf(twice, [600_000], 0, 2 * WEEK));
    expect(two.load).toEqual(one.load);
    const added = addMeasures(
      measureOf(week, [600_000], 0, WEEK),
      measureOf(week, [600_000], WEEK, 2 * WEEK),
    );
    expect(weekLoad(added).load).toEqual(one.load);
  });

  it('counts parts of bins that were seen', () => {
    const exposure = binExposure(BIN_MS / 2, WEEK + 2 * BIN_MS);
    expect(exposure[0]).toBeCloseTo(1.5);
    expect(exposure[1]).toBeCloseTo(2);
    expect(exposure[2]).toBeCloseTo(1);
    expect(sum(exposure)).toBeCloseTo(WEEK_BINS + 1.5);
  });
});
