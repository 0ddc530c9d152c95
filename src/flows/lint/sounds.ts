import type { Sound } from '../../config/index.ts';
import type { Layout } from '../layout.ts';
import { soundsOf } from '../sounds.ts';
import type { FlowDefinition, FlowStep } from '../types.ts';
import { andWords, atStep } from './finding.ts';
import type { Graph } from './graph.ts';
import type { Finding, LintContext } from './types.ts';
import { maybeAnswered } from './ways.ts';

/** Languages that each step may be come to in. */
const languagesAt = (
  definition: FlowDefinition,
  { start, steps }: Layout,
  graph: Graph,
): ReadonlyMap<string, ReadonlySet<string>> => {
  const seen = new Map<string, Set<string>>();
  const waiting: (readonly [string, string])[] = [[start, definition.flow.language]];
  for (const [name, language] of waiting) {
    const here = steps.get(name);
    const languages = seen.get(name) ?? new Set<string>();
    if (!here || languages.has(language)) continue;
    seen.set(name, languages.add(language));
    const after = (here.step.do === 'set' ? here.step.language : undefined) ?? language;
    for (const next of graph.get(name) ?? []) waiting.push([next, after]);
  }
  return seen;
};

/** Languages in which a sound is there; undefined: in any. */
const languagesOf = (sound: Sound, { prompts }: LintContext): readonly string[] | undefined => {
  if (typeof sound === 'string') return prompts?.get(sound);
  return 'say' in sound && typeof sound.say !== 'string' ? Object.keys(sound.say) : undefined;
};

const spokenIn = (sound: Sound): readonly string[] =>
  typeof sound === 'object' && 'say' in sound && typeof sound.say === 'object' ? Object.keys(sound.say) : [];

/** Words in one language beside words in others: "For English, press 1", each in its own. */
const isOneOfMany = (sound: Sound, all: readonly Sound[], wanted: ReadonlySet<string>): boolean => {
  const together = new Set(all.flatMap(spokenIn));
  return (
    spokenIn(sound).length === 1 &&
    together.size > 1 &&
    [...wanted].every((language) => together.has(language))
  );
};

const soundProblems = (
  here: FlowStep,
  sound: Sound,
  wanted: ReadonlySet<string>,
  context: LintContext,
): readonly Finding[] => {
  if (typeof sound === 'string' && context.prompts && !context.prompts.has(sound))
    return [
      atStep(
        here,
        'error',
        'missing-prompt',
        `there is no prompt ${sound}`,
        `add it: dialtrace prompt add FILE --id ${sound}, or say: in its place`,
      ),
    ];
  const languages = languagesOf(sound, context);
  const missing = languages ? [...wanted].filter((language) => !languages.includes(language)) : [];
  if (missing.length === 0) return [];
  const what = typeof sound === 'string' ? `the prompt ${sound} is` : 'words to be spoken are';
  return [
    atStep(
      here,
      'warning',
      'prompt-language',
      `${what} not there in ${andWords(missing)}`,
      'add it in each language that the call may have come to it in',
    ),
  ];
};

/** Prompts and words: whether they are there, in the languages that calls have when they come to them. */
export const sounds = (
  definition: FlowDefinition,
  layout: Layout,
  graph: Graph,
  context: LintContext,
): readonly Finding[] => {
  const languages = languagesAt(definition, layout, graph);
  return [...layout.steps.values()].flatMap((here) => {
    const all = soundsOf(here.step);
    const wanted = languages.get(here.name) ?? new Set();
    return all.flatMap((sound) =>
      isOneOfMany(sound, all, wanted) ? [] : soundProblems(here, sound, wanted, context),
    );
  });
};

/** Sounds that are to be free for the caller, after an answer. */
export const earlyAfterAnswer = (layout: Layout, graph: Graph): readonly Finding[] => {
  const answered = maybeAnswered(layout, graph);
  return [...layout.steps.values()].flatMap((here) =>
    here.step.do === 'play' && here.step.early && answered.has(here.name)
      ? [
          atStep(
            here,
            'warning',
            'early-after-answer',
            'early means nothing where the call may have been answered before',
            'play it before all that answers, or leave early out',
          ),
        ]
      : [],
  );
};
