import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kysely } from 'kysely';
import { FailureError, UsageError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Database } from '../store/index.ts';
import { checkSize, createConverter, isWav, writeWav } from './audio/index.ts';
import { createSpeechEngine, type SpeechSettings } from './engine.ts';
import { fingerprint } from './fingerprint.ts';
import { decodeMp3, isMp3 } from './mp3.ts';
import { createResolver } from './resolve.ts';
import { checkNames, createShelf, keyOf, readShipped } from './shelf.ts';
import { createSpeech } from './speech.ts';
import type { Prompt, PromptLibrary } from './types.ts';
import { fillWords, MOST_WORDS } from './words.ts';

export type PromptLibraryOptions = {
  /** Where own prompts and spoken words are kept. */
  readonly directory: string;
  readonly speech: SpeechSettings;
  readonly db: Kysely<Database>;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Folder of the prompts that come with Dialtrace; default: where they are. */
  readonly shipped?: string;
  /** Milliseconds that a caller waits for words which were never spoken before; default 1500. */
  readonly patienceMs?: number;
  /** Folders of programs, as the environment has them; default: PATH. */
  readonly path?: string;
};

const SHIPPED = fileURLToPath(new URL('../../config/prompts', import.meta.url));
const MOST_NAME = 200;
const PATIENCE_MS = 1500;

const shownName = (name: string): string =>
  basename(name)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .slice(0, MOST_NAME);

const byName = (a: Prompt, b: Prompt): number => {
  const [first, second] = [keyOf(a.id, a.language), keyOf(b.id, b.language)];
  return first < second ? -1 : first > second ? 1 : 0;
};

export const createPromptLibrary = (options: PromptLibraryOptions): PromptLibrary => {
  const { directory, db, logger, now, path, patienceMs = PATIENCE_MS } = options;
  const shelf = createShelf({ directory, db, now });
  const shipped = readShipped(options.shipped ?? SHIPPED);
  // Whoever asks first is told.
  shipped.catch(() => undefined);
  const converter = createConverter();
  const engine = createSpeechEngine(options.speech, path);
  const speech = createSpeech({ directory, engine, converter, now });
  const resolver = createResolver({ shelf, shipped, speech, logger, patienceMs });

  const toWav = async (bytes: Buffer): Promise<Buffer> => {
    if (isWav(bytes)) return bytes;
    if (isMp3(bytes)) return decodeMp3(bytes, path);
    throw new UsageError('The file is neither WAV nor MP3');
  };

  return {
    add: async (id, language, bytes, name) => {
      checkNames(id, language);
      checkSize(bytes.length);
      const samples = await converter.convert(await toWav(bytes));
      return shelf.put({ id, language, origin: 'upload', words: shownName(name), wav: writeWav(samples) });
    },
    say: async (id, language, text) => {
      checkNames(id, language);
      const words = fillWords(text, {});
      if (words === '') throw new UsageError('There are no words to be spoken');
      if (text.length > MOST_WORDS)
        throw new UsageError(`The words have ${text.length} characters: ${MOST_WORDS} at most`);
      if (!(await engine.isInstalled())) throw new FailureError(engine.mend);
      const samples = await converter.convert(await engine.speak(words, language));
      return shelf.put({ id, language, origin: 'speech', words, wav: writeWav(samples) });
    },
    list: async () => {
      const own = await shelf.all();
      const taken = new Set(own.map((prompt) => keyOf(prompt.id, prompt.language)));
      const others = [...(await shipped)].flatMap(([key, prompt]) => (taken.has(key) ? [] : [prompt]));
      return [...own, ...others].sort(byName);
    },
    find: async (id, language) => {
      const [own] = await shelf.some([id], [language]);
      return own ?? (await shipped).get(keyOf(id, language));
    },
    remove: shelf.remove,
    resolve: resolver.resolve,
    warm: resolver.warm,
    fingerprint,
    prune: () => speech.prune(now()),
    close: converter.close,
  };
};
