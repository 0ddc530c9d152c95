import type { StepKind } from '../types.ts';
import { reasonWords } from '../words.ts';

/** Answers the call. */
export const answer: StepKind<'answer'> = {
  exits: ({ next }) => [['next', next]],
  retarget: (step, names) => ({ ...step, next: names.step(step.next) }),
  enter: (step, { state }) =>
    state.answered
      ? { type: 'leave', exit: 'next', to: step.next, text: 'it was answered before' }
      : { type: 'do', action: { type: 'answer' } },
  resume: (step, _context, event) => ({
    type: 'leave',
    exit: 'next',
    to: step.next,
    text: event.type === 'failed' ? `it failed (${reasonWords(event.reason)})` : 'the call was answered',
  }),
};
