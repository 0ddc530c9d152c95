import type { StepKind } from '../types.ts';

/** Jumps to a step, or to the beginning of a flow. */
export const goto: StepKind<'goto'> = {
  exits: ({ step }) => [['next', step]],
  retarget: ({ step, flow }, names) => ({
    do: 'goto',
    step: flow === undefined ? step && names.step(step) : names.flow(flow),
  }),
  enter: ({ step }) => ({ type: 'leave', exit: 'next', to: step, text: 'a jump' }),
};
