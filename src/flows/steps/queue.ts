import type { StepOf } from '../../config/index.ts';
import type { DialFailure, FlowEvent, Leave, StepKind } from '../types.ts';
import { failureWords, reasonWords, secondsWords } from '../words.ts';

type LeftQueue = Extract<FlowEvent, { type: 'left-queue' }>;

const EXITS = { 'exit-key': 'exit', full: 'full', empty: 'empty', timeout: 'next' } as const;

const FAILURES: Readonly<Record<LeftQueue['why'], DialFailure>> = {
  'exit-key': 'no-answer',
  full: 'busy',
  empty: 'unavailable',
  timeout: 'no-answer',
};

const WORDS: Readonly<Record<LeftQueue['why'], string>> = {
  'exit-key': 'the caller left it by key',
  full: 'too many were waiting',
  empty: 'nobody was there who takes calls',
  timeout: 'nobody came',
};

const left = (step: StepOf<'queue'>, { why, waitedMs }: LeftQueue): Leave => {
  const exit = EXITS[why];
  const to = step[exit];
  return {
    type: 'leave',
    exit: to === undefined ? 'next' : exit,
    to: to ?? step.next,
    input: why,
    text: `${WORDS[why]} (waited ${secondsWords(waitedMs)})`,
    state: { lastFailure: FAILURES[why] },
  };
};

const failed = (step: StepOf<'queue'>, event: FlowEvent): Leave => {
  const why = event.type === 'not-reached' ? event.why : 'failed';
  const text = event.type === 'failed' ? `it failed (${reasonWords(event.reason)})` : failureWords(why);
  return { type: 'leave', exit: 'next', to: step.next, input: why, text, state: { lastFailure: why } };
};

/** Lets the caller wait for a member of a group. */
export const queue: StepKind<'queue'> = {
  exits: ({ next, exit, full, empty }) => [
    ['next', next],
    ...(exit === undefined ? [] : [['exit', exit] as const]),
    ...(full === undefined ? [] : [['full', full] as const]),
    ...(empty === undefined ? [] : [['empty', empty] as const]),
  ],
  retarget: (step, names) => ({
    ...step,
    next: step.next && names.step(step.next),
    exit: step.exit && names.step(step.exit),
    full: step.full && names.step(step.full),
    empty: step.empty && names.step(step.empty),
  }),
  enter: (step, { flow }) => {
    const group = flow.groups.get(step.group);
    if (!group) return failed(step, { type: 'failed', reason: `there is no group ${step.group}` });
    return {
      type: 'do',
      action: { type: 'queue', targets: { type: 'group', group, skills: step.skills ?? [] }, step },
    };
  },
  resume: (step, _context, event) => (event.type === 'left-queue' ? left(step, event) : failed(step, event)),
};
