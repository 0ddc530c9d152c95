import type { StepKind } from '../types.ts';

/** Ends the call. */
export const hangup: StepKind<'hangup'> = {
  exits: () => [],
  retarget: (step) => step,
  enter: ({ cause }) => ({
    type: 'end',
    cause,
    text: cause === 'normal' ? 'the call ends' : `the call ends (${cause})`,
  }),
};
