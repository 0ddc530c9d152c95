import type { Answering } from '../simulate/index.ts';
import type { FlowFacts, PathEntry } from '../types.ts';

/** How a call went for its caller. */
export type Outcome = 'answered' | 'voicemail' | 'lost';

/** Somebody who was rung for a call, and what came of it; `cut`: the caller was gone first. */
export type PastLeg = {
  /** Id of the line, or name of the user. */
  readonly name: string;
  readonly result: Answering | 'cut';
  /** How long it rang. */
  readonly ms: number;
};

/** A call as the store has it. */
export type PastCall = {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly facts: FlowFacts;
  /** Its way through the flow that it ran; empty where none was kept. */
  readonly path: readonly PathEntry[];
  /** In the order in which they were rung. */
  readonly legs: readonly PastLeg[];
  readonly outcome: Outcome;
  /** The caller hung up before anybody answered. */
  readonly gaveUp: boolean;
  /** From the beginning to the answer or the end. */
  readonly waitMs: number;
  /** Group in whose queue the caller stood last, and for how long in all. */
  readonly queue: { readonly group: string; readonly ms: number } | undefined;
};

/** Calls by what became of them. Expected numbers where chance is in them: not whole. */
export type OutcomeCounts = {
  readonly answered: number;
  readonly voicemail: number;
  readonly lost: number;
  /** Of all these: those who stood in a queue. */
  readonly waited: number;
  /** From the beginning to the answer, of those who were answered, milliseconds; null: nobody was. */
  readonly meanAnswerMs: number | null;
};

/** A call that goes another way. */
export type Parting = {
  readonly id: string;
  readonly at: number;
  /** Step at which the ways part; undefined: the very first one is another. */
  readonly step: string | undefined;
  /** Exits there, or steps come to first: as it was, as it would be. */
  readonly was: string;
  readonly now: string;
  readonly before: Outcome;
  /** The likeliest; `unknown` where nothing is known of it. */
  readonly after: Outcome | 'unknown';
  /** Probability of `after`. */
  readonly likely: number;
};

export type Replay = {
  readonly calls: number;
  readonly before: OutcomeCounts;
  /** `unknown`: nothing kept says what would have happened. */
  readonly after: OutcomeCounts & { readonly unknown: number };
  /** Calls whose end follows from their own record alone. */
  readonly certain: number;
  /** Calls for which rates of other calls were used. */
  readonly estimated: number;
  /** The earliest first. */
  readonly partings: readonly Parting[];
  /** What can't be known, or was taken for granted; sentences. */
  readonly notes: readonly string[];
};
