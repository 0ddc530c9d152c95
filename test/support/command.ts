import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Gateway, programArguments } from './gateway.ts';
import { within } from './wait.ts';

export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs `dialtrace --config CONFIG …` as a user does: a process of its own. */
export const runDialtrace = (config: string, ...words: readonly string[]): Promise<Finished> => {
  const child = spawn(process.execPath, [...programArguments(), '--config', config, ...words], {
    env: { ...process.env, NO_COLOR: '1', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return within(`dialtrace ${words.join(' ')}`, 60_000, finished).finally(() => child.kill('SIGKILL'));
};

/** Where a gateway of the tests keeps its configuration. */
export const configOf = ({ directory }: Pick<Gateway, 'directory'>): string =>
  join(directory, 'dialtrace.yaml');

/** A command on the configuration of `gateway`. */
export const commandOf =
  (gateway: Pick<Gateway, 'directory'>) =>
  (...words: readonly string[]): Promise<Finished> =>
    runDialtrace(configOf(gateway), ...words);
