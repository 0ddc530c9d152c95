import { advanceFlow } from '../interpret.ts';
import type { Advance, Flow, FlowEvent, PathEntry } from '../types.ts';
import type { History } from './history.ts';
import type { Outcome, PastCall } from './types.ts';

/** One way that a call may go, and how likely it is. */
export type Way = {
  readonly outcome: Outcome | 'unknown';
  readonly weight: number;
  readonly path: readonly PathEntry[];
  /** Step at which it ended or at which nothing more is known. */
  readonly at: string | undefined;
  readonly waitMs: number;
  readonly queued: boolean;
  /** Rates of other calls were used. */
  readonly estimated: boolean;
  /** Why nothing more is known; a sentence. */
  readonly why: string | undefined;
};

export type Branch = {
  readonly advance: Advance;
  readonly at: number;
  readonly weight: number;
  readonly path: readonly PathEntry[];
  /** It is the way that the call went. */
  readonly same: boolean;
  readonly queued: boolean;
  readonly estimated: boolean;
  readonly messageRate: number;
  /** How often each step has asked. */
  readonly asked: ReadonlyMap<string, number>;
};

export type Explorer = {
  readonly flow: Flow;
  readonly call: PastCall;
  readonly history: History;
  readonly lineRingMs: { get(name: string): number | undefined };
  readonly open: Branch[];
  readonly ways: Way[];
};

/** Ends a way, or a part of it. */
export const close = (
  explorer: Explorer,
  branch: Branch,
  outcome: Way['outcome'],
  more: { weight?: number; ms?: number; why?: string; estimated?: boolean } = {},
): void => {
  const weight = more.weight ?? branch.weight;
  if (weight <= 0) return;
  explorer.ways.push({
    outcome,
    weight,
    path: branch.path,
    at: branch.advance.state.at ?? branch.path.at(-1)?.step,
    waitMs: branch.at - explorer.call.at + (more.ms ?? 0),
    queued: branch.queued,
    estimated: branch.estimated || more.estimated === true,
    why: more.why,
  });
};

/** Whether a path went the same way as another, as far as it goes. */
export const isBeginning = (path: readonly PathEntry[], whole: readonly PathEntry[]): boolean =>
  path.every(({ step, exit }, index) => whole[index]?.step === step && whole[index]?.exit === exit);

/** Follows what comes of an event. */
export const goOn = (
  { flow, call, open }: Explorer,
  branch: Branch,
  event: FlowEvent,
  ms: number,
  more: Partial<Branch> = {},
): void => {
  // As long as it goes the way that it went, the time is known.
  const next = branch.same ? call.path[branch.path.length] : undefined;
  const at = next !== undefined && next.step === branch.advance.state.at ? next.at : branch.at + ms;
  const advance = advanceFlow(flow, call.facts, branch.advance.state, event, at);
  const path = [...branch.path, ...advance.path];
  const same = branch.same && isBeginning(path, call.path);
  open.push({ ...branch, ...more, advance, at, path, same });
};
