import type { StepOf } from '../../config/index.ts';
import type { Layout } from '../layout.ts';
import type { FlowDefinition, FlowStep } from '../types.ts';
import { atStep } from './finding.ts';
import { type Graph, partOf, reachedFrom } from './graph.ts';
import type { Finding } from './types.ts';

type Tell = (level: Finding['level'], rule: Finding['rule'], message: string, mend: string) => Finding;

const collectProblems = (step: StepOf<'collect'>, tell: Tell): readonly Finding[] => [
  ...(step.min > step.max
    ? [
        tell(
          'error',
          'digits',
          `min (${step.min}) is above max (${step.max})`,
          'let min be at most as large as max',
        ),
      ]
    : []),
  ...(/\d/.test(step.end)
    ? [
        tell(
          'warning',
          'keys',
          `the digit ${step.end} can't be entered: it ends the entry`,
          'end it by # or *',
        ),
      ]
    : []),
];

const consentProblems = ({ accept, decline }: StepOf<'consent'>, tell: Tell): readonly Finding[] =>
  accept !== undefined && accept === decline
    ? [tell('error', 'keys', `${accept} both accepts and declines`, 'give each its own key')]
    : [];

const queueProblems = ({ exit, exitKey }: StepOf<'queue'>, tell: Tell): readonly Finding[] =>
  exit !== undefined && exitKey === undefined
    ? [tell('warning', 'keys', 'exit leads somewhere, and no key goes there', 'name the key as exitKey')]
    : [];

const scheduleProblems = ({ open, closed, holiday }: StepOf<'schedule'>, tell: Tell): readonly Finding[] =>
  open === closed && (holiday ?? closed) === open
    ? [tell('warning', 'no-choice', 'it goes the same way whether open or closed', 'lead closed elsewhere')]
    : [];

const routeProblems = ({ cases }: StepOf<'route'>, tell: Tell): readonly Finding[] => {
  const always = cases.findIndex(({ when }) => Object.values(when).every((wanted) => wanted === undefined));
  const prefixes = cases
    .flatMap(({ when }) => when.prefix ?? [])
    .filter((text) => !/^\+[\d\s.-]+$/.test(text));
  return [
    ...(always >= 0 && always < cases.length - 1
      ? [
          tell(
            'warning',
            'case-never-reached',
            `case ${always + 1} has no condition, so that those after it never fit`,
            'put it last, or name it as otherwise',
          ),
        ]
      : []),
    ...prefixes.map((text) =>
      tell(
        'warning',
        'prefix',
        `${text} is no beginning of an international number`,
        'write it with a plus and the country: +8613',
      ),
    ),
  ];
};

const splitProblems = ({ shares }: StepOf<'split'>, tell: Tell): readonly Finding[] =>
  Object.values(shares).some((share) => share > 0)
    ? []
    : [tell('error', 'no-shares', 'no step has a share above 0', 'give one a share')];

const stepProblems = (here: FlowStep): readonly Finding[] => {
  const tell: Tell = (...rest) => atStep(here, ...rest);
  const { step } = here;
  switch (step.do) {
    case 'collect':
      return collectProblems(step, tell);
    case 'consent':
      return consentProblems(step, tell);
    case 'queue':
      return queueProblems(step, tell);
    case 'schedule':
      return scheduleProblems(step, tell);
    case 'route':
      return routeProblems(step, tell);
    case 'split':
      return splitProblems(step, tell);
    default:
      return [];
  }
};

/** What is wrong with a step by itself. */
export const ownProblems = ({ steps }: Layout): readonly Finding[] =>
  [...steps.values()].flatMap(stepProblems);

const TALKS: readonly string[] = ['menu', 'collect', 'dial', 'queue', 'voicemail'];

/** A call that is recorded from its answer on, whose caller has not been told. */
export const recordWithoutConsent = (
  { flow }: FlowDefinition,
  { start, steps }: Layout,
  graph: Graph,
): readonly Finding[] => {
  if (flow.record !== 'answer') return [];
  const unasked = partOf(graph, (name) => steps.get(name)?.step.do !== 'consent');
  const talk = [...reachedFrom(unasked, [start])]
    .flatMap((name) => steps.get(name) ?? [])
    .find(({ step }) => TALKS.includes(step.do));
  if (!talk) return [];
  return [
    atStep(
      talk,
      'warning',
      'record-without-consent',
      'the call is recorded here, and the caller may not have been told',
      'put a consent step before it, or record: line',
    ),
  ];
};
