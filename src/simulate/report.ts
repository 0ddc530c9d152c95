import { pooledReliability, type Reliability, type Score } from './score.ts';

/** What gave numbers to visits and named the visits of calls. `gateway` is the real one. */
export type System = 'gateway' | 'hybrid-last' | 'lru' | 'hash' | 'random';

/** One system on the traffic of one seed. */
export type Run = {
  readonly seed: number;
  readonly numbers: number;
  readonly system: System;
  readonly score: Score;
};

/** Over the seeds; null when no run has the figure. */
export type Spread = { readonly mean: number; readonly least: number; readonly most: number } | null;

export type Summary = {
  readonly numbers: number;
  readonly system: System;
  readonly seeds: number;
  readonly calls: number;
  readonly sourceRight: Spread;
  readonly sourceRightOfVisits: Spread;
  readonly strangersRight: Spread;
  readonly adVisitRight: Spread;
  readonly unattributed: Spread;
  readonly brier: Spread;
  readonly calibrationError: Spread;
  readonly sureShare: Spread;
  readonly sureRight: Spread;
  /** Of all seeds' calls together. */
  readonly pooled: Reliability | null;
};

const spread = (values: readonly (number | null | undefined)[]): Spread => {
  const known = values.filter((value): value is number => typeof value === 'number');
  if (known.length === 0) return null;
  return {
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    least: Math.min(...known),
    most: Math.max(...known),
  };
};

const summarise = (numbers: number, system: System, runs: readonly Run[]): Summary => {
  const of = (figure: (score: Score) => number | null | undefined): Spread =>
    spread(runs.map(({ score }) => figure(score)));
  const known = runs.flatMap(({ score }) => score.reliability ?? []);
  return {
    numbers,
    system,
    seeds: runs.length,
    calls: runs.reduce((sum, { score }) => sum + score.calls, 0),
    sourceRight: of((score) => score.sourceRight),
    sourceRightOfVisits: of((score) => score.sourceRightOfVisits),
    strangersRight: of((score) => score.strangersRight),
    adVisitRight: of((score) => score.adVisitRight),
    unattributed: of((score) => score.unattributed),
    brier: of((score) => score.reliability?.brier),
    calibrationError: of((score) => score.reliability?.error),
    sureShare: of((score) => score.reliability?.sureShare),
    sureRight: of((score) => score.reliability?.sureRight),
    pooled: known.length === 0 ? null : pooledReliability(known),
  };
};

/** A line for each system and count of numbers, in the order of the runs. */
export const summaries = (runs: readonly Run[]): readonly Summary[] => {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = `${run.numbers} ${run.system}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [summarise(first.numbers, first.system, group)];
  });
};
