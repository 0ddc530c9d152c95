import { createHash } from 'node:crypto';
import { FailureError } from '../base/errors.ts';
import type { FlowPlan, GroupPlan, SchedulePlan, StepPlan } from '../config/index.ts';
import { soundsOf } from './sounds.ts';
import type { FlowDefinition } from './types.ts';

/** Ids of all that a flow refers to, each sorted and once. What groups consist of is not among it. */
export type FlowUse = {
  readonly flows: readonly string[];
  readonly groups: readonly string[];
  readonly schedules: readonly string[];
  readonly lines: readonly string[];
  readonly users: readonly string[];
  readonly prompts: readonly string[];
};

const inOrder = (ids: readonly (string | undefined)[]): readonly string[] =>
  [...new Set(ids)].filter((id) => id !== undefined).sort();

/** What a flow's own steps refer to. */
export const usedBy = (flow: FlowPlan): FlowUse => {
  const steps: readonly StepPlan[] = Object.values(flow.steps);
  return {
    flows: inOrder(steps.map((step) => (step.do === 'goto' ? step.flow : undefined))),
    groups: inOrder(
      steps.map((step) => (step.do === 'dial' || step.do === 'queue' ? step.group : undefined)),
    ),
    schedules: inOrder(steps.map((step) => (step.do === 'schedule' ? step.schedule : undefined))),
    lines: inOrder(steps.flatMap((step) => (step.do === 'dial' ? (step.lines ?? []) : []))),
    users: inOrder(steps.flatMap((step) => (step.do === 'dial' ? (step.users ?? []) : []))),
    prompts: inOrder(
      steps.flatMap((step) => soundsOf(step).filter((sound): sound is string => typeof sound === 'string')),
    ),
  };
};

/** As much of a plan as flows are made of. */
export type FlowPlans = {
  readonly flows: readonly FlowPlan[];
  readonly groups: readonly GroupPlan[];
  readonly schedules: readonly SchedulePlan[];
};

/** Those of the ids that there are, in the order of the ids. */
const named = <Part extends { readonly id: string }>(
  parts: readonly Part[],
  ids: readonly string[],
): readonly Part[] => {
  const byId = new Map(parts.map((part) => [part.id, part]));
  return ids.flatMap((id) => byId.get(id) ?? []);
};

/**
 * A flow with all that it reaches and nothing else; the same whatever the order of the plan. What it names and the plan lacks
 * is left out: lint tells of it.
 *
 * @throws FailureError when there is no flow of this id
 */
export const closeDefinition = (flowId: string, plans: FlowPlans): FlowDefinition => {
  const flow = plans.flows.find(({ id }) => id === flowId);
  if (!flow) throw new FailureError(`There is no flow ${flowId}.`);
  const reached = new Map([[flowId, flow]]);
  // Entries that are added meanwhile are walked as well.
  for (const each of reached.values()) {
    for (const other of named(plans.flows, usedBy(each).flows)) reached.set(other.id, other);
  }
  const uses = [...reached.values()].map(usedBy);
  const others = inOrder([...reached.keys()].filter((id) => id !== flowId));
  return {
    flow,
    flows: named(plans.flows, others),
    groups: named(plans.groups, inOrder(uses.flatMap(({ groups }) => groups))),
    schedules: named(plans.schedules, inOrder(uses.flatMap(({ schedules }) => schedules))),
  };
};

/** JSON with the keys of every object in order (RFC 8785). */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`);
  return `{${pairs.join(',')}}`;
};

/** SHA-256 (hex) of a definition: the same for what says the same, in whatever order its keys stand. */
export const definitionDigest = (definition: FlowDefinition): string =>
  createHash('sha256').update(canonical(definition)).digest('hex');
