import { openState } from '../schedule/index.ts';
import type { StepKind } from '../types.ts';

/** Goes one way while a business is open, another while it is not. */
export const schedule: StepKind<'schedule'> = {
  exits: ({ open, closed, holiday }) => [
    ['open', open],
    ['closed', closed],
    ...(holiday === undefined ? [] : [['holiday', holiday] as const]),
  ],
  retarget: (step, names) => ({
    ...step,
    open: names.step(step.open),
    closed: names.step(step.closed),
    holiday: step.holiday && names.step(step.holiday),
  }),
  enter: (step, { flow, at }) => {
    const plan = flow.schedules.get(step.schedule);
    if (!plan)
      return { type: 'leave', exit: 'open', to: step.open, text: `there is no schedule ${step.schedule}` };
    const { state, reason } = openState(plan, at);
    const exit = state === 'holiday' && step.holiday === undefined ? 'closed' : state;
    const to = { open: step.open, closed: step.closed, holiday: step.holiday ?? step.closed }[state];
    return { type: 'leave', exit, to, input: state, text: `${plan.id} is ${stateWords(state)}: ${reason}` };
  },
};

const stateWords = (state: 'open' | 'closed' | 'holiday'): string =>
  state === 'holiday' ? 'closed for a holiday' : state;
