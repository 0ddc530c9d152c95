/**
 * Errors that a person can act on. Everything else is a defect and keeps its stack trace.
 */

/** One thing wrong with what the user gave: where it is, what was found, and how to mend it. */
export type Problem = {
  /** Path of the field, such as `trunks[0].host`; empty for the whole input. */
  readonly path: string;
  /** What is wrong, naming the value that was found. */
  readonly message: string;
  /** What to write instead. */
  readonly mend?: string;
};

/** Bad input or wrong usage: printed as one sentence without a stack trace, exit code 2. */
export class UsageError extends Error {
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[] = []) {
    super(message);
    this.name = 'UsageError';
    this.problems = problems;
  }
}

/** Something outside refused or is missing (a port in use, a file not readable): exit code 1, no stack trace. */
export class FailureError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FailureError';
  }
}

/** The text of anything thrown. */
export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The `code` of a Node.js system error (`EADDRINUSE`), or undefined. */
export const errorCode = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
};
