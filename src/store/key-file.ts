import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, errorMessage, FailureError } from '../base/errors.ts';

const KEY_BYTES = 32;

/**
 * Reads the key file: 32 bytes as base64 text.
 *
 * @returns undefined when there is no such file
 * @throws FailureError when it can't be read, is readable by others than its owner, or holds something else
 */
export const readKeyFile = async (path: string): Promise<Buffer | undefined> => {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new FailureError(`The key file ${path} can't be read: ${errorMessage(error)}`, { cause: error });
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new FailureError(`The key file ${path} is no file: move it away`);
    const { mode } = found;
    if ((mode & 0o077) !== 0) {
      const found = (mode & 0o777).toString(8).padStart(4, '0');
      throw new FailureError(
        `The key file ${path} is open to other users (mode ${found}): run \`chmod 600 ${path}\``,
      );
    }
    const text = (await file.readFile('utf8')).trim();
    const key = Buffer.from(text, 'base64');
    if (key.length === KEY_BYTES && key.toString('base64') === text) return key;
    throw new FailureError(
      `The key file ${path} is damaged (32 bytes as base64 expected): restore it from your copy`,
    );
  } finally {
    await file.close();
  }
};

/** Makes the key file, complete or not at all. When another process makes it at the same time, theirs is the key. */
export const makeKeyFile = async (path: string): Promise<Buffer> => {
  const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    await writeNew(partial);
    await publish(partial, path);
  } catch (error) {
    throw new FailureError(`The key file ${path} can't be made: ${errorMessage(error)}`, { cause: error });
  } finally {
    await rm(partial, { force: true });
  }
  const key = await readKeyFile(path);
  if (key) return key;
  throw new FailureError(`The key file ${path} vanished as it was made`);
};

const writeNew = async (path: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
};

const publish = async (partial: string, path: string): Promise<void> => {
  try {
    await link(partial, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    // File systems without hard links: whoever creates the file owns the key, and nobody else starts meanwhile.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error) ?? '')) throw error;
    await writeNew(path);
  }
};
