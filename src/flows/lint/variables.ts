import type { StepPlan } from '../../config/index.ts';
import type { Layout } from '../layout.ts';
import { soundsOf } from '../sounds.ts';
import { TEMPLATE_FACTS } from '../templates.ts';
import type { FlowStep } from '../types.ts';
import { atStep } from './finding.ts';
import type { Finding } from './types.ts';

/** Names that stand in braces in words to be spoken. */
const templateNames = (step: StepPlan): ReadonlySet<string> =>
  new Set(
    soundsOf(step)
      .flatMap((sound) =>
        typeof sound === 'object' && 'say' in sound
          ? typeof sound.say === 'string'
            ? [sound.say]
            : Object.values(sound.say)
          : [],
      )
      .flatMap((text) => [...text.matchAll(/\{([A-Za-z]\w*)\}/g)].map(([, name = '']) => name)),
  );

const routeNames = (step: StepPlan): ReadonlySet<string> =>
  new Set(step.do === 'route' ? step.cases.flatMap(({ when }) => Object.keys(when.variable ?? {})) : []);

const setNames = ({ step }: FlowStep): readonly string[] => {
  if (step.do === 'collect') return [step.as];
  return step.do === 'set' ? Object.keys(step.variables) : [];
};

const unknown = (here: FlowStep, name: string): Finding =>
  atStep(
    here,
    'warning',
    'unknown-variable',
    `nothing sets ${name}`,
    'collect or set it before, or write it as it is set',
  );

/** Variables that are used and never set, or that are set and never spoken. */
export const variables = ({ steps }: Layout): readonly Finding[] => {
  const all = [...steps.values()];
  // What another system decides may set any variable.
  const open = all.some(({ step }) => step.do === 'decide');
  const set = new Set(all.flatMap(setNames));
  const facts = new Set<string>(TEMPLATE_FACTS);
  const sensitive = new Set(
    all.flatMap(({ step }) => (step.do === 'collect' && step.sensitive ? [step.as] : [])),
  );
  return all.flatMap((here) => [
    ...[...templateNames(here.step)]
      .filter((name) => !open && !set.has(name) && !facts.has(name))
      .map((name) => unknown(here, name)),
    ...[...templateNames(here.step)]
      .filter((name) => sensitive.has(name))
      .map((name) =>
        atStep(
          here,
          'warning',
          'sensitive-variable',
          `${name} is sensitive and is not spoken`,
          'take it out of the words',
        ),
      ),
    ...[...routeNames(here.step)]
      .filter((name) => !open && !set.has(name))
      .map((name) => unknown(here, name)),
  ]);
};
