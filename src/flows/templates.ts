import type { FlowFacts, FlowState } from './types.ts';

/** Names that `{…}` may hold in any flow; variables of the flow come on top. */
export const TEMPLATE_FACTS = [
  'source',
  'sourceName',
  'medium',
  'campaign',
  'keyword',
  'channel',
  'country',
  'area',
  'city',
  'button',
  'intent',
] as const satisfies readonly (keyof FlowFacts)[];

/**
 * What is filled into `{source}`, `{campaign}`, `{order}` … of spoken words: what is known of the call, and the flow's variables
 * but those whose values stand nowhere. A variable hides a fact of the same name.
 */
export const templateValues = (facts: FlowFacts, state: FlowState): Readonly<Record<string, string>> => {
  const known = TEMPLATE_FACTS.flatMap((name): readonly (readonly [string, string])[] => {
    const value = facts[name];
    return value === undefined ? [] : [[name, value]];
  });
  const variables = Object.entries(state.variables).filter(([name]) => !state.sensitive.includes(name));
  return Object.fromEntries([...known, ...variables]);
};
