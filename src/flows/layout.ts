import type { FlowPlan } from '../config/index.ts';
import { retargeted } from './steps/index.ts';
import type { FlowDefinition, FlowStep } from './types.ts';

/** Steps of a definition by their names: those of the flow itself as they are, those of others as `flow/step`. */
export type Layout = { readonly start: string; readonly steps: ReadonlyMap<string, FlowStep> };

/** What a step is called in its own flow: `menu` of `sales/menu`. */
export const localName = (name: string): string => name.slice(name.indexOf('/') + 1);

/** Lays the steps of all flows side by side. What leads nowhere keeps a name that no step has. */
export const layOut = ({ flow: main, flows }: FlowDefinition): Layout => {
  const all = new Map([main, ...flows].map((flow) => [flow.id, flow]));
  const nameIn = (flow: FlowPlan, step: string): string =>
    flow.id === main.id ? step : `${flow.id}/${step}`;
  const startOf = (id: string): string => {
    const flow = all.get(id);
    return flow ? nameIn(flow, flow.start) : `${id}/?`;
  };
  const steps = [...all.values()].flatMap((flow) =>
    Object.entries(flow.steps).map(([local, step]): FlowStep => {
      const names = { step: (name: string) => nameIn(flow, name), flow: startOf };
      return { name: nameIn(flow, local), flow, step: retargeted(step, names) };
    }),
  );
  return { start: main.start, steps: new Map(steps.map((step) => [step.name, step])) };
};
