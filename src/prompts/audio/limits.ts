import { UsageError } from '../../base/errors.ts';

/** What an upload may have, in bytes. */
export const MOST_BYTES = 20 * 1024 * 1024;
export const MOST_SECONDS = 600;

/** @throws UsageError when it is too large or empty */
export const checkSize = (bytes: number): void => {
  if (bytes === 0) throw new UsageError('The file is empty');
  if (bytes > MOST_BYTES) {
    const size = (bytes / 1024 / 1024).toFixed(1);
    throw new UsageError(`The file has ${size} MB: prompts have at most ${MOST_BYTES / 1024 / 1024} MB`);
  }
};

/** @throws UsageError when it is too long */
export const checkLength = (seconds: number): void => {
  if (seconds <= MOST_SECONDS) return;
  throw new UsageError(
    `It lasts ${Math.round(seconds)} s: prompts last at most ${MOST_SECONDS / 60} minutes`,
  );
};
