import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { errorCode, errorMessage, FailureError } from '../base/errors.ts';

/** What a program that failed says of it is cut after so many characters. */
const MOST_WORDS = 200;

export type ProgramOptions = {
  /** Written to its standard input. */
  readonly input: Buffer | string;
  readonly timeoutMs: number;
  /** What it may write to its standard output, in bytes. */
  readonly mostBytes: number;
};

const ownPath = ({ PATH = '' }: NodeJS.ProcessEnv): string => PATH;

/** Where a program is, as PATH has it; undefined when there is none. */
export const findProgram = async (name: string, path = ownPath(process.env)): Promise<string | undefined> => {
  const places = isAbsolute(name)
    ? [name]
    : path.split(delimiter).flatMap((folder) => folder && join(folder, name));
  for (const place of places) {
    const found = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return place;
  }
  return undefined;
};

const lastLine = (text: string): string =>
  (text.trim().split('\n').at(-1) ?? '').replace(/[\p{Cc}]/gu, ' ').slice(0, MOST_WORDS);

/**
 * Runs a program, without a shell, and gives what it wrote.
 *
 * @throws FailureError when it is missing, fails, writes too much or takes too long
 */
export const runProgram = (
  [command = '', ...parameters]: readonly string[],
  { input, timeoutMs, mostBytes }: ProgramOptions,
): Promise<Buffer> =>
  new Promise((done, fail) => {
    const child = spawn(command, parameters, { stdio: 'pipe' });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let words = '';
    let why: string | undefined;
    const stop = (reason: string): void => {
      why ??= reason;
      child.kill('SIGKILL');
    };
    const patience = setTimeout(() => stop(`took more than ${timeoutMs / 1000} s`), timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) stop('wrote too much');
      else chunks.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = `${words}${text}`.slice(-4 * MOST_WORDS);
    });
    // A program that ends before it has read everything says itself what was wrong.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => {
      clearTimeout(patience);
      const missing = errorCode(error) === 'ENOENT';
      fail(new FailureError(missing ? `${command} is not installed` : `${command}: ${errorMessage(error)}`));
    });
    child.on('close', (code) => {
      clearTimeout(patience);
      if (why === undefined && code === 0) return done(Buffer.concat(chunks));
      const reason = why ?? (lastLine(words) || `ended with code ${code ?? 'none'}`);
      fail(new FailureError(`${command}: ${reason}`));
    });
    child.stdin.end(input);
  });
