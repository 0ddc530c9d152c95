import type { StepOf } from '../../config/index.ts';
import type { FlowEvent, Leave, StepKind } from '../types.ts';
import { reasonWords, secondsWords } from '../words.ts';

type Consented = Extract<FlowEvent, { type: 'consented' }>;

/**
 * Whether a caller agreed: by the key where there is one, else by staying on the line. An announcement that nobody heard is
 * no ground to record.
 */
export const hasAgreed = (
  { accept, decline }: Pick<StepOf<'consent'>, 'accept' | 'decline'>,
  { key, heardMs }: Pick<Consented, 'key' | 'heardMs'>,
): boolean => {
  if (accept !== undefined) return key === accept;
  return heardMs > 0 && (decline === undefined || key !== decline);
};

const keyWords = (step: StepOf<'consent'>, { key }: Consented, yes: boolean): string => {
  if (yes)
    return step.accept === undefined
      ? 'the caller stayed on the line'
      : `the caller pressed ${key} and agreed`;
  if (step.decline !== undefined && key === step.decline) return `the caller pressed ${key} and declined`;
  return step.accept === undefined ? 'it was not heard' : 'the caller did not agree';
};

/** What became of the announcement: the proof that is kept with the call. */
const answered = (step: StepOf<'consent'>, event: Consented): Leave => {
  const yes = hasAgreed(step, event);
  const proof = `announcement ${step.text}, ${secondsWords(event.heardMs)} of ${secondsWords(event.totalMs)} heard`;
  const text = `${proof}; ${keyWords(step, event, yes)}`;
  if (yes) return { type: 'leave', exit: 'next', to: step.next, input: event.key, text };
  return {
    type: 'leave',
    exit: step.declined === undefined ? 'next' : 'declined',
    to: step.declined ?? step.next,
    input: event.key,
    text: `${text}: no recording`,
    state: { record: false },
  };
};

/** Announces that the call is recorded. Who does not agree is not recorded. */
export const consent: StepKind<'consent'> = {
  exits: ({ next, declined }) => [
    ['next', next],
    ...(declined === undefined ? [] : [['declined', declined] as const]),
  ],
  retarget: (step, names) => ({
    ...step,
    next: names.step(step.next),
    declined: step.declined && names.step(step.declined),
  }),
  enter: (step) => ({
    type: 'do',
    action: {
      type: 'consent',
      textId: step.text,
      sounds: step.play,
      accept: step.accept,
      decline: step.decline,
      timeoutMs: step.timeoutSeconds * 1000,
    },
  }),
  resume: (step, _context, event) => {
    if (event.type === 'consented') return answered(step, event);
    const reason = event.type === 'failed' ? reasonWords(event.reason) : 'no answer';
    const text = `announcement ${step.text} could not be played (${reason}): no recording`;
    return { type: 'leave', exit: 'next', to: step.next, text, state: { record: false } };
  },
};
