import { EXIT, judge, type Verdict } from './failure.ts';
import { createProgram } from './program.ts';
import type { Cli } from './session.ts';

/**
 * Runs one command line.
 *
 * @param words what follows `dialtrace`
 * @returns the exit code, and what is left to say on standard error
 */
export const runCommand = async (words: readonly string[], cli: Cli): Promise<Verdict> => {
  try {
    await createProgram(cli).parseAsync(words, { from: 'user' });
    return { code: EXIT.ok, text: '' };
  } catch (error) {
    return judge(error, words.includes('--json'));
  }
};
