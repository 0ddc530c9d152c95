import { copyFile, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { idSchema, languageSchema } from '../config/index.ts';
import { type Prompt, type PromptLibrary, promptView } from '../prompts/index.ts';
import { formatDuration } from './format.ts';
import { examples } from './options.ts';
import { playFile } from './player.ts';
import { openPrompts } from './prompt-library.ts';
import { act, type Cli, type Session } from './session.ts';

const checked =
  (schema: typeof idSchema | typeof languageSchema) =>
  (text: string): string => {
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    throw new InvalidArgumentError(`${result.error.issues[0]?.message ?? 'It is none'}.`);
  };
const promptId = checked(idSchema);
const promptLanguage = checked(languageSchema);

const withLibrary = <T>(
  session: Session,
  mode: 'read' | 'write',
  work: (library: PromptLibrary) => Promise<T>,
): Promise<T> =>
  session.withStore(mode, async (store) => {
    const library = openPrompts(session, store);
    try {
      return await work(library);
    } finally {
      await library.close();
    }
  });

const findPrompt = async (library: PromptLibrary, id: string, language: string): Promise<Prompt> => {
  const prompt = await library.find(id, language);
  if (prompt !== undefined) return prompt;
  const others = (await library.list()).filter((other) => other.id === id).map((other) => other.language);
  throw new UsageError(
    others.length === 0
      ? `There is no prompt ${id}: \`dialtrace prompt list\` shows them`
      : `The prompt ${id} is there in ${others.join(', ')}, not in ${language}: say --language`,
  );
};

const printKept = ({ out, json }: Session, prompt: Prompt): void => {
  if (json) out.json({ ...promptView(prompt), path: prompt.path });
  else
    out.line(`Kept ${prompt.id} (${prompt.language}), ${formatDuration(prompt.durationMs)}: ${prompt.path}`);
};

type NameOptions = { readonly id: string; readonly language: string };

const add = (session: Session, file: string, { id, language }: NameOptions): Promise<void> =>
  withLibrary(session, 'write', async (library) => {
    const path = resolve(session.directory, file);
    const bytes = await readFile(path).catch((error: unknown) => {
      throw new UsageError(`Can't read ${path}: ${errorMessage(error)}`);
    });
    printKept(session, await library.add(id, language, bytes, basename(path)));
  });

const say = (
  session: Session,
  text: string,
  { id, language, play }: NameOptions & { readonly play?: boolean },
): Promise<void> =>
  withLibrary(session, 'write', async (library) => {
    const prompt = await library.say(id, language, text);
    printKept(session, prompt);
    if (play) await playFile(prompt.path, 'prompt', session.env);
  });

const list = (session: Session, { own }: { readonly own?: boolean }): Promise<void> =>
  withLibrary(session, 'read', async (library) => {
    const prompts = (await library.list()).filter((prompt) => !own || prompt.origin !== 'shipped');
    if (session.json) return session.out.json(prompts.map(promptView));
    if (prompts.length === 0) return session.out.line('No prompts.');
    session.out.table(
      ['Prompt', 'Language', 'From', 'Length', 'Words'],
      prompts.map((prompt) => [
        prompt.id,
        prompt.language,
        prompt.origin,
        formatDuration(prompt.durationMs),
        prompt.words,
      ]),
      [3],
    );
  });

const play = (
  session: Session,
  id: string,
  { language, output }: { readonly language: string; readonly output?: string },
): Promise<void> =>
  withLibrary(session, 'read', async (library) => {
    const prompt = await findPrompt(library, id, language);
    if (output === undefined) return playFile(prompt.path, 'prompt', session.env);
    const path = resolve(session.directory, output);
    await copyFile(prompt.path, path).catch((error: unknown) => {
      throw new FailureError(`Can't write ${path}: ${errorMessage(error)}`, { cause: error });
    });
    if (session.json) return session.out.json({ path });
    session.out.line(path);
  });

const remove = (session: Session, id: string, { language }: { readonly language?: string }): Promise<void> =>
  withLibrary(session, 'write', async (library) => {
    const removed = await library.remove(id, language);
    if (removed === 0) {
      throw new UsageError(
        `There is no own prompt ${id}${language === undefined ? '' : ` in ${language}`}: \`dialtrace prompt list --own\` shows them`,
      );
    }
    if (session.json) return session.out.json({ removed });
    session.out.line(`Removed ${id}${language === undefined ? '' : ` (${language})`}.`);
  });

const addKeeping = (group: Command, cli: Cli): void => {
  const adding = group
    .command('add')
    .description('Keeps an audio file as a prompt, in place of the one with its id and language.')
    .argument('<file>', 'WAV, or MP3 where ffmpeg, mpg123 or sox is installed; up to 20 MB and 10 minutes')
    .requiredOption('--id <id>', 'what flows call it', promptId)
    .requiredOption('--language <language>', 'its language, such as en or zh', promptLanguage)
    .action(act<[string, NameOptions]>(cli, add));
  examples(adding, ['dialtrace prompt add greeting.mp3 --id welcome --language en']);
  const saying = group
    .command('say')
    .description('Has words spoken and keeps them as a prompt: by espeak-ng, or what prompts.speech names.')
    .argument('<text>', 'the words')
    .requiredOption('--id <id>', 'what flows call it', promptId)
    .requiredOption('--language <language>', 'their language, such as en or zh', promptLanguage)
    .option('--play', 'play it here')
    .action(act<[string, NameOptions & { play?: boolean }]>(cli, say));
  examples(saying, ["dialtrace prompt say 'Welcome to Example Roofing.' --id welcome --language en --play"]);
};

/** `dialtrace prompt`. */
export const addPromptCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('prompt')
    .summary('what callers hear')
    .description('Prompts that call flows play: own recordings, spoken words, and those that come along.');
  addKeeping(group, cli);
  group
    .command('list')
    .description('Prompts, with what they say.')
    .option('--own', 'without those that come with Dialtrace')
    .action(act<[{ own?: boolean }]>(cli, list));
  const playing = group
    .command('play')
    .description('Plays a prompt with aplay, play, ffplay or afplay, whichever is there, or writes its file.')
    .argument('<id>', 'its id', promptId)
    .option('--language <language>', 'its language', promptLanguage, 'en')
    .option('-o, --output <file>', 'write the WAV file instead')
    .action(act<[string, { language: string; output?: string }]>(cli, play));
  examples(playing, ['dialtrace prompt play voicemail-greeting --language zh']);
  group
    .command('remove')
    .description('Removes an own prompt. One that comes along with the same id is heard again.')
    .argument('<id>', 'its id', promptId)
    .option('--language <language>', 'only in this language', promptLanguage)
    .action(act<[string, { language?: string }]>(cli, remove));
};
