import { describe, expect, it } from 'vitest';
import { calibration } from '../../../../src/tracking/matching/calibration.ts';

describe('calibration', () => {
  it('is worked by hand', () => {
    const scores = [
      { p: 0.95, right: true },
      { p: 0.97, right: true },
      { p: 0.99, right: false },
      { p: 0.5, right: true },
      { p: 0.55, right: false },
    ];
    const found = calibration(scores);
    expect(found.calls).toBe(5);
    expect(found.brier).toBeCloseTo((0.05 ** 2 + 0.03 ** 2 + 0.99 ** 2 + 0.25 + 0.55 ** 2) / 5, 12);
    expect(found.calibrationError).toBeCloseTo((3 * Math.abs(0.97 - 2 / 3) + 2 * 0.025) / 5, 12);
    expect(found.sure).toEqual({ calls: 3, share: 0.6, rightShare: 2 / 3 });
    expect(found.bins[5]).toEqual({ from: 0.5, to: 0.6, calls: 2, meanProbability: 0.525, rightShare: 0.5 });
    expect(found.bins[9]?.calls).toBe(3);
  });

  it('counts a certain match in the last bin', () => {
    expect(calibration([{ p: 1, right: true }]).bins.map(({ calls }) => calls)).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    ]);
  });

  it('says nothing of nothing', () => {
    const { brier, calibrationError, sure } = calibration([]);
    expect([brier, calibrationError, sure.share, sure.rightShare]).toEqual([null, null, null, null]);
  });
});
