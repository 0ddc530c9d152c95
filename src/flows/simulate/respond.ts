import type { Flow, FlowAction, FlowEvent, FlowState, FlowStep } from '../types.ts';
import { answeringOf, candidatesOf, ring } from './ringing.ts';
import { soundsMs } from './timing.ts';
import type { Ending, Scenario } from './types.ts';

/** What comes of an action: an event for the flow, or the end of the call. */
export type Response = {
  /** Until then. */
  readonly ms: number;
  /** The caller waits for somebody meanwhile. */
  readonly waits: boolean;
  readonly result:
    | { readonly event: FlowEvent }
    | { readonly ending: Pick<Ending, 'how' | 'by' | 'cause' | 'text'> };
};

export type Responder = (action: Exclude<FlowAction, { type: 'hangup' }>, state: FlowState) => Response;

const KEY_MS = 800;
/** From the end of a question, or into it where a key ends it, to the first key. */
const THINKING_MS = 1200;
const MESSAGE_MS = 20_000;
const QUEUE_MS = 25_000;
const EXIT_KEY_MS = 10_000;
const DECISION_MS = 150;

type Gather = Extract<FlowAction, { type: 'gather' }>;
type Gathered = Extract<FlowEvent, { type: 'gathered' }>;
type Queue = Extract<FlowAction, { type: 'queue' }>;

const event = (ms: number, happened: FlowEvent, waits = false): Response => ({
  ms: Math.round(ms),
  waits,
  result: { event: happened },
});

const answered = (by: string, ms: number): Response => ({
  ms: Math.round(ms),
  waits: true,
  result: { ending: { how: 'answered', by, cause: undefined, text: `${by} answers; the two talk.` } },
});

const hungUp = (ms: number): Response => ({
  ms: Math.round(ms),
  waits: true,
  result: {
    ending: {
      how: 'hung-up',
      by: undefined,
      cause: undefined,
      text: 'The caller waits no longer and hangs up.',
    },
  },
});

/** What the caller presses, as far as it is not used up. */
type Keys = {
  /** Takes up to `max` digits; `end` ends them. */
  take(asked: FlowStep | undefined, max: number, end: string | undefined): Gathered;
  /** Takes the next key if it is one of these. */
  takeOne(asked: FlowStep | undefined, keys: readonly (string | undefined)[]): string | undefined;
};

/** The digits of an entry, and what is left of it. */
const digitsOf = (entry: string, max: number, end: string | undefined): readonly [Gathered, string] => {
  const stop = end === undefined ? -1 : entry.indexOf(end);
  if (stop >= 0 && stop <= max) {
    return [{ type: 'gathered', digits: entry.slice(0, stop), by: 'end' }, entry.slice(stop + 1)];
  }
  const digits = entry.slice(0, max);
  return [{ type: 'gathered', digits, by: digits.length === max ? 'full' : 'timeout' }, entry.slice(max)];
};

/** A list, of which each question takes its part. */
const listedKeys = (entries: readonly string[]): Keys => {
  const left = [...entries];
  const putBack = (rest: string): void => {
    if (rest !== '') left.unshift(rest);
  };
  return {
    take: (_asked, max, end) => {
      const [gathered, rest] = digitsOf(left.shift() ?? '', max, end);
      putBack(rest);
      return gathered;
    },
    takeOne: (_asked, keys) => {
      const [entry] = left;
      if (entry === undefined || entry === '' || !keys.includes(entry.charAt(0))) return undefined;
      left.shift();
      putBack(entry.slice(1));
      return entry.charAt(0);
    },
  };
};

const askedKeys = (press: (asked: FlowStep) => string): Keys => ({
  take: (asked, max, end) => digitsOf(asked ? press(asked) : '', max, end)[0],
  takeOne: (asked, keys) => {
    const key = asked ? press(asked).charAt(0) : '';
    return key !== '' && keys.includes(key) ? key : undefined;
  },
});

const gatherMs = (action: Gather, got: Gathered, soundMs: number): number => {
  if (got.digits === '' && got.by === 'timeout') return soundMs + action.timeoutMs;
  const typing = THINKING_MS + KEY_MS * Math.max(0, got.digits.length - 1);
  const waiting = got.by === 'timeout' ? action.betweenMs : 0;
  return (action.bargeIn ? Math.min(soundMs, 2000) : soundMs) + typing + waiting;
};

/** Plays the part of the caller, of those who are rung and of the network, as a scenario has it. Remembers keys pressed. */
export const createResponder = (flow: Flow, scenario: Scenario): Responder => {
  const { keys: pressed } = scenario;
  const keys = typeof pressed === 'function' ? askedKeys(pressed) : listedKeys(pressed);
  const asked = ({ at }: FlowState): FlowStep | undefined =>
    at === undefined ? undefined : flow.steps.get(at);
  const patience = scenario.patienceMs ?? Number.POSITIVE_INFINITY;
  let waited = 0;
  const lasting = (sounds: Gather['sounds'], state: FlowState): number =>
    soundsMs(sounds, state.language, scenario.promptMs);

  /** A wait that the caller's patience may cut short. */
  const wait = (response: Response): Response => {
    if (waited + response.ms > patience) return hungUp(Math.max(0, patience - waited));
    waited += response.ms;
    return response;
  };

  const dial = (action: Extract<FlowAction, { type: 'dial' }>): Response => {
    const rung = ring(action, scenario);
    if (rung.by !== undefined) return answered(rung.by, rung.ms);
    const why = rung.why ?? 'no-answer';
    return event(rung.ms, { type: 'not-reached', why, tried: rung.tried.length }, true);
  };

  const queue = ({ targets, step }: Queue, state: FlowState): Response => {
    const left = (why: 'exit-key' | 'full' | 'empty' | 'timeout', ms: number): Response =>
      event(ms, { type: 'left-queue', why, waitedMs: Math.round(ms) }, true);
    const most = step.maxWaitSeconds * 1000;
    const whole = scenario.answers.get(targets.group.id);
    if (whole === 'full') return left('full', 0);
    const there = candidatesOf(targets, scenario.answers).filter(({ available }) => available);
    if (there.length === 0 && step.empty !== undefined) return left('empty', 0);
    if (step.exitKey !== undefined && keys.takeOne(asked(state), [step.exitKey]) !== undefined) {
      return left('exit-key', Math.min(EXIT_KEY_MS, most));
    }
    const taker = there.find(({ id }) => answeringOf(id, targets, scenario.answers) === 'answer');
    const ms = scenario.queueMs ?? QUEUE_MS;
    return taker === undefined || ms >= most ? left('timeout', most) : answered(taker.id, ms);
  };

  const decide = (state: FlowState): Response => {
    const exit = scenario.decisions.get(state.at ?? '');
    const failure = exit === undefined ? 'nobody is asked in a simulation' : undefined;
    const tookMs = exit === undefined ? 0 : DECISION_MS;
    return event(tookMs, { type: 'decided', exit, variables: {}, tags: [], failure, tookMs });
  };

  return (action, state) => {
    switch (action.type) {
      case 'answer':
        return event(0, { type: 'answered' });
      case 'play': {
        const ms = lasting(action.sounds, state) * action.times;
        return event(ms, { type: 'played', heardMs: ms });
      }
      case 'gather': {
        const got = keys.take(asked(state), action.max, action.end);
        const ms = lasting(action.before, state) + lasting(action.sounds, state);
        return event(gatherMs(action, got, ms), got);
      }
      case 'consent': {
        const ms = lasting(action.sounds, state);
        const key = keys.takeOne(asked(state), [action.accept, action.decline]);
        const silent = key === undefined && action.accept !== undefined ? action.timeoutMs : 0;
        return event(ms + silent, { type: 'consented', heardMs: ms, totalMs: ms, key });
      }
      case 'dial':
        return wait(dial(action));
      case 'queue':
        return wait(queue(action, state));
      case 'voicemail': {
        const ms = lasting(action.step.greeting ?? ['voicemail-greeting'], state);
        const { minSeconds, maxSeconds } = action.step;
        const durationMs = Math.min(Math.max(MESSAGE_MS, minSeconds * 1000), maxSeconds * 1000);
        return event(ms + durationMs, { type: 'message', durationMs, by: 'silence' });
      }
      case 'decide':
        return decide(state);
    }
  };
};
