import type { FlowPlan, StepPlan } from '../../config/index.ts';
import { labelledExits } from './exits.ts';
import { stepWords } from './step-words.ts';
import type { Drawing, DrawnExit, DrawnStep, DrawnTarget } from './types.ts';

const targetOf = (flow: FlowPlan, to: string | undefined): DrawnTarget => {
  if (to === undefined) return { type: 'end' };
  return Object.hasOwn(flow.steps, to) ? { type: 'step', name: to } : { type: 'missing', name: to };
};

const sameTarget = (a: DrawnTarget, b: DrawnTarget): boolean =>
  a.type === b.type && (a.type === 'end' || (b.type !== 'end' && a.name === b.name));

/** Exits that lead to one place are one. */
const merged = (exits: readonly DrawnExit[]): readonly DrawnExit[] => {
  const kept: DrawnExit[] = [];
  for (const exit of exits) {
    const index = kept.findIndex(({ target }) => sameTarget(target, exit.target));
    const same = kept[index];
    if (same === undefined) kept.push(exit);
    else kept[index] = { ...same, labels: [...same.labels, ...exit.labels] };
  }
  return kept;
};

const exitsOf = (flow: FlowPlan, step: StepPlan): readonly DrawnExit[] => {
  if (step.do === 'goto' && step.flow !== undefined) {
    return [{ labels: ['next'], target: { type: 'flow', name: step.flow } }];
  }
  return merged(labelledExits(step).map(([label, to]) => ({ labels: [label], target: targetOf(flow, to) })));
};

/** Steps as one comes to them, following the first exit first. */
const readingOrder = (steps: ReadonlyMap<string, DrawnStep>, first: string, seen: Set<string>): string[] => {
  const order: string[] = [];
  const waiting = [first];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const step = steps.get(name);
    if (step === undefined || seen.has(name)) continue;
    seen.add(name);
    order.push(name);
    for (const { target } of [...step.exits].reverse()) if (target.type === 'step') waiting.push(target.name);
  }
  return order;
};

/** What there is to draw of a flow, whether it is right or not. */
export const drawFlow = (flow: FlowPlan): Drawing => {
  const steps = new Map(
    Object.entries(flow.steps).map(([name, step]): [string, DrawnStep] => [
      name,
      { name, kind: step.do, words: stepWords(step, flow.language), exits: exitsOf(flow, step) },
    ]),
  );
  const seen = new Set<string>();
  const reached = readingOrder(steps, flow.start, seen);
  const unreached = Object.keys(flow.steps).filter((name) => !seen.has(name));
  const rest = unreached.flatMap((name) => readingOrder(steps, name, seen));
  const about = [flow.name, flow.language, flow.timezone].filter((word) => word !== undefined).join(', ');
  return {
    id: flow.id,
    title: about,
    start: flow.start,
    steps: [...reached, ...rest].flatMap((name) => steps.get(name) ?? []),
    unreached,
  };
};
