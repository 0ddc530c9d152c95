import type { FlowEvent, StepKind } from '../types.ts';
import { reasonWords, secondsWords } from '../words.ts';

const heardWords = (event: FlowEvent): string => {
  if (event.type === 'failed') return `it could not be played (${reasonWords(event.reason)})`;
  if (event.type !== 'played') return 'it was played';
  if (event.key !== undefined) return `the caller pressed ${event.key} after ${secondsWords(event.heardMs)}`;
  return event.heardMs > 0 ? `the caller heard ${secondsWords(event.heardMs)}` : 'the caller heard nothing';
};

/** Plays something; before the answer where it is `early` and the call has not been answered. */
export const play: StepKind<'play'> = {
  exits: ({ next }) => [['next', next]],
  retarget: (step, names) => ({ ...step, next: names.step(step.next) }),
  enter: (step, { state }) => ({
    type: 'do',
    action: {
      type: 'play',
      sounds: step.play,
      early: step.early && !state.answered,
      bargeIn: step.bargeIn,
      times: step.times,
    },
  }),
  resume: (step, _context, event) => ({
    type: 'leave',
    exit: 'next',
    to: step.next,
    input: event.type === 'played' ? event.key : undefined,
    text: heardWords(event),
  }),
};
