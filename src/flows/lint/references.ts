import type { FlowPlan } from '../../config/index.ts';
import { type Layout, localName } from '../layout.ts';
import { exitsOf } from '../steps/index.ts';
import type { FlowDefinition, FlowStep } from '../types.ts';
import { atStep } from './finding.ts';
import type { Finding } from './types.ts';

const startProblems = (flow: FlowPlan): readonly Finding[] =>
  Object.hasOwn(flow.steps, flow.start)
    ? []
    : [
        {
          level: 'error',
          flow: flow.id,
          rule: 'missing-step',
          message: `start names ${flow.start}, and there is no such step`,
          mend: 'name the step that a call begins with',
        },
      ];

const exitProblems = (here: FlowStep, { steps }: Layout, flows: ReadonlySet<string>): readonly Finding[] => {
  const written = here.flow.steps[localName(here.name)];
  if (written?.do === 'goto' && written.flow !== undefined)
    return flows.has(written.flow)
      ? []
      : [
          atStep(
            here,
            'error',
            'missing-flow',
            `it leads to the flow ${written.flow}, and there is no such flow`,
            'add it to flows, or name another',
          ),
        ];
  return exitsOf(here.step).flatMap(([exit, to]) =>
    to === undefined || steps.has(to)
      ? []
      : [
          atStep(
            here,
            'error',
            'missing-step',
            `${exit} leads to ${localName(to)}, and there is no such step`,
            'add the step, or name another',
          ),
        ],
  );
};

const partProblems = (
  here: FlowStep,
  groups: ReadonlySet<string>,
  schedules: ReadonlySet<string>,
): readonly Finding[] => {
  const { step } = here;
  const group = step.do === 'dial' || step.do === 'queue' ? step.group : undefined;
  if (group !== undefined && !groups.has(group))
    return [
      atStep(
        here,
        'error',
        'missing-group',
        `there is no group ${group}`,
        'add it to groups, or name another',
      ),
    ];
  if (step.do === 'schedule' && !schedules.has(step.schedule))
    return [
      atStep(
        here,
        'error',
        'missing-schedule',
        `there is no schedule ${step.schedule}`,
        'add it to schedules, or name another',
      ),
    ];
  return [];
};

/** Names of steps, flows, groups and schedules that stand for nothing: what can't be run. */
export const brokenReferences = (definition: FlowDefinition, layout: Layout): readonly Finding[] => {
  const all = [definition.flow, ...definition.flows];
  const flows = new Set(all.map(({ id }) => id));
  const groups = new Set(definition.groups.map(({ id }) => id));
  const schedules = new Set(definition.schedules.map(({ id }) => id));
  return [
    ...all.flatMap(startProblems),
    ...[...layout.steps.values()].flatMap((here) => [
      ...exitProblems(here, layout, flows),
      ...partProblems(here, groups, schedules),
    ]),
  ];
};
