import { runBaseline } from './baselines.ts';
import { openDirectSite } from './direct-site.ts';
import { openRealSite } from './real-site.ts';
import { type Run, type Summary, type System, summaries } from './report.ts';
import { BEGIN, runGateway, type Wire } from './run-gateway.ts';
import { scoreGuesses } from './score.ts';
import { createClock, type Site } from './site.ts';
import {
  makeTraffic,
  type Traffic,
  type TrafficOptions,
  WORKLOADS,
  type WorkloadName,
} from './traffic/index.ts';

export type SimulationOptions = {
  readonly seeds: readonly number[];
  readonly days: number;
  readonly visitsPerDay: number;
  readonly workload: WorkloadName;
  /** Counts of tracking numbers, each more than 3. */
  readonly numbers: readonly number[];
  readonly systems: readonly System[];
  /** `real`: SIP calls into a started gateway; `direct`: the call log is written as calls would write it. */
  readonly calls: 'real' | 'direct';
  /** Told now and then how far it is. */
  readonly onProgress?: (words: string) => void;
};

export type Simulation = {
  readonly options: Omit<SimulationOptions, 'onProgress'>;
  /** What the gateway was asked; undefined for the others. */
  readonly runs: readonly (Run & { readonly wire?: Wire; readonly seconds: number })[];
  readonly summaries: readonly Summary[];
};

const PROGRESS_DAYS = 10;

const throughGateway = async (
  traffic: Traffic,
  numbers: number,
  { calls, onProgress }: SimulationOptions,
): ReturnType<typeof runGateway> => {
  const clock = createClock(BEGIN);
  const open = calls === 'real' ? openRealSite : openDirectSite;
  const site: Site = await open({ numbers, clock });
  const { seed, days: last } = traffic.options;
  const onDay = (days: number): void => {
    if (days % PROGRESS_DAYS === 0 && days < last)
      onProgress?.(`seed ${seed}, ${numbers} numbers: day ${days} of ${last}`);
  };
  try {
    return await runGateway({ traffic, numbers, site, clock, onDay });
  } finally {
    await site.close();
  }
};

const runOne = async (
  traffic: Traffic,
  numbers: number,
  system: System,
  options: SimulationOptions,
): Promise<Simulation['runs'][number]> => {
  const started = performance.now();
  const { guesses, wire } =
    system === 'gateway'
      ? await throughGateway(traffic, numbers, options)
      : { guesses: runBaseline(system, traffic, numbers), wire: undefined };
  return {
    seed: traffic.options.seed,
    numbers,
    system,
    score: scoreGuesses(traffic, guesses),
    ...(wire && { wire }),
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
};

/**
 * Sends generated traffic whose truth is known through a gateway of its own, and through simpler systems, and says how often
 * each credited a call to what brought it.
 *
 * @throws FailureError when the gateway can't be started
 */
export const simulate = async (options: SimulationOptions): Promise<Simulation> => {
  const runs: Simulation['runs'][number][] = [];
  for (const seed of options.seeds) {
    const traffic: TrafficOptions = {
      ...WORKLOADS[options.workload],
      seed,
      days: options.days,
      visitsPerDay: options.visitsPerDay,
    };
    const made = makeTraffic(traffic);
    for (const numbers of options.numbers) {
      for (const system of options.systems) {
        options.onProgress?.(`seed ${seed}, ${numbers} numbers: ${system}`);
        runs.push(await runOne(made, numbers, system, options));
      }
    }
  }
  const { onProgress: _, ...asked } = options;
  return { options: asked, runs, summaries: summaries(runs) };
};
