import type { Sound } from '../../config/index.ts';
import {
  advanceFlow,
  beginFlow,
  type FlowAction,
  type FlowEvent,
  type FlowState,
  kindName,
  type PathEntry,
  templateValues,
} from '../../flows/index.ts';
import type { MediaSession } from '../../media/index.ts';
import { NO_PROGRESS } from '../caller-progress.ts';
import { askForDecision } from '../flow/index.ts';
import type { CallRecord, LegBook } from '../record/index.ts';
import { type AnsweredLine, type CallFailure, membersOf, ring } from '../ring/index.ts';
import type { CallPlan, CallServices, CallStop } from '../types.ts';

/** What the business is rung with. */
export type ReachDependencies = {
  readonly services: CallServices;
  readonly plan: CallPlan;
  readonly session: MediaSession;
  readonly record: CallRecord;
  readonly book: LegBook;
  readonly stopped: Promise<CallStop>;
  /** What people know the button by. */
  readonly title: string | undefined;
  /** Of what is said to the business, where no flow has one. */
  readonly language: string | undefined;
};

/** Whether somebody of the business is there for the visitor. */
export type Reached = { readonly state: FlowState; readonly language: string } & (
  | { readonly type: 'answered'; readonly answered: AnsweredLine }
  | { readonly type: 'nobody'; readonly failure: CallFailure }
  | { readonly type: 'stopped'; readonly stop: CallStop }
);

type Dial = Extract<FlowAction, { type: 'dial' }>;
type Queue = Extract<FlowAction, { type: 'queue' }>;

/** A flow that rings nobody for who presses no key. */
const NOBODY: CallFailure = { status: 'unreachable', sipCode: 480, q850: 20 };

/** A mailbox that picks up at a telephone number presses no key. */
const ACCEPT = { key: '1', timeoutSeconds: 15, play: undefined } as const;

/** The group of a queue, rung once through: nobody waits there. */
const fromQueue = ({ targets, step }: Queue): Dial => ({
  type: 'dial',
  targets,
  turnKey: `group/${targets.group.id}`,
  strategy: targets.group.strategy,
  ringMs: targets.group.ringSeconds * 1000,
  maxMs: step.maxWaitSeconds * 1000,
  first: undefined,
  accept: step.accept,
  whisper: step.whisper,
  hear: 'ringback',
});

const whisperFor = (title: string | undefined): readonly Sound[] => [
  ...(title === undefined ? [] : [{ say: { en: 'Call back for {button}.', zh: '{button}的回电。' } }]),
  'callback-whisper',
];

/** Nobody waits who could hang up: flows that ring in circles end by time. */
const LONGEST_RING_MS = 180_000;

/** Asks for a key wherever a telephone number rings; the step's own wishes come first. */
const withQuestion = (deps: ReachDependencies, action: Dial, leftMs: number): Dial => {
  const { services, plan, title } = deps;
  const { members } = membersOf(action.targets, { agents: services.agents, known: plan.lines });
  const ringsNumbers = members.some(({ line }) => line.type === 'trunk');
  return {
    ...action,
    maxMs: Math.min(action.maxMs ?? leftMs, leftMs),
    hear: 'ringback',
    whisper: [...(action.whisper ?? []), ...whisperFor(title)],
    accept: action.accept ?? (ringsNumbers ? ACCEPT : undefined),
  };
};

/** What comes of an action while there is no caller yet: nothing is heard, and no key pressed. */
const unheard = (action: FlowAction): FlowEvent => {
  switch (action.type) {
    case 'play':
      return { type: 'played', heardMs: 0 };
    case 'gather':
      return { type: 'gathered', digits: '', by: 'timeout' };
    case 'consent':
      return { type: 'consented', heardMs: 0, totalMs: 0, key: undefined };
    default:
      return { type: 'answered' };
  }
};

type Rung =
  | { readonly type: 'answered'; readonly answered: AnsweredLine }
  | { readonly type: 'stopped'; readonly stop: CallStop }
  | { readonly type: 'event'; readonly event: FlowEvent; readonly failure: CallFailure | undefined };

const ringStep = async (
  deps: ReachDependencies,
  state: FlowState,
  language: string,
  action: Dial | Queue,
  leftMs: number,
): Promise<Rung> => {
  const { services, plan, session, record, book, stopped, title } = deps;
  const { region } = plan;
  const values = { ...templateValues(plan.facts, state), ...(title !== undefined && { button: title }) };
  const rung = await ring({
    services,
    plan,
    session,
    record,
    book,
    progress: NO_PROGRESS,
    stopped,
    action: withQuestion(deps, action.type === 'queue' ? fromQueue(action) : action, leftMs),
    sounds: (all) => services.prompts.resolve(all, { language, values, region }),
  });
  if (rung.type !== 'failed') return rung;
  const { failure, why, tried } = rung;
  const event: FlowEvent =
    action.type === 'queue'
      ? { type: 'left-queue', why: 'timeout', waitedMs: 0 }
      : { type: 'not-reached', why, tried };
  return { type: 'event', event, failure };
};

/** The step at which somebody of the business answered. */
const lastStep = (
  { services, plan }: ReachDependencies,
  { at: step = '' }: FlowState,
  { line }: AnsweredLine,
): PathEntry => {
  const kind = plan.flow.steps.get(step)?.step.do ?? 'end';
  return {
    step,
    kind,
    at: services.now(),
    input: undefined,
    exit: 'answered',
    to: undefined,
    text: `${kindName(kind)} ${step}: ${line.name ?? line.id} answered.`,
  };
};

/**
 * Rings the business as the call's flow does for a caller who hears nothing and presses no key: schedules, routes and shares
 * decide, announcements and questions are passed over, queues ring their group, and a mailbox is no answer.
 */
export const reachBusiness = async (deps: ReachDependencies): Promise<Reached> => {
  const { services, plan, record } = deps;
  const { flow, facts } = plan;
  const kept = flow.version !== undefined;
  const until = performance.now() + LONGEST_RING_MS;
  let failure: CallFailure | undefined;
  let { state, action, path } = beginFlow(flow, facts, services.now());
  record.passed(path, kept);
  for (;;) {
    const language = kept ? state.language : (deps.language ?? state.language);
    const leftMs = until - performance.now();
    if (action.type === 'hangup' || action.type === 'voicemail' || leftMs <= 0)
      return { type: 'nobody', failure: failure ?? NOBODY, state, language };
    let event: FlowEvent;
    if (action.type === 'dial' || action.type === 'queue') {
      const rung = await ringStep(deps, state, language, action, leftMs);
      if (rung.type === 'answered') record.passed([lastStep(deps, state, rung.answered)], kept);
      if (rung.type !== 'event') return { ...rung, state, language };
      ({ event, failure = failure } = rung);
    } else if (action.type === 'decide') {
      event = await askForDecision(action, facts, shown(state));
    } else {
      event = unheard(action);
    }
    ({ state, action, path } = advanceFlow(flow, facts, state, event, services.now()));
    record.passed(path, kept);
  }
};

const shown = ({ variables, sensitive }: FlowState): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !sensitive.includes(name)));
