import type { StepOf, StepPlan } from '../../config/index.ts';
import { caseWords } from './step-words.ts';

/** A label of an exit and the step that it leads to; undefined: the call ends. */
export type LabelledExit = readonly [label: string, to: string | undefined];

/** Those that are written down; what they leave out goes the way of another. */
const written = (
  ...exits: readonly (readonly [label: string, to: string | undefined])[]
): readonly LabelledExit[] => exits.filter(([, to]) => to !== undefined);

const keyExits = (keys: Readonly<Record<string, string>>): readonly LabelledExit[] =>
  Object.entries(keys)
    .sort(([a], [b]) => '1234567890*#'.indexOf(a) - '1234567890*#'.indexOf(b))
    .map(([key, to]) => [key, to]);

const percentWords = (share: number, sum: number): string => `${Math.round((share / sum) * 1000) / 10} %`;

const splitExits = ({ shares }: StepOf<'split'>): readonly LabelledExit[] => {
  const sum = Object.values(shares).reduce((total, share) => total + share, 0);
  return Object.entries(shares).map(([to, share]) => [percentWords(share, sum), to]);
};

type Exits = { readonly [K in StepPlan['do']]: (step: StepOf<K>) => readonly LabelledExit[] };

const EXITS: Exits = {
  answer: ({ next }) => [['next', next]],
  play: ({ next }) => [['next', next]],
  consent: (step) => [
    [step.declined === undefined ? 'next' : 'agreed', step.next],
    ...written(['declined', step.declined]),
  ],
  menu: (step) => [...keyExits(step.keys), ['otherwise', step.otherwise]],
  collect: (step) => [['digits', step.next], ...written(['otherwise', step.otherwise])],
  schedule: (step) => [['open', step.open], ['closed', step.closed], ...written(['holiday', step.holiday])],
  dial: (step) => [
    ...written(['busy', step.busy], ['unavailable', step.unavailable]),
    ['nobody answered', step.next],
  ],
  queue: (step) => [
    ...written([`key ${step.exitKey ?? ''}`, step.exit], ['full', step.full], ['nobody there', step.empty]),
    ['waited too long', step.next],
  ],
  voicemail: ({ next }) => [['next', next]],
  route: (step) => [
    ...step.cases.map((each): LabelledExit => [caseWords(each), each.to]),
    ['otherwise', step.otherwise],
  ],
  split: splitExits,
  decide: (step) => [...Object.entries(step.exits), ['otherwise', step.otherwise]],
  tag: ({ next }) => [['next', next]],
  set: ({ next }) => [['next', next]],
  hangup: () => [],
  goto: ({ step }) => written(['next', step]),
};

/** Exits of a step as a drawing shows them; a `goto` that leads to another flow has none here. */
export const labelledExits = (step: StepPlan): readonly LabelledExit[] => {
  // Each kind's exits take steps of that kind: the table's type says so, but TypeScript can't follow the index.
  const exits = EXITS[step.do] as (step: StepPlan) => readonly LabelledExit[];
  return exits(step);
};
