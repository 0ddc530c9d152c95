import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from '../store/index.ts';
import { HttpProblem } from './problem.ts';

const TRIES = 30;
const WAIT_MS = 100;

/**
 * Writes once no other process holds the database: a gateway with calls up does not wait for it in its own thread.
 *
 * @throws HttpProblem 503 after 3 s
 */
export const whenFree = async <T>(write: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (tries === TRIES) throw new HttpProblem(503, 'The database is held by a command: try again.');
      await sleep(WAIT_MS);
    }
  }
};
