import {
  advanceFlow,
  beginFlow,
  type FlowAction,
  type FlowState,
  kindName,
  type PathEntry,
} from '../../flows/index.ts';
import type { AnsweredLine, CallFailure } from '../ring/index.ts';
import type { CallEnd, CallStop } from '../types.ts';
import { perform } from './perform.ts';
import type { Performed, Sounds, Stage } from './stage.ts';

/** How a flow came to its end. */
export type FlowOutcome = {
  /** As it was at the end: what was collected, tagged, agreed to. */
  readonly state: FlowState;
} & (
  | { readonly type: 'answered'; readonly answered: AnsweredLine; readonly sounds: Sounds }
  | { readonly type: 'stopped'; readonly stop: CallStop }
  | { readonly type: 'ended'; readonly end: CallEnd }
);

type Hangup = Extract<FlowAction, { type: 'hangup' }>;

/** How a call ends for the caller when its flow does; Q.850 and RFC 3398 8.2.6.1. */
const ENDS: Readonly<Record<Hangup['cause'], CallFailure>> = {
  normal: { status: 'no_answer', sipCode: 480, q850: 16 },
  busy: { status: 'busy', sipCode: 486, q850: 17 },
  unavailable: { status: 'unreachable', sipCode: 480, q850: 20 },
  rejected: { status: 'rejected', sipCode: 603, q850: 21 },
  'no-answer': { status: 'no_answer', sipCode: 480, q850: 19 },
  failed: { status: 'failed', sipCode: 500, q850: 41 },
};

const endOf = (action: Hangup, last: CallFailure | undefined, lines: number): CallEnd => {
  const { status, sipCode, q850 } = last ?? ENDS[action.cause];
  if (last === undefined) return { status, sipCode, q850, by: 'gateway', reason: action.reason };
  const tried = lines === 1 ? 'the line did not answer' : 'no line answered';
  return { status, sipCode, q850, by: 'line', reason: `${tried}: ${status.replace('_', ' ')}` };
};

/** The step at which a flow was left: somebody answered, or the caller is gone. */
const lastStep = (
  { services, plan }: Stage,
  { at: step = '' }: FlowState,
  exit: 'answered' | undefined,
  text: string,
): PathEntry => {
  const kind = plan.flow.steps.get(step)?.step.do ?? 'end';
  const sentence = `${kindName(kind)} ${step}: ${text}.`;
  return { step, kind, at: services.now(), input: undefined, exit, to: undefined, text: sentence };
};

/**
 * Runs a call's flow until somebody talks to the caller or the call is over. What the flow decides is decided in flows/; here
 * it is done.
 *
 * @throws Error when the caller is gone in the moment of the answer
 */
export const runFlow = async (stage: Stage): Promise<FlowOutcome> => {
  const { services, plan, record, caller } = stage;
  const { flow, facts } = plan;
  // An implied flow's one step says nothing that legs and events don't.
  const kept = flow.version !== undefined;
  /** What the lines said that were rung last, if nothing has happened since. */
  let failure: CallFailure | undefined;
  let { state, action, path } = beginFlow(flow, facts, services.now());
  record.passed(path, kept);
  while (action.type !== 'hangup') {
    const performed: Performed = await perform(stage, state, action);
    if (performed.type === 'answered') {
      const { line } = performed.answered;
      record.passed([lastStep(stage, state, 'answered', `${line.name ?? line.id} answered`)], kept);
      return { ...performed, state };
    }
    if (performed.type === 'stopped') {
      record.passed([lastStep(stage, state, undefined, performed.stop.reason)], kept);
      return { ...performed, state };
    }
    const gone = await Promise.race([caller.stopped, undefined]);
    if (gone) {
      record.passed([lastStep(stage, state, undefined, gone.reason)], kept);
      return { type: 'stopped', stop: gone, state };
    }
    failure = performed.failure;
    ({ state, action, path } = advanceFlow(flow, facts, state, performed.event, services.now()));
    record.passed(path, kept);
    // Who has not agreed is recorded no longer.
    if (state.record === false) stage.pauseRecording(true);
  }
  return { type: 'ended', end: endOf(action, failure, plan.lines.length), state };
};
