import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { FailureError } from '../base/errors.ts';
import { EXIT } from './failure.ts';

/** Players of WAV files, with what makes them play and end. */
const PLAYERS: readonly (readonly [command: string, ...options: string[]])[] = [
  ['aplay', '-q'],
  ['play', '-q'],
  ['ffplay', '-nodisp', '-autoexit', '-loglevel', 'error'],
  ['afplay'],
];

const findPlayer = async ({ PATH = '' }: NodeJS.ProcessEnv): Promise<readonly string[] | undefined> => {
  const directories = PATH.split(delimiter).filter((directory) => directory !== '');
  for (const player of PLAYERS) {
    for (const directory of directories) {
      const found = await access(join(directory, player[0]), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return player;
    }
  }
  return undefined;
};

const run = ([command = '', ...options]: readonly string[]): Promise<void> =>
  new Promise((done, fail) => {
    const child = spawn(command, options, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', fail);
    child.on('exit', (code, signal) =>
      code === EXIT.ok || signal === 'SIGINT'
        ? done()
        : fail(new FailureError(`${command} could not play it.`)),
    );
  });

/**
 * Plays a WAV file on this machine with aplay, play, ffplay or afplay, whichever is there.
 *
 * @param what it is, for the words of a failure: `recording`
 * @throws FailureError when there is none of them, or it fails
 */
export const playFile = async (path: string, what: string, env: NodeJS.ProcessEnv): Promise<void> => {
  const player = await findPlayer(env);
  if (player === undefined) {
    throw new FailureError(`Found no player (aplay, play, ffplay, afplay). The ${what} is ${path}`);
  }
  await run([...player, path]);
};
