import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode, FailureError } from '../base/errors.ts';
import { MOST_SECONDS } from './audio/index.ts';
import { findProgram, runProgram } from './program.ts';

export type SpeechSettings = {
  /** A program and its parameters, with `{language}`, `{voice}` and `{file}`; default: espeak-ng. */
  readonly command?: readonly string[] | undefined;
  /** Voice by language, as the program names it. */
  readonly voices: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
};

/** What speaks. */
export type SpeechEngine = {
  /** Stands for the engine and the voice, so that what another one spoke is not taken for it. */
  identity(language: string): string;
  /** Whether the program is there. */
  isInstalled(): Promise<boolean>;
  /** What to do when it is not: a sentence. */
  readonly mend: string;
  /**
   * Speaks one line of words.
   *
   * @returns a WAV file
   * @throws FailureError
   */
  speak(text: string, language: string): Promise<Buffer>;
};

const ESPEAK = ['espeak-ng', '-v', '{voice}', '-b', '1', '-s', '{speed}', '--stdin', '--stdout'] as const;
/** Where espeak-ng's voice has another name than its language. */
const ESPEAK_VOICES: Readonly<Record<string, string>> = { en: 'en-us', zh: 'cmn' };
/** Words a minute; espeak-ng's own 175 are hard to follow on a telephone, and of Chinese slow. */
const ESPEAK_SPEED = '150';
const ESPEAK_SPEEDS: Readonly<Record<string, string>> = { zh: '230' };

/** As much as ten minutes in 48 kHz take. */
const MOST_BYTES = MOST_SECONDS * 48_000 * 2;

const readResult = async (file: string, program: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new FailureError(`${program} wrote no file`);
    throw error;
  }
};

/** @param path of folders to look for programs in, as the environment has it */
export const createSpeechEngine = (settings: SpeechSettings, path?: string): SpeechEngine => {
  const command = settings.command ?? ESPEAK;
  const [program = ''] = command;
  const voiceOf = (language: string): string =>
    settings.voices[language] ?? (settings.command ? undefined : ESPEAK_VOICES[language]) ?? language;
  const writesFile = command.some((part) => part.includes('{file}'));

  const run = async (text: string, language: string, folder: string | undefined): Promise<Buffer> => {
    const file = folder === undefined ? '' : join(folder, 'speech.wav');
    const speed = ESPEAK_SPEEDS[language] ?? ESPEAK_SPEED;
    const values: Readonly<Record<string, string>> = { language, voice: voiceOf(language), file, speed };
    const [found = '', ...parameters] = command.map((part) =>
      part.replace(/\{(language|voice|file|speed)\}/g, (_, name: string) => values[name] ?? ''),
    );
    const output = await runProgram([(await findProgram(found, path)) ?? found, ...parameters], {
      input: `${text}\n`,
      timeoutMs: settings.timeoutSeconds * 1000,
      mostBytes: MOST_BYTES,
    });
    return folder === undefined ? output : await readResult(file, program);
  };

  return {
    identity: (language) => JSON.stringify([...command, voiceOf(language)]),
    isInstalled: async () => (await findProgram(program, path)) !== undefined,
    mend: settings.command
      ? `${program}, which prompts.speech.command names, is not installed`
      : 'Nothing here speaks words: install espeak-ng (apt-get install espeak-ng), or set prompts.speech.command',
    speak: async (text, language) => {
      if (!writesFile) return run(text, language, undefined);
      const folder = await mkdtemp(join(tmpdir(), 'dialtrace-speech-'));
      try {
        return await run(text, language, folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
};
