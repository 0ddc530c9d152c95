import type { StepOf } from '../../config/index.ts';
import type { Leave, Outcome, StepKind } from '../types.ts';
import { reasonWords } from '../words.ts';
import { askAgain } from './asking.ts';

const DEFAULT_BETWEEN_MS = 3000;

const gather = (step: StepOf<'menu'>) =>
  ({
    type: 'gather',
    sounds: step.play,
    before: [],
    bargeIn: step.bargeIn,
    min: 1,
    max: 1,
    end: undefined,
    timeoutMs: step.timeoutSeconds * 1000,
    betweenMs: DEFAULT_BETWEEN_MS,
    typeAhead: true,
    sensitive: false,
  }) as const;

const giveUp = (step: StepOf<'menu'>, text: string, input?: string): Leave => ({
  type: 'leave',
  exit: 'otherwise',
  to: step.otherwise,
  input,
  text,
});

const chosen = (step: StepOf<'menu'>, tries: number, digits: string): Outcome => {
  // More than one key is none of a menu's: they may be digits that belong elsewhere.
  const key = digits.slice(0, 1);
  const to = Object.hasOwn(step.keys, digits) ? step.keys[digits] : undefined;
  if (to !== undefined)
    return { type: 'leave', exit: key, to, input: key, text: `the caller pressed ${key}` };
  const wrong = key === '' ? 'no key came' : `the caller pressed ${key}, which means nothing here`;
  const input = key === '' ? undefined : key;
  if (tries + 1 >= step.tries) return giveUp(step, `${wrong} (${step.tries} of ${step.tries})`, input);
  return askAgain(gather(step), {
    sounds: key === '' ? step.silent : step.invalid,
    silent: key === '',
    tries: tries + 1,
    of: step.tries,
    input,
    why: wrong,
  });
};

/** Asks for one key and goes where it leads. */
export const menu: StepKind<'menu'> = {
  exits: (step) => [...Object.entries(step.keys), ['otherwise', step.otherwise]],
  retarget: (step, names) => ({
    ...step,
    keys: Object.fromEntries(Object.entries(step.keys).map(([key, to]) => [key, names.step(to)])),
    otherwise: step.otherwise && names.step(step.otherwise),
  }),
  enter: (step) => ({ type: 'do', action: gather(step) }),
  resume: (step, { state }, event) => {
    if (event.type === 'gathered') return chosen(step, state.tries, event.digits);
    const reason = event.type === 'failed' ? reasonWords(event.reason) : 'no answer';
    return giveUp(step, `it could not be asked (${reason})`);
  },
};
