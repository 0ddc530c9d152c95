import type { StepOf } from '../../config/index.ts';
import type { FlowAction, Leave, Outcome, StepContext, StepKind } from '../types.ts';
import { countWords, reasonWords } from '../words.ts';
import { askAgain } from './asking.ts';

const gather = (step: StepOf<'collect'>): Extract<FlowAction, { type: 'gather' }> => ({
  type: 'gather',
  sounds: step.play,
  before: [],
  bargeIn: true,
  min: step.min,
  max: step.max,
  end: step.end,
  timeoutMs: step.timeoutSeconds * 1000,
  betweenMs: step.betweenSeconds * 1000,
  typeAhead: true,
  sensitive: step.sensitive,
});

const giveUp = (step: StepOf<'collect'>, text: string, input?: string): Leave => ({
  type: 'leave',
  exit: step.otherwise === undefined ? 'next' : 'otherwise',
  to: step.otherwise ?? step.next,
  input,
  text,
});

const SHORTEST_NUMBER = 6;

/** Digits that may stand in the path: not those of a sensitive variable, and not the caller's own number. */
const shown = (step: StepOf<'collect'>, { facts, state }: StepContext, digits: string): string => {
  const number = facts.callerNumber?.replace(/\D/g, '') ?? '';
  const national = digits.replace(/\D/g, '').replace(/^0+/, '');
  const ownNumber = national.length >= SHORTEST_NUMBER && number.endsWith(national);
  if (!step.sensitive && !ownNumber && !state.sensitive.includes(step.as)) return digits;
  return '•'.repeat(digits.length);
};

const wrongWords = (step: StepOf<'collect'>, digits: string): string | undefined => {
  if (digits === '') return 'no key came';
  if (!/^\d+$/.test(digits)) return 'the caller entered more than digits';
  if (digits.length < step.min) return `${countWords(digits.length, 'digit')} entered, too few`;
  return digits.length > step.max ? `${countWords(digits.length, 'digit')} entered, too many` : undefined;
};

const entered = (step: StepOf<'collect'>, context: StepContext, digits: string): Outcome => {
  const { state } = context;
  const wrong = wrongWords(step, digits);
  const seen = shown(step, context, digits.slice(0, step.max + 1));
  if (wrong === undefined) {
    const hidden = step.sensitive && !state.sensitive.includes(step.as);
    return {
      type: 'leave',
      exit: 'next',
      to: step.next,
      input: seen,
      text: `the caller entered ${seen === digits ? digits : countWords(digits.length, 'digit')} as ${step.as}`,
      state: {
        variables: { ...state.variables, [step.as]: digits },
        ...(hidden ? { sensitive: [...state.sensitive, step.as] } : {}),
      },
    };
  }
  const tries = state.tries + 1;
  const input = digits === '' ? undefined : seen;
  if (tries >= step.tries) return giveUp(step, `${wrong} (${step.tries} of ${step.tries})`, input);
  return askAgain(gather(step), {
    sounds: step.invalid,
    silent: digits === '',
    tries,
    of: step.tries,
    input,
    why: wrong,
  });
};

/** Asks for several digits and keeps them as a variable. */
export const collect: StepKind<'collect'> = {
  exits: ({ next, otherwise }) => [
    ['next', next],
    ...(otherwise === undefined ? [] : [['otherwise', otherwise] as const]),
  ],
  retarget: (step, names) => ({
    ...step,
    next: names.step(step.next),
    otherwise: step.otherwise && names.step(step.otherwise),
  }),
  enter: (step) => ({ type: 'do', action: gather(step) }),
  resume: (step, context, event) => {
    if (event.type === 'gathered') return entered(step, context, event.digits);
    const reason = event.type === 'failed' ? reasonWords(event.reason) : 'no answer';
    return giveUp(step, `it could not be asked (${reason})`);
  },
};
