import type { StepOf } from '../../config/index.ts';
import type { FlowState, StepKind } from '../types.ts';

const setWords = (step: StepOf<'set'>, { sensitive }: FlowState): string =>
  [
    ...Object.entries(step.variables).map(([name, value]) =>
      sensitive.includes(name) ? name : `${name} = ${value}`,
    ),
    ...(step.language === undefined ? [] : [`language ${step.language}`]),
    ...(step.record === undefined ? [] : [step.record ? 'recording on' : 'no recording']),
  ].join(', ') || 'nothing';

/** Sets variables, the language of prompts, or whether the call is recorded. */
export const set: StepKind<'set'> = {
  exits: ({ next }) => [['next', next]],
  retarget: (step, names) => ({ ...step, next: names.step(step.next) }),
  enter: (step, { state }) => ({
    type: 'leave',
    exit: 'next',
    to: step.next,
    text: setWords(step, state),
    state: {
      variables: { ...state.variables, ...step.variables },
      language: step.language ?? state.language,
      record: step.record ?? state.record,
    },
  }),
};
