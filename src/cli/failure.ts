import { CommanderError } from 'commander';
import { errorCode, errorMessage, FailureError, type Problem, UsageError } from '../base/errors.ts';

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

/** More than these nobody reads at once; most often one mistake makes them all. */
const SHOWN_PROBLEMS = 50;

const problemLines = (problems: readonly Problem[]): readonly string[] => {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map(problemLine);
  const more = problems.length - shown.length;
  return more > 0 ? [...shown, `  … and ${more} more (--json lists them all)`] : shown;
};

const usage = (message: string, problems: readonly Problem[], json: boolean): Verdict => ({
  code: EXIT.usage,
  text: json ? asJson('usage', message, problems) : [message, ...problemLines(problems)].join('\n'),
});

const ofCommander = (error: CommanderError, json: boolean): Verdict => {
  // Help and version were asked for and have been printed.
  if (error.exitCode === 0) return { code: EXIT.ok, text: '' };
  if (error.code === 'commander.help') return { code: EXIT.usage, text: '' };
  const message = error.message.replace(/^error: /, '');
  return usage(message.charAt(0).toUpperCase() + message.slice(1), [], json);
};

const DATABASE_WORDS: Readonly<Record<string, string>> = {
  SQLITE_CORRUPT:
    'The database is damaged: stop the gateway and put back a copy (`dialtrace doctor` says more)',
  SQLITE_BUSY: 'The database is held by another process: try again',
  SQLITE_FULL: 'The disk of the database is full',
  SQLITE_READONLY: "The database can't be written: look at the rights on its file and folder",
  SQLITE_IOERR: "The database's disk can't be read or written",
};

/** What the system or the database refused: no defect, though nobody foresaw it in this place. */
const refusal = (error: unknown): string | undefined => {
  const code = errorCode(error) ?? '';
  if (code.startsWith('SQLITE_')) {
    const [, kind = ''] = /^(SQLITE_[A-Z]+)/.exec(code) ?? [];
    return DATABASE_WORDS[kind] && `${DATABASE_WORDS[kind]} (${errorMessage(error)}).`;
  }
  return error instanceof Error && 'syscall' in error ? `The system refused: ${error.message}` : undefined;
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
  const refused = refusal(error);
  if (refused !== undefined) {
    return { code: EXIT.failure, text: json ? asJson('failure', refused) : refused };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : errorMessage(error);
  return {
    code: EXIT.failure,
    text: json ? asJson('defect', stack) : `This is a defect of Dialtrace:\n${stack}`,
  };
};
