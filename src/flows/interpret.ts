import { enterStep, fitting, resumeStep } from './steps/index.ts';
import type {
  Advance,
  Flow,
  FlowAction,
  FlowEvent,
  FlowFacts,
  FlowState,
  FlowStep,
  Leave,
  Outcome,
  PathEntry,
  StepContext,
} from './types.ts';
import { failureWords, kindName, stepSentence } from './words.ts';

/** A call that has passed so many steps is ended. */
export const MOST_STEPS = 1000;

/** The caller waited for as long as this: that is something that happened. */
const WAITED_MS = 1000;

/** Whether the caller or a line did something, as opposed to time and announcements running out. */
const happened = (event: FlowEvent): boolean => {
  switch (event.type) {
    case 'gathered':
      return event.digits !== '';
    case 'played':
    case 'consented':
      return event.key !== undefined;
    case 'not-reached':
      return event.tried > 0;
    case 'left-queue':
      return event.why === 'exit-key' || event.waitedMs >= WAITED_MS;
    case 'message':
      return event.durationMs > 0;
    default:
      return false;
  }
};

const answers = (action: FlowAction): boolean => {
  switch (action.type) {
    case 'play':
      return !action.early;
    case 'answer':
    case 'gather':
    case 'consent':
    case 'queue':
    case 'voicemail':
      return true;
    default:
      return false;
  }
};

/** A run from one action to the next: where it is, and what it has passed. */
type Run = {
  readonly flow: Flow;
  readonly facts: FlowFacts;
  readonly at: number;
  readonly path: PathEntry[];
};

const contextOf = ({ flow, facts, at }: Run, state: FlowState, here: FlowStep): StepContext => ({
  flow,
  facts,
  state,
  at,
  here,
});

type Hangup = Extract<FlowAction, { type: 'hangup' }>;

const over = (run: Run, state: FlowState, cause: Hangup['cause'], reason: string): Advance => ({
  state: { ...state, at: undefined, tries: 0 },
  action: { type: 'hangup', cause, reason },
  path: run.path,
});

/** Ends a flow that can't go on. */
const stopped = (run: Run, state: FlowState, name: string, reason: string): Advance => {
  run.path.push({
    step: name,
    kind: 'end',
    at: run.at,
    input: undefined,
    exit: undefined,
    to: undefined,
    text: `${kindName('end')}: ${reason}.`,
  });
  return over(run, state, 'failed', reason);
};

/** Why a flow goes no further after the steps it has taken. */
const whyStopped = (flow: Flow, state: FlowState): string | undefined => {
  if (state.idleSteps > flow.steps.size)
    return 'the flow runs in a circle in which nothing happens, and the call ends';
  return state.steps >= MOST_STEPS ? `the call has passed ${MOST_STEPS} steps and ends` : undefined;
};

const passed = (run: Run, here: FlowStep, leave: Leave): void => {
  run.path.push({
    step: here.name,
    kind: here.step.do,
    at: run.at,
    input: leave.input,
    exit: leave.exit,
    to: leave.to,
    text: stepSentence(here.step.do, here.name, leave.text, leave.to),
  });
};

const doing = (
  run: Run,
  state: FlowState,
  here: FlowStep,
  outcome: Extract<Outcome, { type: 'do' }>,
): Advance => {
  if (outcome.text !== undefined)
    run.path.push({
      step: here.name,
      kind: here.step.do,
      at: run.at,
      input: outcome.input,
      exit: 'again',
      to: here.name,
      text: `${kindName(here.step.do)} ${here.name}: ${outcome.text}.`,
    });
  const answered = state.answered || answers(outcome.action);
  return { state: { ...state, ...outcome.state, answered }, action: outcome.action, path: run.path };
};

const ending = (
  run: Run,
  state: FlowState,
  here: FlowStep,
  { cause, text }: Extract<Outcome, { type: 'end' }>,
): Advance => {
  run.path.push({
    step: here.name,
    kind: here.step.do,
    at: run.at,
    input: undefined,
    exit: undefined,
    to: undefined,
    text: `${kindName(here.step.do)} ${here.name}: ${text}.`,
  });
  return over(run, state, cause, text);
};

const endAfter = (run: Run, state: FlowState, here: FlowStep, leave: Leave): Advance => {
  const failure = leave.state?.lastFailure;
  if (failure !== undefined) return over(run, state, failure, failureWords(failure));
  return over(run, state, 'normal', `${here.name} has nothing that follows ${leave.exit}`);
};

/** Follows a step's outcome until something is to be done or the flow is over. Each turn counts against `MOST_STEPS`. */
const follow = (run: Run, first: FlowState, from: FlowStep, outcome: Outcome): Advance => {
  let state = first;
  let here = from;
  let next = outcome;
  for (;;) {
    if (next.type === 'do') return doing(run, state, here, next);
    if (next.type === 'end') return ending(run, state, here, next);
    passed(run, here, next);
    state = { ...state, ...next.state, tries: 0, steps: state.steps + 1, idleSteps: state.idleSteps + 1 };
    if (next.to === undefined) return endAfter(run, state, here, next);
    const why = whyStopped(run.flow, state);
    if (why !== undefined) return stopped(run, state, here.name, why);
    const step = run.flow.steps.get(next.to);
    if (!step) return stopped(run, state, here.name, `there is no step ${next.to}, and the call ends`);
    here = step;
    state = { ...state, at: here.name };
    next = enterStep(here, contextOf(run, state, here));
  }
};

/**
 * Begins a flow for a call: passes steps until one has something to be done.
 *
 * @param at milliseconds since the epoch
 */
export const beginFlow = (flow: Flow, facts: FlowFacts, at: number): Advance => {
  const state: FlowState = {
    at: flow.start,
    tries: 0,
    language: flow.definition.flow.language,
    variables: {},
    sensitive: [],
    tags: [],
    record: undefined,
    idleSteps: 0,
    steps: 0,
    answered: false,
    lastFailure: undefined,
  };
  const run: Run = { flow, facts, at, path: [] };
  const here = flow.steps.get(flow.start);
  if (!here) return stopped(run, state, flow.start, `there is no step ${flow.start}, and the call ends`);
  return follow(run, state, here, enterStep(here, contextOf(run, state, here)));
};

/**
 * Goes on when what was to be done is done. An event that the waiting step can't have counts as a failure of what it waits for;
 * a flow that is over stays over.
 *
 * @param at milliseconds since the epoch
 */
export const advanceFlow = (
  flow: Flow,
  facts: FlowFacts,
  state: FlowState,
  event: FlowEvent,
  at: number,
): Advance => {
  const run: Run = { flow, facts, at, path: [] };
  if (state.at === undefined) return over(run, state, 'normal', 'the flow is over');
  const here = flow.steps.get(state.at);
  if (!here) return stopped(run, state, state.at, `there is no step ${state.at}, and the call ends`);
  const fit = fitting(here, event);
  const awake = happened(fit) ? { ...state, idleSteps: 0 } : state;
  return follow(run, awake, here, resumeStep(here, contextOf(run, awake, here), fit));
};
