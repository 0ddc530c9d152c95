import type { FlowEvent, StepKind } from '../types.ts';
import { reasonWords, secondsWords } from '../words.ts';

const messageWords = (event: FlowEvent, minMs: number): string => {
  if (event.type === 'failed') return `no message could be taken (${reasonWords(event.reason)})`;
  if (event.type !== 'message' || event.by === 'failed') return 'no message could be taken';
  return event.durationMs > 0 && event.durationMs >= minMs
    ? `a message of ${secondsWords(event.durationMs)} was left`
    : 'no message was left';
};

/** Takes a message. */
export const voicemail: StepKind<'voicemail'> = {
  exits: ({ next }) => [['next', next]],
  retarget: (step, names) => ({ ...step, next: step.next && names.step(step.next) }),
  enter: (step) => ({ type: 'do', action: { type: 'voicemail', step } }),
  resume: (step, _context, event) => ({
    type: 'leave',
    exit: 'next',
    to: step.next,
    input: event.type === 'message' ? event.by : undefined,
    text: messageWords(event, step.minSeconds * 1000),
  }),
};
