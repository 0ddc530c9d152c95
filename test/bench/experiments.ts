import { experimentSchema } from '../../src/config/index.ts';
import { createRandom } from '../../src/simulate/index.ts';
import {
  armFor,
  type BanditRuns,
  type BrokenSplit,
  type Difference,
  type ExperimentSimulation,
  type NoDifference,
  simulateBandit,
  simulateBrokenSplit,
  simulateDifference,
  simulateNoDifference,
} from '../../src/tracking/index.ts';
import { openLeaseStage } from '../integration/tracking/leases-stage.ts';
import { type Distribution, distribution, round } from './figures.ts';

export type ExperimentFigures = {
  readonly options: ExperimentSimulation;
  readonly noDifference: NoDifference;
  readonly difference: Difference;
  readonly brokenSplit: BrokenSplit;
  readonly bandit: BanditRuns;
  readonly seconds: number;
};

/** Experiments whose truth is known, looked at every day: a thousand of each kind, as `dialtrace experiment simulate` has them. */
export const playExperiments = (runs: number): ExperimentFigures => {
  const began = performance.now();
  const options: ExperimentSimulation = {
    runs,
    days: 28,
    viewersPerDay: 300,
    baseline: 0.02,
    effect: 0.5,
    alpha: 0.05,
    power: 0.8,
    floor: 0.1,
    seed: 1,
  };
  const draw = (name: string) => createRandom(options.seed, name).next;
  return {
    options,
    noDifference: simulateNoDifference(options, draw),
    difference: simulateDifference(options, draw),
    brokenSplit: simulateBrokenSplit(options, draw),
    bandit: simulateBandit({ ...options, runs: Math.ceil(runs / 5) }, draw),
    seconds: round((performance.now() - began) / 1000),
  };
};

export type ArmCost = {
  readonly mode: 'fixed' | 'bandit';
  readonly viewers: number;
  /** Of a new viewer, and of one that comes back. */
  readonly newMicroseconds: Distribution;
  readonly againMicroseconds: Distribution;
  /** The first question of a minute, when a bandit's shares are computed anew. */
  readonly sharesMs: number;
};

/** What it costs to find the arm of a viewer. */
export const armCost = async (mode: ArmCost['mode'], viewers: number): Promise<ArmCost> => {
  const stage = await openLeaseStage();
  try {
    const arms = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
    const experiment = experimentSchema.parse({ id: 'bench', button: 'sales', mode, arms });
    const at = 1_700_000_000_000;
    const timed = (prefix: string): readonly number[] =>
      Array.from({ length: viewers }, (_, index) => {
        const began = performance.now();
        armFor(stage.file, experiment, `${prefix} ${index}`, at);
        return (performance.now() - began) * 1000;
      });
    const first = stage.file.transaction(() => timed('viewer'))();
    const again = timed('viewer');
    const began = performance.now();
    armFor(stage.file, experiment, 'one more', at + 3_600_000);
    const sharesMs = round(performance.now() - began, 1);
    return {
      mode,
      viewers,
      newMicroseconds: distribution(first),
      againMicroseconds: distribution(again),
      sharesMs,
    };
  } finally {
    await stage.close();
  }
};
