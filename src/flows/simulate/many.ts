import { errorMessage } from '../../base/errors.ts';
import type { Flow } from '../types.ts';
import { createCallers } from './callers.ts';
import { simulateCall } from './one.ts';
import type { Ending, Scenario, Simulation } from './types.ts';

/** How values lie, in milliseconds. */
export type Spread = {
  readonly mean: number;
  readonly median: number;
  /** 95 of 100 are not above it. */
  readonly p95: number;
  readonly longest: number;
};

/** What became of many callers. */
export type ManySimulated = {
  readonly callers: number;
  readonly seed: number;
  readonly endings: Readonly<Record<Ending['how'], number>>;
  /** Causes of calls that the flow ended. */
  readonly causes: Readonly<Record<string, number>>;
  readonly steps: readonly {
    readonly step: string;
    readonly kind: string;
    /** Callers who came to it. */
    readonly callers: number;
    /** Ways that they took from it, a caller who came twice twice. */
    readonly exits: Readonly<Record<string, number>>;
  }[];
  /** Steps that nobody came to. */
  readonly unseen: readonly string[];
  /** Waits of those who waited for somebody, to the answer or until they gave up. */
  readonly waits: Spread & { readonly callers: number };
  readonly durations: Spread;
  /** Steps of the longest path. */
  readonly longestPath: number;
  /** Calls in which something was thrown: each is a defect. */
  readonly failures: { readonly calls: number; readonly first: string | undefined };
};

const spreadOf = (values: number[]): Spread => {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    mean: values.length === 0 ? 0 : Math.round(sum / values.length),
    median: at(0.5),
    p95: at(0.95),
    longest: sorted.at(-1) ?? 0,
  };
};

/** Steps passed, one that asked again once. */
const stepsTaken = ({ path }: Simulation): number =>
  path.reduce((count, { exit }) => (exit === 'again' ? count : count + 1), 0);

type Tally = { callers: number; readonly exits: Record<string, number> };

const add = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};

const countSteps = ({ path, ending }: Simulation, tallies: ReadonlyMap<string, Tally>): void => {
  const seen = new Set<string>();
  const visit = (step: string, exit: string): void => {
    const tally = tallies.get(step);
    if (tally === undefined) return;
    if (!seen.has(step)) tally.callers += 1;
    seen.add(step);
    add(tally.exits, exit);
  };
  for (const { step, kind, exit } of path) if (kind !== 'end') visit(step, exit ?? 'the call ends');
  const { how, step } = ending;
  if (step !== undefined && (how === 'answered' || how === 'hung-up')) visit(step, how);
};

/**
 * A flow with many callers made up by chance (the same for the same seed): whether each call ends, how, and what each step
 * is for. Shares are of these callers, not of real ones.
 *
 * @param options.from beginning of the year in which they call, milliseconds since the epoch
 */
export const simulateMany = (
  flow: Flow,
  callers: number,
  seed: number,
  options: { readonly from: number; readonly lineRingMs?: Scenario['lineRingMs'] },
): ManySimulated => {
  const next = createCallers(flow, { from: options.from, seed, lineRingMs: options.lineRingMs ?? new Map() });
  const endings: Record<Ending['how'], number> = {
    answered: 0,
    voicemail: 0,
    'hung-up': 0,
    ended: 0,
    endless: 0,
  };
  const causes: Record<string, number> = {};
  const tallies = new Map(
    [...flow.steps.keys()].map((name): [string, Tally] => [name, { callers: 0, exits: {} }]),
  );
  const waits: number[] = [];
  const durations: number[] = [];
  let longestPath = 0;
  let failed = 0;
  let first: string | undefined;
  for (let index = 0; index < callers; index += 1) {
    const scenario = next();
    try {
      const simulation = simulateCall(flow, scenario);
      const { ending } = simulation;
      endings[ending.how] += 1;
      if (ending.how === 'ended') add(causes, ending.cause ?? 'normal');
      countSteps(simulation, tallies);
      if (simulation.waitMs > 0) waits.push(simulation.waitMs);
      durations.push(simulation.durationMs);
      longestPath = Math.max(longestPath, stepsTaken(simulation));
    } catch (error) {
      failed += 1;
      first ??= `caller ${index + 1} at ${new Date(scenario.at).toISOString()}: ${errorMessage(error)}`;
    }
  }
  const steps = [...tallies].map(([step, tally]) => ({
    step,
    kind: flow.steps.get(step)?.step.do ?? '',
    callers: tally.callers,
    exits: tally.exits,
  }));
  return {
    callers,
    seed,
    endings,
    causes,
    steps: steps.filter((each) => each.callers > 0).sort((a, b) => b.callers - a.callers),
    unseen: steps.filter((each) => each.callers === 0).map(({ step }) => step),
    waits: { ...spreadOf(waits), callers: waits.length },
    durations: spreadOf(durations),
    longestPath,
    failures: { calls: failed, first },
  };
};
