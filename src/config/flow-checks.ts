import type { Problem } from '../base/errors.ts';
import { duplicates } from './checks.ts';
import type { FlowPlan, StepPlan } from './flow-schema.ts';
import type { GroupPlan } from './group-schema.ts';
import { reference } from './phone-checks.ts';
import type { SchedulePlan } from './schedule-schema.ts';

/** As much of a plan as the checks of its flows look at; an entry that is wrong in itself keeps its id. */
export type CheckedFlows = {
  readonly lines: readonly { readonly id: string }[];
  readonly flows: readonly (FlowPlan | { readonly id: string })[];
  readonly groups: readonly (GroupPlan | { readonly id: string })[];
  readonly schedules: readonly (SchedulePlan | { readonly id: string })[];
};

/** Fields of steps that name the step which follows. */
const NEXT_FIELDS: ReadonlySet<string> = new Set([
  'next',
  'open',
  'closed',
  'holiday',
  'otherwise',
  'declined',
  'busy',
  'unavailable',
  'exit',
  'full',
  'empty',
  'step',
]);

/** Each place of a step that names another one, with its path below the step. */
const stepReferences = (step: StepPlan): readonly (readonly [path: string, name: string])[] => {
  const plain = Object.entries(step).flatMap(([field, value]) =>
    NEXT_FIELDS.has(field) && typeof value === 'string' ? [[`.${field}`, value] as const] : [],
  );
  switch (step.do) {
    case 'menu':
      return [...plain, ...Object.entries(step.keys).map(([key, to]) => [`.keys.${key}`, to] as const)];
    case 'route':
      return [...plain, ...step.cases.map(({ to }, index) => [`.cases[${index}].to`, to] as const)];
    case 'split':
      return Object.keys(step.shares).map((to) => [`.shares.${to}`, to] as const);
    case 'decide':
      return [...plain, ...Object.entries(step.exits).map(([exit, to]) => [`.exits.${exit}`, to] as const)];
    default:
      return plain;
  }
};

/** What no flow, group or schedule can say alone: references to nothing, ids that stand twice. */
export const flowProblems = (plan: CheckedFlows): readonly Problem[] => [
  ...sameIds('flows', plan.flows),
  ...sameIds('groups', plan.groups),
  ...sameIds('schedules', plan.schedules),
  ...plan.flows.flatMap((flow, index) => ('steps' in flow ? oneFlow(flow, `flows[${index}]`, plan) : [])),
  ...plan.groups.flatMap((group, index) =>
    'members' in group ? oneGroup(group, `groups[${index}]`, plan) : [],
  ),
];

const sameIds = (part: string, items: readonly { readonly id: string }[]): readonly Problem[] =>
  duplicates(
    items.map(({ id }, index) => ({ path: `${part}[${index}].id`, key: id })),
    'the id',
    'give each its own',
  );

const idsOf = (items: readonly { readonly id: string }[]): readonly string[] => items.map(({ id }) => id);

const oneFlow = (flow: FlowPlan, path: string, plan: CheckedFlows): readonly Problem[] => {
  const names = Object.keys(flow.steps);
  return [
    ...reference(`${path}.start`, 'step', flow.start, names, 'add it to steps'),
    ...Object.entries(flow.steps).flatMap(([name, step]) => {
      const at = `${path}.steps.${name}`;
      return [
        ...stepReferences(step).flatMap(([below, to]) =>
          reference(`${at}${below}`, 'step', to, names, 'add it to steps'),
        ),
        ...elsewhere(step, at, plan),
      ];
    }),
  ];
};

/** What a step refers to outside of its flow. */
const elsewhere = (step: StepPlan, at: string, plan: CheckedFlows): readonly Problem[] => {
  switch (step.do) {
    case 'schedule':
      return reference(
        `${at}.schedule`,
        'schedule',
        step.schedule,
        idsOf(plan.schedules),
        'add it to schedules',
      );
    case 'goto':
      return step.flow === undefined
        ? []
        : reference(`${at}.flow`, 'flow', step.flow, idsOf(plan.flows), 'add it to flows');
    case 'queue':
      return reference(`${at}.group`, 'group', step.group, idsOf(plan.groups), 'add it to groups');
    case 'dial':
      return dialProblems(step, at, plan);
    case 'collect':
      return step.min > step.max
        ? [{ path: `${at}.min`, message: `${step.min} is more than max`, mend: 'let min be at most max' }]
        : [];
    default:
      return [];
  }
};

const MOST_AT_ONCE = 10;

const dialProblems = (
  step: Extract<StepPlan, { do: 'dial' }>,
  at: string,
  plan: CheckedFlows,
): readonly Problem[] => {
  const { lines = [], users = [], group } = step;
  const own = lines.length + users.length;
  return [
    ...(own === 0 && group === undefined
      ? [{ path: at, message: 'names nobody to ring', mend: 'give it lines, users or a group' }]
      : []),
    ...(own > 0 && group !== undefined
      ? [{ path: `${at}.group`, message: 'stands beside lines or users', mend: 'keep one of the two' }]
      : []),
    ...(group === undefined
      ? []
      : reference(`${at}.group`, 'group', group, idsOf(plan.groups), 'add it to groups')),
    ...lines.flatMap((id, index) =>
      reference(`${at}.lines[${index}]`, 'line', id, idsOf(plan.lines), 'add it to lines'),
    ),
    ...duplicates(
      lines.map((key, index) => ({ path: `${at}.lines[${index}]`, key })),
      'the line',
      'name each line once',
    ),
    ...(step.strategy === 'simultaneous' && own > MOST_AT_ONCE
      ? [{ path: `${at}.strategy`, message: `rings ${own} at once`, mend: `ring ${MOST_AT_ONCE} at most` }]
      : []),
  ];
};

const oneGroup = (group: GroupPlan, path: string, plan: CheckedFlows): readonly Problem[] => {
  const lines = idsOf(plan.lines);
  return [
    ...group.members.flatMap(({ line }, index) =>
      line === undefined
        ? []
        : reference(`${path}.members[${index}].line`, 'line', line, lines, 'add it to lines'),
    ),
    ...duplicates(
      group.members.map(({ line, user }, index) => ({
        path: `${path}.members[${index}]`,
        key: line ?? user ?? '',
      })),
      'the member',
      'name each once',
    ),
  ];
};
