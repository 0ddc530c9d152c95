import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { errorMessage, FailureError } from '../base/errors.ts';
import { isBusy } from './busy.ts';

/**
 * Claims a database for one gateway: a second one would take the first one's calls for those of a crashed run. Commands
 * need no claim. The claim is a lock on a file beside the database, which the system takes back with the process, however
 * it ends.
 *
 * @param path of the database, which need not exist
 * @returns gives the claim back
 * @throws FailureError when another process has it, or the file can't be made
 */
export const claimDatabase = (path: string): (() => void) => {
  let lock: Sqlite.Database | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    lock = new Sqlite(`${path}.lock`, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    const held = lock;
    return () => void held.close();
  } catch (error) {
    lock?.close();
    if (isBusy(error)) throw new FailureError(`Another gateway runs on the database ${path}: stop it first.`);
    throw new FailureError(`The database ${path} can't be claimed: ${errorMessage(error)}`, { cause: error });
  }
};
