import { type Candidate, chooseRound, NO_TURNS, type Strategy, type Turns } from '../../src/flows/index.ts';

const AGENTS = 1000;
const STRATEGIES: readonly Strategy[] = [
  'simultaneous',
  'sequential',
  'round-robin',
  'weighted',
  'longest-idle',
];

export type ChoiceCost = { readonly strategy: Strategy; readonly p50: number; readonly p99: number };

/** Microseconds that one choice among a thousand agents takes, a tenth of them busy. */
export const choiceCost = (calls: number): readonly ChoiceCost[] =>
  STRATEGIES.map((strategy) => {
    const members: Candidate[] = Array.from({ length: AGENTS }, (_, index) => ({
      id: `user:agent-${index}`,
      weight: 1 + (index % 10),
      priority: 1 + (index % 3),
      available: index % 10 !== 0,
      idleSince: (index * 7919) % 100_000,
    }));
    let turns: Turns = NO_TURNS;
    const choose = (): number => {
      const began = performance.now();
      const choice = chooseRound({ strategy, members, turns, tried: new Set() });
      const took = performance.now() - began;
      turns = choice?.turns ?? turns;
      return took * 1000;
    };
    for (let warm = 0; warm < 200; warm += 1) choose();
    const times = Array.from({ length: calls }, choose).sort((a, b) => a - b);
    const at = (share: number): number => Math.round(times[Math.floor(share * (calls - 1))] ?? 0);
    return { strategy, p50: at(0.5), p99: at(0.99) };
  });
