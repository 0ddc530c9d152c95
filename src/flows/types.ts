import type {
  FlowPlan,
  GroupPlan,
  RouteCase,
  SchedulePlan,
  Sound,
  StepOf,
  StepPlan,
} from '../config/index.ts';

/**
 * A flow with all that it refers to, closed in itself: it is kept as a version, and a call that began on it ends on it,
 * whatever the plan says meanwhile.
 */
export type FlowDefinition = {
  readonly flow: FlowPlan;
  /** Flows that `goto` leads to, and so on. */
  readonly flows: readonly FlowPlan[];
  readonly groups: readonly GroupPlan[];
  readonly schedules: readonly SchedulePlan[];
};

/** A definition made ready to run. Names of steps of other flows are `flow/step`. */
export type Flow = {
  readonly id: string;
  /** Undefined for the implied flow of a number that has none. */
  readonly version: number | undefined;
  readonly definition: FlowDefinition;
  readonly start: string;
  /** Each step with the flow that it stands in; what it leads to is named as these keys are. */
  readonly steps: ReadonlyMap<string, FlowStep>;
  readonly groups: ReadonlyMap<string, GroupPlan>;
  readonly schedules: ReadonlyMap<string, SchedulePlan>;
};

export type FlowStep = { readonly name: string; readonly flow: FlowPlan; readonly step: StepPlan };

/** What is known of a call when its flow begins. Nothing else decides its way but time and what happens on it. */
export type FlowFacts = {
  readonly callId: string;
  /** The same for each call of one caller: shares are drawn from it. An HMAC, or the call's id for who is anonymous. */
  readonly callerKey: string;
  /** E.164; undefined when it is withheld or no number. Never stands in a path. */
  readonly callerNumber: string | undefined;
  /** ISO 3166 region. */
  readonly country: string | undefined;
  /** Of the area table, where it knows the caller's number: the wider one and the narrower. */
  readonly area: string | undefined;
  readonly city: string | undefined;
  /** Earlier calls of this caller; undefined when it is not known. */
  readonly priorCalls: number | undefined;
  /** Id of the line that answered this caller last: within 30 days, for 30 s at least. */
  readonly lastLine: string | undefined;
  /** E.164 of the tracking number. */
  readonly did: string | undefined;
  readonly source: string | undefined;
  readonly medium: string | undefined;
  readonly campaign: string | undefined;
  readonly keyword: string | undefined;
  readonly channel: string | undefined;
  readonly landing: string | undefined;
  readonly sourceName: string | undefined;
  /** Id of the call button that was pressed, and of what the visitor chose there. */
  readonly button?: string | undefined;
  readonly intent?: string | undefined;
};

/** Where a call is in its flow. Plain data: `JSON.stringify` keeps it. */
export type FlowState = {
  /** Name of the step that waits; undefined when the flow is over. */
  readonly at: string | undefined;
  /** What this step remembers of itself, such as how often it has asked. */
  readonly tries: number;
  readonly language: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Names of variables whose values stand nowhere. */
  readonly sensitive: readonly string[];
  readonly tags: readonly string[];
  /** Undefined: as the flow and its number say. */
  readonly record: boolean | undefined;
  /** Steps taken since the caller or a line last did something: a flow that runs in a circle is stopped. */
  readonly idleSteps: number;
  /** Steps taken in all. */
  readonly steps: number;
  readonly answered: boolean;
  /** How the last attempt to reach somebody failed, for how the call ends. */
  readonly lastFailure: DialFailure | undefined;
};

export type DialFailure = 'no-answer' | 'busy' | 'rejected' | 'unavailable' | 'failed';

/** Who is rung: the lines by themselves, or members of a group. */
export type Targets =
  | { readonly type: 'lines'; readonly lines: readonly string[]; readonly users: readonly string[] }
  | { readonly type: 'group'; readonly group: GroupPlan; readonly skills: readonly string[] };

/** What the caller hears while others are rung. */
export type Hear = 'ringback' | 'music' | readonly Sound[];

/**
 * What is to be done now; the flow goes on with an event when it is done. `answer`, `play`, `gather`, `consent`, `queue`
 * and `voicemail` answer the call if it has not been (`play` not when it is early).
 */
export type FlowAction =
  | { readonly type: 'answer' }
  | {
      readonly type: 'play';
      readonly sounds: readonly Sound[];
      readonly early: boolean;
      readonly bargeIn: boolean;
      readonly times: number;
    }
  | {
      readonly type: 'gather';
      /** Played first; a key ends it where `bargeIn`. Comes after `before` where both are there. */
      readonly sounds: readonly Sound[];
      /** Played before it: why it is asked again. */
      readonly before: readonly Sound[];
      readonly bargeIn: boolean;
      readonly min: number;
      readonly max: number;
      readonly end: string | undefined;
      readonly timeoutMs: number;
      readonly betweenMs: number;
      /** Keys pressed before the question count for it. Not on a second try. */
      readonly typeAhead: boolean;
      /** Its digits stand in no recording, log or record. */
      readonly sensitive: boolean;
    }
  | {
      readonly type: 'consent';
      readonly textId: string;
      readonly sounds: readonly Sound[];
      readonly accept: string | undefined;
      readonly decline: string | undefined;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'dial';
      readonly targets: Targets;
      /** Whose turns are counted: the group's, or the step's own. */
      readonly turnKey: string;
      readonly strategy: GroupPlan['strategy'];
      /** For each target; undefined: as its line says. */
      readonly ringMs: number | undefined;
      readonly maxMs: number | undefined;
      /** Line to ring first. */
      readonly first: string | undefined;
      readonly accept: StepOf<'dial'>['accept'];
      readonly whisper: readonly Sound[] | undefined;
      readonly hear: Hear;
    }
  | {
      readonly type: 'queue';
      readonly targets: Extract<Targets, { type: 'group' }>;
      readonly step: StepOf<'queue'>;
    }
  | { readonly type: 'voicemail'; readonly step: StepOf<'voicemail'> }
  | {
      readonly type: 'decide';
      readonly url: string;
      readonly timeoutMs: number;
      readonly headers: Readonly<Record<string, string>>;
      /** Whether it is told the caller's number. */
      readonly sendNumber: boolean;
    }
  /** The flow is over. */
  | {
      readonly type: 'hangup';
      readonly cause: StepOf<'hangup'>['cause'] | DialFailure;
      readonly reason: string;
    };

/** What became of an action, or the beginning. */
export type FlowEvent =
  | { readonly type: 'begin' }
  | { readonly type: 'answered' }
  | { readonly type: 'played'; readonly heardMs: number; readonly key?: string | undefined }
  | {
      readonly type: 'gathered';
      readonly digits: string;
      /** `end`: the end key; `full`: no more were awaited; `timeout`: no key, or none any more. */
      readonly by: 'end' | 'full' | 'timeout';
    }
  | {
      readonly type: 'consented';
      readonly heardMs: number;
      readonly totalMs: number;
      readonly key: string | undefined;
    }
  /** Nobody answered; where somebody does the conversation is the end of the flow. */
  | { readonly type: 'not-reached'; readonly why: DialFailure; readonly tried: number }
  | {
      readonly type: 'left-queue';
      readonly why: 'exit-key' | 'full' | 'empty' | 'timeout';
      readonly waitedMs: number;
    }
  | {
      readonly type: 'message';
      readonly durationMs: number;
      readonly by: 'silence' | 'key' | 'max' | 'failed';
    }
  | {
      readonly type: 'decided';
      readonly exit: string | undefined;
      readonly variables: Readonly<Record<string, string>>;
      readonly tags: readonly string[];
      /** Why there is no exit. */
      readonly failure: string | undefined;
      readonly tookMs: number;
    }
  /** Something that should not fail did: no port, a prompt that is gone. The flow goes on as if it had been done. */
  | { readonly type: 'failed'; readonly reason: string };

/** One entry of a call's path. Holds no sensitive digit and no caller's number. */
export type PathEntry = {
  readonly step: string;
  readonly kind: StepPlan['do'] | 'end';
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What decided it: the key, the time of day, the share drawn; undefined when nothing did. */
  readonly input: string | undefined;
  /** The exit that was taken: `open`, `1`, `otherwise`, `next`; undefined at the end. */
  readonly exit: string | undefined;
  /** The step that follows. */
  readonly to: string | undefined;
  /** One sentence for people. */
  readonly text: string;
};

export type Advance = {
  readonly state: FlowState;
  readonly action: FlowAction;
  /** What was passed since the last action. */
  readonly path: readonly PathEntry[];
};

/** What one step does, as a function of what it knows; see steps/. */
export type StepContext = {
  readonly flow: Flow;
  readonly facts: FlowFacts;
  readonly state: FlowState;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The step that is run. */
  readonly here: FlowStep;
};

/** Leaves a step by one of its exits. */
export type Leave = {
  readonly type: 'leave';
  readonly exit: string;
  /** Undefined: this exit leads nowhere, and the call ends. */
  readonly to: string | undefined;
  readonly input?: string | undefined;
  /** What happened, as the middle of a sentence: `the caller pressed 2`. */
  readonly text: string;
  /** What changes in the state. A `lastFailure` is the cause when the call ends here. */
  readonly state?: Partial<FlowState>;
};

export type Outcome =
  | Leave
  /** Has something done and waits for what comes of it. */
  | {
      readonly type: 'do';
      readonly action: FlowAction;
      readonly state?: Partial<FlowState>;
      readonly input?: string | undefined;
      /** Noted in the path where there is one, with the exit `again`: it is done once more. */
      readonly text?: string;
    }
  /** Ends the flow. */
  | { readonly type: 'end'; readonly cause: StepOf<'hangup'>['cause'] | DialFailure; readonly text: string };

/** A way out of a step and the step that follows; undefined: the call ends there. */
export type Exit = readonly [exit: string, to: string | undefined];

/** What steps and flows are called in a flow made ready to run. */
export type Names = {
  step(name: string): string;
  /** The step that a flow begins with. */
  flow(id: string): string;
};

/** The logic of one kind of step. */
export type StepKind<K extends StepPlan['do']> = {
  /** Exits in the order in which they are drawn, with where each leads; undefined: the call ends there. */
  exits(step: StepOf<K>): readonly Exit[];
  /** The same step, with what it leads to under other names. */
  retarget(step: StepOf<K>, names: Names): StepOf<K>;
  /** What it does when it is come to. */
  enter(step: StepOf<K>, context: StepContext): Outcome;
  /**
   * What it does when its action is done; kinds without an action have none. The event is one that the action can have, or
   * `failed`.
   */
  resume?(step: StepOf<K>, context: StepContext, event: FlowEvent): Outcome;
};

export type { RouteCase };
