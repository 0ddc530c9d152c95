import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode, errorMessage, type Problem } from '../base/errors.ts';
import type { Resolved } from './gateway-schema.ts';
import { pathText } from './wording.ts';

/**
 * Reads the secrets that are kept in files: every `{ file: path }` becomes the file's text without one trailing newline.
 * Problems are added to `problems`.
 */
export const readSecrets = <T>(value: T, folder: string, problems: Problem[]): Resolved<T> =>
  resolveSecrets(value, [], folder, problems) as Resolved<T>;

const resolveSecrets = (
  value: unknown,
  path: readonly PropertyKey[],
  folder: string,
  problems: Problem[],
): unknown => {
  if (Array.isArray(value))
    return value.map((item, index) => resolveSecrets(item, [...path, index], folder, problems));
  if (typeof value !== 'object' || value === null) return value;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === 'file' && typeof first[1] === 'string') {
    return readSecret(first[1], path, folder, problems);
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, resolveSecrets(item, [...path, key], folder, problems)]),
  );
};

const readSecret = (
  file: string,
  path: readonly PropertyKey[],
  folder: string,
  problems: Problem[],
): string => {
  const full = resolve(folder, file);
  const complain = (message: string, mend: string): string => {
    problems.push({ path: pathText([...path, 'file']), message, mend });
    return '';
  };
  try {
    const text = readFileSync(full, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? complain(`${full} is empty`, 'write the secret into it, on one line') : text;
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      return complain(
        `there is no file ${full}`,
        'make it, with the secret on one line; relative paths start at the folder of this configuration',
      );
    return complain(
      `${full} can't be read: ${errorMessage(error)}`,
      'make it a file that this user may read',
    );
  }
};
