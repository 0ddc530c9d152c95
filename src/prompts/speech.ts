import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { type Converter, writeWav } from './audio/index.ts';
import type { SpeechEngine } from './engine.ts';

/** Engines that speak at once, and words that may wait for them. */
const AT_ONCE = 2;
const MOST_WAITING = 200;

/** What was spoken with values of a call is kept so long after it was last heard. */
const PERSONAL_MS = 24 * 3600 * 1000;

export type Words = {
  readonly text: string;
  readonly language: string;
  /** Holds values of a call: kept for a day, not for good. */
  readonly isPersonal: boolean;
};

/** Words made sound, each once: what was spoken before is kept as a file. */
export type Speech = {
  /** The file of words that were spoken before. */
  find(words: Words): Promise<string | undefined>;
  /**
   * The file of these words, spoken now if they have not been before.
   *
   * @throws FailureError with a sentence when nothing speaks them
   */
  speak(words: Words): Promise<string>;
  /** Removes what was spoken with values of calls and not heard for a day. Never rejects. */
  prune(now: number): Promise<void>;
};

type SpeechOptions = {
  readonly directory: string;
  readonly engine: SpeechEngine;
  readonly converter: Converter;
  readonly now: () => number;
};

/** Runs a few tasks at once; the others wait in their order. */
const createGate = (width: number) => {
  const queue: (() => void)[] = [];
  let running = 0;
  const leave = (): void => {
    running -= 1;
    queue.shift()?.();
  };
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (queue.length >= MOST_WAITING) throw new FailureError('Too many words wait to be spoken');
    if (running >= width) await new Promise<void>((resolve) => queue.push(resolve));
    running += 1;
    try {
      return await task();
    } finally {
      leave();
    }
  };
};

export const createSpeech = ({ directory, engine, converter, now }: SpeechOptions): Speech => {
  const lasting = join(directory, 'speech');
  const personal = join(lasting, 'calls');
  const making = new Map<string, Promise<string>>();
  const gate = createGate(AT_ONCE);

  const pathOf = ({ text, language, isPersonal }: Words): string => {
    const key = JSON.stringify([engine.identity(language), language, text]);
    const name = createHash('sha256').update(key).digest('hex').slice(0, 40);
    return join(isPersonal ? personal : lasting, `${name}.wav`);
  };

  const find = async (words: Words): Promise<string | undefined> => {
    const path = pathOf(words);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return undefined;
    const seconds = now() / 1000;
    if (words.isPersonal) await utimes(path, seconds, seconds).catch(() => undefined);
    return path;
  };

  const make = async (words: Words, path: string): Promise<string> => {
    if (!(await engine.isInstalled())) throw new FailureError(engine.mend);
    try {
      const samples = await converter.convert(await engine.speak(words.text, words.language));
      await mkdir(words.isPersonal ? personal : lasting, { recursive: true, mode: 0o750 });
      const unfinished = `${path}.${process.pid}`;
      await writeFile(unfinished, writeWav(samples), { mode: 0o640 });
      const seconds = now() / 1000;
      await utimes(unfinished, seconds, seconds);
      await rename(unfinished, path);
      return path;
    } catch (error) {
      if (!(error instanceof FailureError) && !(error instanceof UsageError)) throw error;
      throw new FailureError(`The words can't be spoken (${words.language}): ${errorMessage(error)}`);
    }
  };

  return {
    find,
    speak: async (words) => {
      const known = await find(words);
      if (known !== undefined) return known;
      const path = pathOf(words);
      const begun = making.get(path);
      if (begun) return begun;
      const work = gate(() => make(words, path)).finally(() => making.delete(path));
      making.set(path, work);
      return work;
    },
    prune: async (at) => {
      const names = await readdir(personal).catch(() => []);
      for (const name of names) {
        const path = join(personal, name);
        const found = await stat(path).catch(() => undefined);
        if (found !== undefined && at - found.mtimeMs > PERSONAL_MS) await rm(path, { force: true });
      }
    },
  };
};
