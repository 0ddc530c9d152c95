import type { ButtonPlan } from '../../config/index.ts';
import type { CallStop } from '../types.ts';

/** Who leaves a page open over night holds no line for ever. */
const TOO_LONG: CallStop = {
  by: 'gateway',
  reason: 'the longest time for a call is over',
  q850: 16,
  cancelled: false,
};

/** Ends a call when it has lasted as long as its button allows. @returns how to let it be */
export const limitTime = (
  { maxMinutes }: Pick<ButtonPlan, 'maxMinutes'>,
  stop: (stop: CallStop) => void,
): (() => void) => {
  const timer = setTimeout(() => stop(TOO_LONG), maxMinutes * 60_000);
  return () => clearTimeout(timer);
};
