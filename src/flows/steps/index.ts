import type { StepPlan } from '../../config/index.ts';
import type { Exit, FlowEvent, FlowStep, Names, Outcome, StepContext, StepKind } from '../types.ts';
import { answer } from './answer.ts';
import { collect } from './collect.ts';
import { consent } from './consent.ts';
import { decide } from './decide.ts';
import { dial } from './dial.ts';
import { goto } from './goto.ts';
import { hangup } from './hangup.ts';
import { menu } from './menu.ts';
import { play } from './play.ts';
import { queue } from './queue.ts';
import { route } from './route.ts';
import { schedule } from './schedule.ts';
import { set } from './set.ts';
import { split } from './split.ts';
import { tag } from './tag.ts';
import { voicemail } from './voicemail.ts';

export { hasAgreed } from './consent.ts';
export { STICKY_MS } from './dial.ts';

const KINDS: { readonly [Kind in StepPlan['do']]: StepKind<Kind> } = {
  answer,
  play,
  consent,
  menu,
  collect,
  schedule,
  dial,
  queue,
  voicemail,
  route,
  split,
  decide,
  tag,
  set,
  hangup,
  goto,
};

/** A kind's logic takes steps of that kind: the table's type says so, but TypeScript can't follow the index. */
type AnyKind = {
  exits(step: StepPlan): readonly Exit[];
  retarget(step: StepPlan, names: Names): StepPlan;
  enter(step: StepPlan, context: StepContext): Outcome;
  resume?(step: StepPlan, context: StepContext, event: FlowEvent): Outcome;
};
const kindOf = (step: StepPlan): AnyKind => KINDS[step.do] as AnyKind;

/** Ways out of a step, in the order in which they are drawn. */
export const exitsOf = (step: StepPlan): readonly Exit[] => kindOf(step).exits(step);

/** The same step, with what it leads to under other names. */
export const retargeted = (step: StepPlan, names: Names): StepPlan => kindOf(step).retarget(step, names);

/** What a step does when a call comes to it. */
export const enterStep = ({ step }: FlowStep, context: StepContext): Outcome =>
  kindOf(step).enter(step, context);

/** What each kind waits for. */
const ANSWERS: { readonly [Kind in StepPlan['do']]?: readonly FlowEvent['type'][] } = {
  answer: ['answered'],
  play: ['played'],
  consent: ['consented'],
  menu: ['gathered'],
  collect: ['gathered'],
  dial: ['not-reached'],
  queue: ['left-queue', 'not-reached'],
  voicemail: ['message'],
  decide: ['decided'],
};

/** The event as the step can take it: one that it does not wait for is a failure. */
export const fitting = ({ step }: FlowStep, event: FlowEvent): FlowEvent =>
  event.type === 'failed' || ANSWERS[step.do]?.includes(event.type)
    ? event
    : { type: 'failed', reason: `${event.type} came in its place` };

/**
 * What a step does when what it had done is done.
 *
 * @param event one of `fitting`
 */
export const resumeStep = ({ step }: FlowStep, context: StepContext, event: FlowEvent): Outcome => {
  const kind = kindOf(step);
  return kind.resume ? kind.resume(step, context, event) : kind.enter(step, context);
};

/** Whether a step waits for something that the caller does. */
export const waitsForCaller = (step: StepPlan): boolean =>
  step.do === 'menu' || step.do === 'collect' || (step.do === 'consent' && step.accept !== undefined);
