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

  it('tells what the system or the database refused in one sentence', () => {
    const damaged = Object.assign(new Error('database disk image is malformed'), {
      code: 'SQLITE_CORRUPT_VTAB',
    });
    expect(judge(damaged, false).text).toMatch(/^The database is damaged: .*put back a copy/);
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall: 'open' });
    expect(judge(denied, false)).toEqual({
      code: 1,
      text: 'The system refused: EACCES: permission denied',
    });
    const wrongSql = Object.assign(new Error('no such column'), { code: 'SQLITE_ERROR' });
    expect(judge(wrongSql, false).text).toContain('defect of Dialtrace');
  });

  it('prints no more problems than a person reads, and all of them as JSON', () => {
    const many = new UsageError(
      'Many',
      Array.from({ length: 60 }, (_, i) => ({ path: `a[${i}]`, message: 'x' })),
    );
    expect(judge(many, false).text.split('\n')).toHaveLength(52);
    expect(judge(many, false).text).toContain('and 10 more');
    expect(JSON.parse(judge(many, true).text).error.problems).toHaveLength(60);
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
