import { advanceFlow, beginFlow } from '../interpret.ts';
import type { Flow, FlowAction, PathEntry } from '../types.ts';
import { failureWords } from '../words.ts';
import { createResponder } from './respond.ts';
import type { Ending, Scenario, Simulation } from './types.ts';

/** More than any flow can have done: the interpreter ends it long before. */
const MOST_ACTIONS = 5000;

const CAUSE_WORDS: Readonly<Record<'normal' | 'busy' | 'unavailable' | 'rejected', string>> = {
  normal: 'The flow hangs up.',
  busy: 'The call ends: busy.',
  unavailable: 'The call ends: nobody can be reached.',
  rejected: 'The call ends: it is declined.',
};

const endWords = ({ cause }: Extract<FlowAction, { type: 'hangup' }>): string => {
  if (cause === 'no-answer' || cause === 'failed') return `The call ends: ${failureWords(cause)}.`;
  return CAUSE_WORDS[cause];
};

/** What is said of a simulation besides its path: each thing that a real call could do otherwise. */
const assumptions = (path: readonly PathEntry[], ending: Ending, scenario: Scenario): readonly string[] => {
  const kinds = new Set<string>(path.map(({ kind }) => kind));
  const said: string[] = [];
  if (ending.how === 'answered' && ending.by !== undefined && scenario.answers.get(ending.by) === undefined) {
    said.push(`${ending.by} answers: nothing else was said of it.`);
  }
  const undecided = path.find(
    ({ kind, step }) => kind === 'decide' && scenario.decisions.get(step) === undefined,
  );
  if (undecided) said.push(`The address of ${undecided.step} was not asked.`);
  if (kinds.has('split')) said.push('Shares are drawn anew for a real caller, who may be drawn otherwise.');
  if (kinds.has('voicemail')) said.push('The caller leaves a message of 20 s.');
  if (kinds.has('play') || kinds.has('menu') || kinds.has('collect') || kinds.has('consent')) {
    said.push('Prompts whose length is not known take 3 s.');
  }
  return said;
};

/**
 * What happens to a call, without a phone: the flow is run by the gateway's own interpreter, and caller, lines and network
 * do what the scenario says, in typical times.
 */
export const simulateCall = (flow: Flow, scenario: Scenario): Simulation => {
  const respond = createResponder(flow, scenario);
  const path: PathEntry[] = [];
  let at = scenario.at;
  let waitMs = 0;
  let message = false;
  let step = beginFlow(flow, scenario.facts, at);
  path.push(...step.path);

  const finish = (ending: Ending): Simulation => ({
    path,
    ending,
    durationMs: at - scenario.at,
    waitMs,
    state: step.state,
    assumed: assumptions(path, ending, scenario),
  });

  for (let actions = 0; actions < MOST_ACTIONS; actions += 1) {
    const { action, state } = step;
    if (action.type === 'hangup') {
      const how = message ? 'voicemail' : 'ended';
      const text = how === 'voicemail' ? 'The caller has left a message; the call ends.' : endWords(action);
      return finish({ how, step: path.at(-1)?.step, at, by: undefined, cause: action.cause, text });
    }
    const response = respond(action, state);
    at += response.ms;
    if (response.waits) waitMs += response.ms;
    if (action.type === 'voicemail') message = true;
    if ('ending' in response.result) return finish({ ...response.result.ending, step: state.at, at });
    step = advanceFlow(flow, scenario.facts, state, response.result.event, at);
    path.push(...step.path);
  }
  return finish({
    how: 'endless',
    step: step.state.at,
    at,
    by: undefined,
    cause: undefined,
    text: 'The call does not end: this is a defect.',
  });
};
