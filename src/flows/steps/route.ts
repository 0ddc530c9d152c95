import type { StepKind } from '../types.ts';
import { caseFits } from './conditions.ts';

/** Goes by what is known of the call: the first case that fits. */
export const route: StepKind<'route'> = {
  exits: ({ cases, otherwise }) => [
    ...cases.map(({ to }, index) => [`case ${index + 1}`, to] as const),
    ['otherwise', otherwise],
  ],
  retarget: (step, names) => ({
    ...step,
    cases: step.cases.map(({ when, to }) => ({ when, to: names.step(to) })),
    otherwise: names.step(step.otherwise),
  }),
  enter: (step, context) => {
    for (const [index, each] of step.cases.entries()) {
      const fit = caseFits(each, context);
      if (fit !== undefined) {
        const exit = `case ${index + 1}`;
        return { type: 'leave', exit, to: each.to, input: fit, text: `${exit} fits (${fit})` };
      }
    }
    return { type: 'leave', exit: 'otherwise', to: step.otherwise, text: 'no case fits' };
  },
};
