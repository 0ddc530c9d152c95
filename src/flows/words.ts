import type { StepPlan } from '../config/index.ts';
import type { DialFailure, PathEntry } from './types.ts';

const KIND_NAMES: Readonly<Record<PathEntry['kind'], string>> = {
  answer: 'Answer',
  play: 'Play',
  consent: 'Consent',
  menu: 'Menu',
  collect: 'Collect',
  schedule: 'Schedule',
  dial: 'Dial',
  queue: 'Queue',
  voicemail: 'Voicemail',
  route: 'Route',
  split: 'Split',
  decide: 'Decide',
  tag: 'Tag',
  set: 'Set',
  hangup: 'Hang up',
  goto: 'Go to',
  end: 'End',
};

/** What a kind of step is called at the beginning of a sentence: `Menu`. */
export const kindName = (kind: StepPlan['do'] | 'end'): string => KIND_NAMES[kind];

const FAILURE_WORDS: Readonly<Record<DialFailure, string>> = {
  'no-answer': 'nobody answered',
  busy: 'all were busy',
  rejected: 'the call was declined',
  unavailable: 'nobody could be rung',
  failed: 'the call could not be connected',
};

/** How an attempt to reach somebody failed: `nobody answered`. */
export const failureWords = (why: DialFailure): string => FAILURE_WORDS[why];

/** `Menu main: the caller pressed 2, on to sales.` Without a step that follows, the call ends. */
export const stepSentence = (
  kind: PathEntry['kind'],
  name: string,
  text: string,
  to: string | undefined,
): string => `${kindName(kind)} ${name}: ${text}, ${to === undefined ? 'and the call ends' : `on to ${to}`}.`;

/** `3.2 s` */
export const secondsWords = (ms: number): string => `${Math.round(Math.max(0, ms) / 100) / 10} s`;

/** `1 line`, `2 lines` */
export const countWords = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const LONGEST_REASON = 200;

/** A reason from elsewhere, on one line and not too long. */
export const reasonWords = (reason: string): string =>
  reason
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_REASON) || 'no reason was given';

/** The sentences of a path, in order. Jumps are left out: what came before them names where they lead. */
export const explainPath = (path: readonly PathEntry[]): readonly string[] =>
  path.filter(({ kind }) => kind !== 'goto').map(({ text }) => text);
