import type { StepKind } from '../types.ts';

/** Marks the call for reports. */
export const tag: StepKind<'tag'> = {
  exits: ({ next }) => [['next', next]],
  retarget: (step, names) => ({ ...step, next: names.step(step.next) }),
  enter: (step, { state }) => ({
    type: 'leave',
    exit: 'next',
    to: step.next,
    text: `tagged ${step.tags.join(', ')}`,
    state: { tags: [...new Set([...state.tags, ...step.tags])] },
  }),
};
