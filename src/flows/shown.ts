import { createHash } from 'node:crypto';
import type { FlowPlan, StepPlan } from '../config/index.ts';
import type { FlowDefinition } from './types.ts';

/** The same secret looks the same, so that a change of it can be seen. */
const hidden = (value: string): string =>
  `hidden (${createHash('sha256').update(value).digest('hex').slice(0, 8)})`;

const shownStep = (step: StepPlan): StepPlan =>
  step.do === 'decide'
    ? {
        ...step,
        headers: Object.fromEntries(
          Object.entries(step.headers).map(([name, value]) => [name, hidden(value)]),
        ),
      }
    : step;

const shownFlow = (flow: FlowPlan): FlowPlan => ({
  ...flow,
  steps: Object.fromEntries(Object.entries(flow.steps).map(([name, step]) => [name, shownStep(step)])),
});

/** A definition for people and the API: headers of `decide` steps hold credentials, and are not shown. */
export const shownDefinition = (definition: FlowDefinition): FlowDefinition => ({
  ...definition,
  flow: shownFlow(definition.flow),
  flows: definition.flows.map(shownFlow),
});
