import { closeDefinition, type FlowPlans } from '../close.ts';
import { layOut } from '../layout.ts';
import type { FlowDefinition } from '../types.ts';
import { graphOf } from './graph.ts';
import { people } from './people.ts';
import { brokenReferences } from './references.ts';
import { schedules } from './schedules.ts';
import { earlyAfterAnswer, sounds } from './sounds.ts';
import { ownProblems, recordWithoutConsent } from './steps.ts';
import type { Finding, LintContext } from './types.ts';
import { variables } from './variables.ts';
import { circles, deadEnds, unreachable } from './ways.ts';

export { brokenReferences } from './references.ts';

/** Tells what is wrong with a flow and those that it leads to, errors first. */
export const lintFlow = (definition: FlowDefinition, context: LintContext = {}): readonly Finding[] => {
  const layout = layOut(definition);
  const graph = graphOf(layout);
  return errorsFirst([
    ...brokenReferences(definition, layout),
    ...unreachable(definition, layout, graph),
    ...circles(layout, graph),
    ...deadEnds(layout, graph),
    ...ownProblems(layout),
    ...people(definition, layout, context),
    ...schedules(definition),
    ...sounds(definition, layout, graph, context),
    ...earlyAfterAnswer(layout, graph),
    ...recordWithoutConsent(definition, layout, graph),
    ...variables(layout),
  ]);
};

const errorsFirst = (findings: readonly Finding[]): readonly Finding[] => [
  ...findings.filter(({ level }) => level === 'error'),
  ...findings.filter(({ level }) => level === 'warning'),
];

/** What stands in a group or a schedule is the same from whichever flow it is come to. */
const keyOf = ({ flow, step, group, schedule, rule, message }: Finding): string =>
  JSON.stringify([group ?? schedule ?? flow, step, rule, message]);

/** Tells what is wrong with all flows of a plan, each thing once, errors first. */
export const lintPlan = (plans: FlowPlans, context: LintContext = {}): readonly Finding[] => {
  const all = plans.flows.flatMap(({ id }) => lintFlow(closeDefinition(id, plans), context));
  return errorsFirst([...new Map(all.map((finding) => [keyOf(finding), finding])).values()]);
};
