import { stat } from 'node:fs/promises';
import { errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Sound } from '../config/index.ts';
import type { Playable } from '../media/index.ts';
import { keyOf, type Shelf } from './shelf.ts';
import type { Speech, Words } from './speech.ts';
import type { Prompt, SoundOptions } from './types.ts';
import { fillWords, hasPlaces, wordsIn } from './words.ts';

/** Whoever speaks no other language is heard in this one. */
const LAST_RESORT = 'en';

type Says = Extract<Sound, { say: unknown }>['say'];

export type ResolveOptions = {
  readonly shelf: Shelf;
  readonly shipped: Promise<ReadonlyMap<string, Prompt>>;
  readonly speech: Speech;
  readonly logger: Logger;
  /** What a caller waits for words that were never spoken before. */
  readonly patienceMs: number;
};

/** Of tones whose length is not given, but the beep's, which has its own. */
const TONE_SECONDS = 2;

const tone = (sound: Extract<Sound, { tone: unknown }>, region: string | undefined): Playable => {
  const { tone: type, seconds } = sound;
  if (type !== 'beep')
    return { type, seconds: seconds ?? TONE_SECONDS, ...(region !== undefined && { region }) };
  return seconds === undefined ? { type } : { type: 'tone', frequencies: [1000], seconds };
};

const file = (path: string): Playable => ({ type: 'file', path });

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The words of a sound, as they are spoken; undefined when nothing is left of them. */
const spoken = (say: Says, { language, values = {} }: SoundOptions): Words | undefined => {
  const words = wordsIn(say, language);
  if (words === undefined) return undefined;
  const text = fillWords(words.text, values);
  // What holds no letter and no digit has no sound.
  if (!/[\p{L}\p{N}]/u.test(text)) return undefined;
  return { text, language: words.language, isPersonal: hasPlaces(words.text) };
};

/** `fallback` when `work` has not settled in time; the work goes on. */
const within = <T>(ms: number, work: Promise<T>, fallback: () => T): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((done) => {
    timer = setTimeout(() => done(fallback()), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

export const createResolver = ({ shelf, shipped, speech, logger, patienceMs }: ResolveOptions) => {
  const ownPrompts = async (ids: readonly string[], languages: readonly string[]) => {
    try {
      const found = await shelf.some(ids, languages);
      return new Map(found.map((prompt) => [keyOf(prompt.id, prompt.language), prompt]));
    } catch (error) {
      logger.warn({ error: errorMessage(error) }, 'own prompts could not be looked up');
      return new Map<string, Prompt>();
    }
  };

  const promptOf = async (
    id: string,
    languages: readonly string[],
    own: ReadonlyMap<string, Prompt>,
  ): Promise<readonly Playable[]> => {
    for (const language of languages) {
      const key = keyOf(id, language);
      for (const prompt of [own.get(key), (await shipped).get(key)]) {
        if (prompt === undefined) continue;
        if (await isThere(prompt.path)) return [file(prompt.path)];
        logger.warn({ prompt: id, language }, "a prompt's file is gone");
      }
    }
    logger.warn({ prompt: id, language: languages[0] }, 'there is no such prompt: it is left out');
    return [];
  };

  /** Words are never logged; neither is what an engine says of those that hold values of a call. */
  const speak = async (say: Says, options: SoundOptions): Promise<readonly Playable[]> => {
    const words = spoken(say, options);
    if (words === undefined) return [];
    const skipped = (why: string): readonly Playable[] => {
      logger.warn({ language: words.language }, `words were left out: ${why}`);
      return [];
    };
    const work = speech.speak(words).then(
      (path) => [file(path)],
      (error: unknown) => skipped(words.isPersonal ? 'they could not be spoken' : errorMessage(error)),
    );
    return within(patienceMs, work, () => skipped('they are not spoken yet'));
  };

  const playables = (
    sound: Sound,
    options: SoundOptions,
    languages: readonly string[],
    own: ReadonlyMap<string, Prompt>,
  ): Promise<readonly Playable[]> | readonly Playable[] => {
    if (typeof sound === 'string') return promptOf(sound, languages, own);
    if ('say' in sound) return speak(sound.say, options);
    if ('tone' in sound) return [tone(sound, options.region)];
    return [{ type: 'silence', seconds: sound.silence }];
  };

  return {
    resolve: async (sounds: readonly Sound[], options: SoundOptions): Promise<readonly Playable[]> => {
      const languages = [...new Set([options.language, LAST_RESORT])];
      const ids = [...new Set(sounds.filter((sound) => typeof sound === 'string'))];
      const own = await ownPrompts(ids, languages);
      const parts = await Promise.all(
        sounds.map(async (sound) => {
          try {
            return await playables(sound, options, languages, own);
          } catch (error) {
            logger.warn({ error: errorMessage(error) }, 'a sound was left out');
            return [];
          }
        }),
      );
      return parts.flat();
    },
    warm: async (sounds: readonly Sound[], languages: readonly string[]): Promise<number> => {
      const words = sounds.flatMap((sound) =>
        typeof sound === 'object' && 'say' in sound
          ? languages.flatMap((language) => spoken(sound.say, { language }) ?? [])
          : [],
      );
      const lasting = words.filter(({ isPersonal }) => !isPersonal);
      // One after another: calls that need words meanwhile find a free engine.
      let missing = 0;
      for (const each of lasting) {
        try {
          await speech.speak(each);
        } catch (error) {
          missing += 1;
          if (missing === 1) logger.warn(`words could not be spoken: ${errorMessage(error)}`);
        }
      }
      return missing;
    },
  };
};
