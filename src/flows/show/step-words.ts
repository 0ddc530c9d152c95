import type { GroupPlan, RouteCase, Sound, StepOf, StepPlan } from '../../config/index.ts';

const seconds = (value: number): string => `${value} s`;
const list = (words: readonly string[]): string => words.join(', ');

/** A sound in few words; what is spoken in the flow's language stands in quotation marks. */
const soundWords = (sound: Sound, language: string): string => {
  if (typeof sound === 'string') return sound;
  if ('tone' in sound) return `${sound.tone} tone`;
  if ('silence' in sound) return `${seconds(sound.silence)} of silence`;
  if (typeof sound.say === 'string') return `“${sound.say}”`;
  return `“${sound.say[language] ?? Object.values(sound.say)[0] ?? ''}”`;
};

/** Sounds in few words, one after the other. */
export const soundsWords = (sounds: readonly Sound[], language: string): string =>
  list(sounds.map((sound) => soundWords(sound, language)));

const WHEN_WORDS: Readonly<Record<keyof RouteCase['when'], string>> = {
  country: 'from',
  area: 'area',
  prefix: 'number begins with',
  anonymous: 'anonymous',
  repeat: 'called before',
  source: 'source',
  medium: 'medium',
  campaign: 'campaign',
  keyword: 'keyword',
  channel: 'channel',
  landing: 'page',
  number: 'dialled',
  button: 'button',
  intent: 'intent',
  time: 'at',
  days: 'on',
  variable: '',
};

const NEGATED: Readonly<Record<string, string>> = {
  anonymous: 'number shown',
  repeat: 'never called before',
};

const conditionWords = (name: keyof RouteCase['when'], value: unknown): string => {
  if (typeof value === 'boolean') return value ? WHEN_WORDS[name] : (NEGATED[name] ?? `not ${name}`);
  if (Array.isArray(value)) return `${WHEN_WORDS[name]} ${value.join(' or ')}`;
  if (typeof value !== 'object' || value === null) return `${WHEN_WORDS[name]} ${String(value)}`;
  const pairs = Object.entries(value).map(([key, any]) => `${key} is ${[any].flat().join(' or ')}`);
  return pairs.join(', ');
};

/** A case of a route step in words: `from DE, source google`. */
export const caseWords = ({ when }: RouteCase): string => {
  const names = Object.keys(WHEN_WORDS) as (keyof RouteCase['when'])[];
  const words = names.flatMap((name) => (when[name] === undefined ? [] : conditionWords(name, when[name])));
  return words.length === 0 ? 'always' : list(words);
};

const STRATEGY_WORDS: Readonly<Record<GroupPlan['strategy'], string>> = {
  simultaneous: 'all at once',
  sequential: 'one after the other',
  'round-robin': 'in turn',
  weighted: 'by weight',
  'longest-idle': 'longest idle first',
};

const dialWords = (step: StepOf<'dial'>): string =>
  list([
    ...(step.group === undefined ? [] : [`group ${step.group}`]),
    ...(step.lines ?? []),
    ...(step.users ?? []),
    ...(step.strategy === undefined ? [] : [STRATEGY_WORDS[step.strategy]]),
    ...(step.ringSeconds === undefined ? [] : [`${seconds(step.ringSeconds)} each`]),
    ...(step.sticky ? ['who answered before first'] : []),
    ...(step.accept === undefined ? [] : [`press ${step.accept.key} to take it`]),
  ]);

const setWords = (step: StepOf<'set'>): string =>
  list([
    ...Object.entries(step.variables).map(([name, value]) => `${name} = ${value}`),
    ...(step.language === undefined ? [] : [`language ${step.language}`]),
    ...(step.record === undefined ? [] : [step.record ? 'record' : 'do not record']),
  ]);

type Words = { readonly [K in StepPlan['do']]: (step: StepOf<K>, language: string) => string };

const WORDS: Words = {
  answer: () => '',
  play: (step, language) => soundsWords(step.play, language) + (step.early ? ', before the answer' : ''),
  consent: (step, language) => `${step.text}: ${soundsWords(step.play, language)}`,
  menu: (step, language) => soundsWords(step.play, language),
  collect: (step, language) =>
    `${step.as}${step.sensitive ? ' (kept secret)' : ''}, ${step.min}–${step.max} digits: ${soundsWords(step.play, language)}`,
  schedule: (step) => step.schedule,
  dial: dialWords,
  queue: (step) => `group ${step.group}, up to ${seconds(step.maxWaitSeconds)}`,
  voicemail: (step) => `box ${step.box}, up to ${seconds(step.maxSeconds)}`,
  // Their exits say it all.
  route: () => '',
  split: () => '',
  decide: (step) => `${new URL(step.url).host}, within ${step.timeoutMs} ms`,
  tag: (step) => list(step.tags),
  set: setWords,
  hangup: (step) => step.cause,
  goto: (step) => step.step ?? `flow ${step.flow ?? ''}`,
};

/** What a step does, in few words, sounds in the given language. */
export const stepWords = (step: StepPlan, language: string): string => {
  // Each kind's words take steps of that kind: the table's type says so, but TypeScript can't follow the index.
  const words = WORDS[step.do] as (step: StepPlan, language: string) => string;
  return words(step, language).replace(/\s+/g, ' ').trim();
};
