import type { StepOf } from '../../config/index.ts';
import type { FlowEvent, FlowState, Leave, StepContext, StepKind } from '../types.ts';
import { reasonWords } from '../words.ts';

type Decided = Extract<FlowEvent, { type: 'decided' }>;

const NAME = /^[a-z][a-zA-Z0-9_]{0,31}$/;
/** One line, as in the configuration. */
const WORDS = /^\P{Cc}{1,200}$/u;
const MOST_VARIABLES = 50;
const MOST_TAGS = 20;

const usable = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 200 && WORDS.test(value);

/** What of an answer is taken over; the rest is left out, for it comes from elsewhere. */
const taken = ({ variables, tags }: Decided, state: FlowState): Pick<FlowState, 'variables' | 'tags'> => {
  const values = Object.entries(variables)
    .filter(([name, value]) => NAME.test(name) && usable(value))
    .slice(0, MOST_VARIABLES);
  return {
    variables: { ...state.variables, ...Object.fromEntries(values) },
    tags: [...new Set([...state.tags, ...tags.filter(usable).slice(0, MOST_TAGS)])],
  };
};

const otherwise = (step: StepOf<'decide'>, text: string, state: Partial<FlowState> = {}): Leave => ({
  type: 'leave',
  exit: 'otherwise',
  to: step.otherwise,
  text,
  state,
});

const decided = (step: StepOf<'decide'>, { state }: StepContext, event: Decided): Leave => {
  const { exit, failure, tookMs } = event;
  if (failure !== undefined) return otherwise(step, `no answer to go by (${reasonWords(failure)})`);
  const change = taken(event, state);
  const to = exit !== undefined && Object.hasOwn(step.exits, exit) ? step.exits[exit] : undefined;
  const after = `after ${Math.round(tookMs)} ms`;
  if (exit === undefined) return otherwise(step, `the answer named no exit ${after}`, change);
  if (to === undefined) return otherwise(step, `the answer named an exit that there is not ${after}`, change);
  return { type: 'leave', exit, to, input: exit, text: `the answer was ${exit} ${after}`, state: change };
};

/** Asks another system where the call goes; goes its own way when no good answer comes in time. */
export const decide: StepKind<'decide'> = {
  exits: (step) => [...Object.entries(step.exits), ['otherwise', step.otherwise]],
  retarget: (step, names) => ({
    ...step,
    exits: Object.fromEntries(Object.entries(step.exits).map(([exit, to]) => [exit, names.step(to)])),
    otherwise: names.step(step.otherwise),
  }),
  enter: ({ url, timeoutMs, headers, sendNumber }) => ({
    type: 'do',
    action: { type: 'decide', url, timeoutMs, headers, sendNumber },
  }),
  resume: (step, context, event) => {
    if (event.type === 'decided') return decided(step, context, event);
    const reason = event.type === 'failed' ? reasonWords(event.reason) : 'no answer';
    return otherwise(step, `no answer to go by (${reason})`);
  },
};
