import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/simulate/traffic/random.ts';
import {
  type SimulationOptions,
  simulateBandit,
  simulateBrokenSplit,
  simulateDifference,
  simulateNoDifference,
} from '../../../../src/tracking/experiments/simulate.ts';

const OPTIONS: SimulationOptions = {
  runs: 100,
  days: 14,
  viewersPerDay: 100,
  baseline: 0.2,
  effect: 0.4,
  alpha: 0.05,
  power: 0.8,
  floor: 0.1,
  seed: 3,
};
const draw = (name: string) => createRandom(3, name).next;

describe('experiments whose truth is known', () => {
  it('raise few false alarms although they are looked at every day, where a plain test raises many', () => {
    const result = simulateNoDifference({ ...OPTIONS, viewersPerDay: 60 }, draw);
    expect(result.sequential).toBeLessThanOrEqual(0.05);
    expect(result.plain).toBeGreaterThan(0.12);
    expect(result.ratioAtEnd).toBeLessThanOrEqual(0.01);
  });

  it('find the difference that they were planned for', () => {
    const result = simulateDifference(OPTIONS, draw);
    // 100 runs of power 0.8: three standard errors are 0.12.
    expect(result.plain).toBeGreaterThan(0.68);
    expect(result.sequential).toBeGreaterThan(0.68);
    expect(result.sequentialByThen).toBeLessThan(result.sequential);
    expect(result.wrongWay).toBeLessThanOrEqual(0.01);
    expect(result.needed).toBeLessThan(0.75);
  });

  it('notice a broken split', () => {
    const result = simulateBrokenSplit({ ...OPTIONS, runs: 12, viewersPerDay: 900 }, draw);
    expect(result.alarms).toBeGreaterThan(0.9);
  });

  it('lose less with a bandit than with an even split, and weigh its figures right', () => {
    const result = simulateBandit({ ...OPTIONS, runs: 15 }, draw);
    expect(result.lost).toBeLessThan(0.7 * result.lostEvenly);
    expect(result.bestShare).toBeGreaterThan(0.6);
    expect(Math.abs(result.weightedRate - result.truth)).toBeLessThan(0.02);
    expect(result.coverage).toBeGreaterThan(0.8);
    expect(result.ratioAlarms).toBe(0);
    expect(result.falsePositives).toBeLessThanOrEqual(0.07);
  });

  it('come out the same from the same seed, and otherwise from another', () => {
    const few = { ...OPTIONS, runs: 5 };
    const one = simulateNoDifference(few, draw);
    expect(simulateNoDifference(few, draw)).toEqual(one);
    const found = simulateDifference(few, draw);
    expect(simulateDifference({ ...few, seed: 4 }, (name) => createRandom(4, name).next)).not.toEqual(found);
  });
});
