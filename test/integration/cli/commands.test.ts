import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, makePlace, type Place } from './run-cli.ts';

let place: Place;

beforeAll(async () => {
  place = await makePlace();
});
afterAll(() => place.remove());

/** Wrong input is told in words: no stack trace, nothing on standard output. */
const expectWords = ({ stdout, stderr }: Finished): void => {
  expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  expect(stderr).not.toBe('');
  expect(stdout).toBe('');
};

describe('before there is a database', () => {
  it('check finds a right configuration right', async () => {
    const { code, stdout, stderr } = await place.runProcess('check');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('1 trunk');
    expect(stdout).toContain('2 sources, 1 line, 1 tracking number');
  });

  it('commands that only look say what to do', async () => {
    const result = await place.runProcess('calls', 'list');
    expect(result.code).toBe(1);
    expectWords(result);
    expect(result.stderr).toContain('dialtrace start');
  });

  it('plan shows everything as new, and makes no database', async () => {
    const { code, stdout } = await place.run('plan');
    expect(code).toBe(0);
    expect(stdout).toContain('+ number +12025550123 → google-ads');
    expect(stdout).toContain('4 to add, 0 to change, 0 to remove');
    await expect(stat(place.path('data/dialtrace.db'))).rejects.toThrow();
  });

  it('test-call says that no gateway runs', async () => {
    const result = await place.run('test-call', '+12025550123');
    expect(result.code).toBe(1);
    expectWords(result);
    expect(result.stderr).toContain('No gateway is running');
  });
});

describe('the tracking plan', () => {
  it('is applied, once', async () => {
    const first = await place.run('apply');
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('Applied: 4 to add');
    const second = await place.run('apply', '--json');
    expect(JSON.parse(second.stdout)).toEqual({ applied: true, changes: [] });
  });

  it('is exported to a file that changes nothing', async () => {
    const exported = await place.run('export');
    expect(exported.code).toBe(0);
    await place.write('config/exported.yaml', exported.stdout);
    const plan = await place.run('plan', 'config/exported.yaml');
    expect(plan.stdout).toBe('Nothing to change.\n');
    const json = JSON.parse((await place.run('export', '--json')).stdout);
    expect(json.numbers[0].number).toBe('+12025550123');
  });

  it('is edited entry by entry', async () => {
    const edits = [
      ['source', 'add', 'radio', '--name', 'Radio One', '--source', 'radio', '--cost', '80 USD week'],
      ['line', 'add', 'sales', '--uri', 'sip:sales@pbx.example', '--ring-timeout', '30'],
      ['number', 'add', '(202) 555-0145', '--source', 'radio', '--line', 'sales', 'echo', '--record', 'no'],
      ['source', 'set', 'radio', '--campaign', 'autumn'],
      ['number', 'set', '+12025550145', '--line', 'echo', '--enabled', 'no'],
      ['line', 'remove', 'sales'],
    ];
    for (const words of edits) {
      const result = await place.run(...words);
      expect(result, words.join(' ')).toMatchObject({ code: 0, stderr: '' });
    }
    const numbers = JSON.parse((await place.run('number', 'list', '--json')).stdout);
    expect(numbers[1]).toMatchObject({
      number: '+12025550145',
      lines: ['echo'],
      record: false,
      enabled: false,
    });
    const sources = await place.run('source', 'list');
    expect(sources.stdout).toMatch(/radio +Radio One +radio +– +autumn +– +– +80\.00 USD a week +1 +0/);
    const lines = JSON.parse((await place.run('line', 'list', '--json')).stdout);
    expect(lines.map((line: { id: string }) => line.id)).toEqual(['echo']);
  });

  it.each([
    [['source', 'remove', 'radio'], 'used by +12025550145'],
    [['source', 'add', 'radio', '--name', 'again', '--source', 'x'], 'already'],
    [['number', 'add', '+12025550199', '--source', 'nope', '--line', 'echo'], 'there is no source “nope”'],
    [['number', 'add', 'hello', '--source', 'radio', '--line', 'echo'], 'no possible phone number'],
    [['line', 'add', 'BAD ID', '--uri', 'sip:x@y.example'], 'lower-case letters'],
    [['source', 'set', 'radio', '--cost', 'much'], '1200 EUR month'],
    [['number', 'remove', '+12025550111'], 'There is no number'],
    [['number', 'add', '+12025550199'], "Required option '--source <id>' not specified"],
    [['calls', 'list', '--limit', '0'], 'from 1 to 10000'],
    [['calls', 'list', '--status', 'nope'], 'Allowed choices'],
    [['calls', 'show', 'nope'], 'There is no call nope'],
    [['calls', 'export', 'xml'], 'csv or jsonl'],
    [['report', 'sources', '--zone', 'Mars/Olympus'], 'no time zone'],
    [['report', 'sources', '--from', '2026-11-02', '--to', '2026-11-01'], 'ends before it begins'],
    [['recording', 'verify'], '--all'],
    [['trunk', 'test', 'nope'], 'There is no trunk nope; the configuration has: carrier'],
    [['nope'], "Unknown command 'nope'"],
    [['--config', 'nowhere.yaml', 'check'], 'nowhere.yaml'],
  ])('%j is wrong usage', async (words, told) => {
    const result = await place.run(...words);
    expect(result.code, result.stderr).toBe(2);
    expectWords(result);
    expect(result.stderr).toContain(told);
  });
});

describe('wrong configuration', () => {
  it('is told with every problem, its path and its mend', async () => {
    await place.write('config/wrong.yaml', 'http: { port: lots }\ntrunks: [{ id: a }]\nlogg: {}\n');
    const result = await place.runProcess('--config', 'config/wrong.yaml', 'check');
    expect(result.code).toBe(2);
    expectWords(result);
    for (const path of ['http.port', 'trunks[0].region', 'logg']) expect(result.stderr).toContain(path);
    expect(result.stderr).toContain('→');
  });

  it('is told as JSON to programs', async () => {
    const { code, stdout, stderr } = await place.runProcess(
      'check',
      '--config',
      'config/wrong.yaml',
      '--json',
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const { error } = JSON.parse(stderr);
    expect(error.kind).toBe('usage');
    expect(error.problems.map((problem: { path: string }) => problem.path)).toContain('http.port');
  });

  it('falls back on the shipped example, and says so', async () => {
    const elsewhere = await makePlace();
    const { rename } = await import('node:fs/promises');
    await rename(elsewhere.path('config/dialtrace.yaml'), elsewhere.path('config/other.yaml'));
    const result = await elsewhere.run('check');
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('dialtrace.example.yaml');
    await elsewhere.remove();
  });
});

describe('looking', () => {
  it('lists trunks without their secrets', async () => {
    for (const words of [
      ['trunk', 'list'],
      ['trunk', 'list', '--json'],
    ]) {
      const { code, stdout } = await place.run(...words);
      expect(code).toBe(0);
      expect(stdout).toContain('carrier');
      expect(stdout).not.toContain('very-secret');
    }
  });

  it('prints version and help', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect((await place.run('--version')).stdout).toBe(`${version}\n`);
    expect(JSON.parse((await place.run('version', '--json')).stdout)).toEqual({
      version,
      node: process.version,
    });
    const help = await place.run('calls', 'list', '--help');
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('Examples:');
    expect(help.stdout).toContain('--config');
    const bare = await place.runProcess('calls');
    expect({ code: bare.code, stdout: bare.stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('doctor looks at everything and fails for what fails', async () => {
    const { code, stdout } = await place.run('doctor', '--json');
    const { ok, checks } = JSON.parse(stdout);
    const state = (name: string) => checks.find((check: { name: string }) => check.name === name)?.state;
    // Nothing listens where the trunk's gateway should be.
    expect({ code, ok, trunk: state('Trunk carrier') }).toEqual({ code: 1, ok: false, trunk: 'fail' });
    for (const name of ['Configuration', 'Tracking plan', 'HTTP', 'Database', 'Node.js'])
      expect(state(name), name).toBe('ok');
    expect(state('Gateway')).toBe('off');
  });
});
