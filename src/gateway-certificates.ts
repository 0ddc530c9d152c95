import { stat } from 'node:fs/promises';
import { errorMessage, UsageError } from './base/errors.ts';
import type { Logger } from './base/logger.ts';

export type CertificateWatch = {
  /** Reads the files again now, whether they have changed or not. Never rejects. */
  reload(): Promise<void>;
  close(): void;
};

const EVERY_MS = 60_000;

const words = (error: unknown): string =>
  error instanceof UsageError
    ? [error.message, ...error.problems.map(({ path, message }) => `${path}: ${message}`)].join('; ')
    : errorMessage(error);

/**
 * Applies certificates anew when their files change. Asks for their times once a minute rather than watching: renewals
 * replace files and links, which watches lose.
 *
 * @param apply reads the files and puts them to use; when it throws, the old ones stay in use
 */
export const watchCertificates = (
  files: readonly string[],
  apply: () => Promise<void>,
  logger: Logger,
): CertificateWatch => {
  const times = async (): Promise<string> =>
    (
      await Promise.all(
        files.map((file) =>
          stat(file).then(
            ({ mtimeMs }) => mtimeMs,
            () => 'missing',
          ),
        ),
      )
    ).join(' ');
  let known: string | undefined;

  const reload = async (): Promise<void> => {
    known = await times();
    try {
      await apply();
      logger.info({ files }, 'certificates read again');
    } catch (error) {
      logger.error(`The new certificates are not used, the old ones stay: ${words(error)}`);
    }
  };
  const look = async (): Promise<void> => {
    const now = await times();
    if (known === undefined) known = now;
    else if (now !== known) await reload();
  };
  void look();
  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();
  return { reload, close: () => clearInterval(timer) };
};
