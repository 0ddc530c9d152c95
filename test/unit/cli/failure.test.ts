import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { FailureError, UsageError } from '../../../src/base/errors.ts';
import { judge, Unsuccessful } from '../../../src/cli/failure.ts';

describe('judge', () => {
  const wrong = new UsageError('Two problems', [
    { path: 'http.port', message: 'found "x"', mend: 'write a number' },
    { path: '', message: 'is empty' },
  ]);

  it('names each problem of bad input and its mend', () => {
    expect(judge(wrong, false)).toEqual({
      code: 2,
      text: 'Two problems\n  http.port: found "x"\n    → write a number\n  is empty',
    });
  });

  it('does so as JSON', () => {
    expect(JSON.parse(judge(wrong, true).text)).toEqual({
      error: { kind: 'usage', message: 'Two problems', problems: wrong.problems },
    });
  });

  it('tells a failure in one sentence', () => {
    expect(judge(new FailureError('The port is taken.'), false)).toEqual({
      code: 1,
      text: 'The port is taken.',
    });
  });

  it('keeps the stack of a defect', () => {
    const { code, text } = judge(new TypeError('x is undefined'), false);
    expect(code).toBe(1);
    expect(text).toContain('defect of Dialtrace');
    expect(text).toMatch(/TypeError: x is undefined\n +at /);
  });

  it('adds nothing to what has been printed', () => {
    expect(judge(new Unsuccessful(), false)).toEqual({ code: 1, text: '' });
    expect(judge(new CommanderError(0, 'commander.helpDisplayed', ''), false)).toEqual({ code: 0, text: '' });
  });

  it('counts wrong options as wrong usage', () => {
    const error = new CommanderError(1, 'commander.unknownOption', "error: unknown option '--nope'");
    expect(judge(error, false)).toEqual({ code: 2, text: "Unknown option '--nope'" });
  });
});
