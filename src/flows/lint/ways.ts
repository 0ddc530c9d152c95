import type { StepPlan } from '../../config/index.ts';
import { type Layout, localName } from '../layout.ts';
import { waitsForCaller } from '../steps/index.ts';
import type { FlowDefinition, FlowStep } from '../types.ts';
import { atStep } from './finding.ts';
import { circlesOf, type Graph, partOf, reachedFrom } from './graph.ts';
import type { Finding } from './types.ts';

/** Kinds that are passed at once: neither the caller nor a line notices. */
const UNNOTICED: ReadonlySet<StepPlan['do']> = new Set([
  'answer',
  'schedule',
  'route',
  'split',
  'decide',
  'tag',
  'set',
  'goto',
]);

const answers = (step: StepPlan): boolean =>
  ['answer', 'consent', 'menu', 'collect', 'queue', 'voicemail'].includes(step.do) ||
  (step.do === 'play' && !step.early);

/** Steps that a call may come to after it was answered. */
export const maybeAnswered = ({ steps }: Layout, graph: Graph): ReadonlySet<string> =>
  reachedFrom(
    graph,
    [...steps.values()].flatMap(({ name, step }) => (answers(step) ? (graph.get(name) ?? []) : [])),
  );

/** Steps that no call comes to. A flow is entered at its start alone. */
export const unreachable = (
  { flow, flows }: FlowDefinition,
  { steps }: Layout,
  graph: Graph,
): readonly Finding[] =>
  [flow, ...flows].flatMap((each) => {
    const own = [...steps.values()].filter(({ flow: of }) => of === each);
    const start = own.find(({ name }) => localName(name) === each.start);
    if (!start) return [];
    const reached = reachedFrom(graph, [start.name]);
    return own
      .filter(({ name }) => !reached.has(name))
      .map((here) =>
        atStep(here, 'warning', 'unreachable', 'nothing leads to it', 'lead a step there, or take it out'),
      );
  });

/** Circles that a caller can't leave by a key. */
export const circles = ({ steps }: Layout, graph: Graph): readonly Finding[] => {
  const kindIs = (test: (step: StepPlan) => boolean) => (name: string) => {
    const here = steps.get(name);
    return here !== undefined && test(here.step);
  };
  const unnoticed = circlesOf(
    partOf(
      graph,
      kindIs((step) => UNNOTICED.has(step.do)),
    ),
  );
  const told = new Set(unnoticed.flat());
  const without = circlesOf(
    partOf(
      graph,
      kindIs((step) => !waitsForCaller(step)),
    ),
  );
  return [
    ...unnoticed.flatMap((circle) =>
      circleFinding(
        steps,
        circle,
        'error',
        'nothing happens in this circle',
        'lead one of these steps elsewhere',
      ),
    ),
    ...without
      .filter((circle) => !circle.every((name) => told.has(name)))
      .flatMap((circle) =>
        circleFinding(
          steps,
          circle,
          'warning',
          'the caller does nothing in this circle',
          'let it end after some time: a menu, voicemail or a goodbye',
        ),
      ),
  ];
};

const circleFinding = (
  steps: ReadonlyMap<string, FlowStep>,
  circle: readonly string[],
  level: Finding['level'],
  what: string,
  mend: string,
): readonly Finding[] => {
  const [first] = circle;
  const here = first === undefined ? undefined : steps.get(first);
  return here ? [atStep(here, level, 'circle', `${what}: ${[...circle, here.name].join(' → ')}`, mend)] : [];
};

/** Exits at which a call ends though its caller waits to be told something. */
export const deadEnds = ({ steps }: Layout, graph: Graph): readonly Finding[] => {
  const answered = maybeAnswered({ start: '', steps }, graph);
  return [...steps.values()].flatMap((here) => {
    const { step } = here;
    if (step.do === 'menu' && step.otherwise === undefined)
      return [
        atStep(
          here,
          'warning',
          'menu-otherwise',
          'the call ends without a word when no key fits',
          'name a step as otherwise: who presses nothing may have no keys',
        ),
      ];
    const waited = step.do === 'queue' || (step.do === 'dial' && answered.has(here.name));
    if (waited && step.next === undefined)
      return [
        atStep(
          here,
          'warning',
          'dead-end',
          'the call ends without a word when nobody answers, though it was answered before',
          'name a step as next: voicemail, or a goodbye',
        ),
      ];
    return [];
  });
};
