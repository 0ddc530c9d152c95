import type { DialFailure, FlowFacts, FlowState, FlowStep, PathEntry } from '../types.ts';

/** What whoever is rung does. */
export type Answering = 'answer' | 'busy' | 'no-answer' | 'rejected' | 'unavailable';
/** A group as a whole: each of its members, or its queue. */
export type GroupAnswering = Answering | 'full' | 'empty';

/** A map, as far as it is asked. */
export type Known<Value> = { get(name: string): Value | undefined };

/** A call to be thought through. Durations are milliseconds. */
export type Scenario = {
  readonly facts: FlowFacts;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /**
   * What the caller presses: `2`, `20481#`; empty: nothing. A list has an entry for each question and nothing after the last;
   * a function is asked at each.
   */
  readonly keys: readonly string[] | ((asked: FlowStep) => string);
  /** By id of a line, name of a user or id of a group. Who is not named answers. */
  readonly answers: Known<GroupAnswering>;
  /** Exits of `decide` steps by the name of the step; others get no answer. */
  readonly decisions: Known<string>;
  /** How long lines ring, where the flow doesn't say. */
  readonly lineRingMs: Known<number>;
  /** How long prompts are, where it is known. */
  readonly promptMs: Known<number>;
  /** The caller hangs up after having waited so long for somebody; default: never. */
  readonly patienceMs?: number | undefined;
  /** Who answers does so after this time; default 6 s. */
  readonly answerMs?: number | undefined;
  /** Wait in a queue whose members answer; default 25 s. */
  readonly queueMs?: number | undefined;
};

/** How a call ended. */
export type Ending = {
  /**
   * `answered`: somebody talked to the caller; `voicemail`: the caller left a message; `hung-up`: the caller went away;
   * `ended`: the flow ended the call; `endless`: it never did.
   */
  readonly how: 'answered' | 'voicemail' | 'hung-up' | 'ended' | 'endless';
  /** Step at which it did. */
  readonly step: string | undefined;
  readonly at: number;
  /** Line or user that answered. */
  readonly by: string | undefined;
  /** Cause of `ended`. */
  readonly cause: 'normal' | 'busy' | 'unavailable' | 'rejected' | DialFailure | undefined;
  /** One sentence. */
  readonly text: string;
};

export type Simulation = {
  readonly path: readonly PathEntry[];
  readonly ending: Ending;
  /** From the first step to the end, or to the answer. */
  readonly durationMs: number;
  /** Of it, time in which others were rung or the caller stood in a queue. */
  readonly waitMs: number;
  readonly state: FlowState;
  /** What was taken for granted, in sentences. */
  readonly assumed: readonly string[];
};
