import { CommanderError } from 'commander';
import { errorMessage, FailureError, type Problem, UsageError } from '../base/errors.ts';

/** Exit codes of the command. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** The command did its work and found something wrong; what it is has been printed already. */
export class Unsuccessful extends Error {}

/** What to print on standard error, and the exit code. */
export type Verdict = { readonly code: number; readonly text: string };

const problemLine = ({ path, message, mend }: Problem): string =>
  `  ${path === '' ? '' : `${path}: `}${message}${mend === undefined ? '' : `\n    → ${mend}`}`;

const asJson = (kind: string, message: string, problems: readonly Problem[] = []): string =>
  JSON.stringify({ error: { kind, message, ...(problems.length > 0 && { problems }) } });

const usage = (message: string, problems: readonly Problem[], json: boolean): Verdict => ({
  code: EXIT.usage,
  text: json ? asJson('usage', message, problems) : [message, ...problems.map(problemLine)].join('\n'),
});

const ofCommander = (error: CommanderError, json: boolean): Verdict => {
  // Help and version were asked for and have been printed.
  if (error.exitCode === 0) return { code: EXIT.ok, text: '' };
  if (error.code === 'commander.help') return { code: EXIT.usage, text: '' };
  const message = error.message.replace(/^error: /, '');
  return usage(message.charAt(0).toUpperCase() + message.slice(1), [], json);
};

/**
 * Turns anything thrown into words and an exit code: bad input names each problem and its mend, a failure is one sentence,
 * a defect keeps its stack trace.
 *
 * @param json one JSON object instead of words
 */
export const judge = (error: unknown, json: boolean): Verdict => {
  if (error instanceof Unsuccessful) return { code: EXIT.failure, text: '' };
  if (error instanceof CommanderError) return ofCommander(error, json);
  if (error instanceof UsageError) return usage(error.message, error.problems, json);
  if (error instanceof FailureError) {
    return { code: EXIT.failure, text: json ? asJson('failure', error.message) : error.message };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : errorMessage(error);
  return {
    code: EXIT.failure,
    text: json ? asJson('defect', stack) : `This is a defect of Dialtrace:\n${stack}`,
  };
};
