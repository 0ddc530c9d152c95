import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { type CallStepTable, openStore } from '../../../src/store/index.ts';
import { CONFIG, makePlace, type Place } from '../cli/run-cli.ts';
import { endedCall, leg, newCall } from '../store/rows.ts';

const SALES = '{ do: dial, lines: [desk], next: box }';

const planWith = (sales: string): string => `
sources:
  - { id: ads, name: Ads, source: google }
lines:
  - { id: echo, type: echo }
  - { id: desk, type: trunk, number: '+12025550199', trunk: carrier, ringTimeoutSeconds: 18 }
numbers:
  - { number: '+12025550123', source: ads, flow: main }
  - { number: '+12025550124', source: ads, lines: [echo] }
schedules:
  - { id: office, timezone: Asia/Shanghai, hours: { mon: [09:00-18:00] } }
flows:
  - id: main
    name: Front door
    timezone: Asia/Shanghai
    start: hours
    steps:
      hours: { do: schedule, schedule: office, open: menu, closed: box }
      menu: { do: menu, play: { say: Press 1 }, keys: { 1: sales }, otherwise: sales }
      sales: ${sales}
      box: { do: voicemail }
`;

/** Ten o'clock on a Monday in Shanghai. */
const MONDAY = Date.parse('2024-01-08T02:00:00Z');
const CALLS = ['01KB0000000000000000000001', '01KB0000000000000000000002'] as const;

const steps = (id: string): readonly CallStepTable[] => {
  const base = { call_id: id, at: MONDAY, text: '' };
  return [
    {
      ...base,
      seq: 0,
      step: 'hours',
      kind: 'schedule',
      input: 'open',
      exit: 'open',
      next_step: 'menu',
      text: 'Schedule hours: office is open.',
    },
    {
      ...base,
      seq: 1,
      step: 'menu',
      kind: 'menu',
      input: '1',
      exit: '1',
      next_step: 'sales',
      text: 'Menu menu: the caller pressed 1, on to sales.',
    },
  ];
};

let place: Place;

/** One call that the desk answered, and one that it did not, for which a message was left. */
const addCalls = async (): Promise<void> => {
  const files = {
    path: place.path('data/dialtrace.db'),
    keyFile: place.path('data/dialtrace.key'),
    backupDirectory: place.path('data/backups'),
  };
  const store = await openStore(files, silentLogger);
  try {
    await store.runs.start('run', MONDAY);
    const flow = { flow_id: 'main', flow_version: 1 };
    const rang = { line_id: 'desk', started_at: MONDAY };
    const [answered, missed] = CALLS;
    await store.calls.open({ ...newCall(answered, 'run', MONDAY), ...flow }, []);
    await store.calls.complete(
      answered,
      { ...endedCall(MONDAY + 30_000), line_id: 'desk' },
      [{ ...leg('leg-1', answered, 1), ...rang, answered_at: MONDAY + 4000, ended_at: MONDAY + 30_000 }],
      [],
      { steps: steps(answered) },
    );
    await store.calls.open({ ...newCall(missed, 'run', MONDAY + 60_000), ...flow }, []);
    const more = { call_id: missed, at: MONDAY + 80_000, text: '' };
    await store.calls.complete(
      missed,
      { ...endedCall(MONDAY + 90_000), status: 'no_answer', voicemail: 1 },
      [{ ...leg('leg-2', missed, 1), ...rang, ended_at: MONDAY + 18_000, outcome: 'no_answer' }],
      [],
      {
        steps: [
          ...steps(missed),
          {
            ...more,
            seq: 2,
            step: 'sales',
            kind: 'dial',
            input: 'no-answer',
            exit: 'next',
            next_step: 'box',
          },
          {
            ...more,
            seq: 3,
            step: 'box',
            kind: 'voicemail',
            input: 'silence',
            exit: 'next',
            next_step: null,
          },
        ],
      },
    );
  } finally {
    await store.close();
  }
};

beforeAll(async () => {
  place = await makePlace(CONFIG, planWith(SALES));
  expect((await place.run('apply', '--yes')).code).toBe(0);
  await addCalls();
});

afterAll(() => place.remove());

const json = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await place.run(...words, '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
};

describe('dialtrace flow', () => {
  it('lists flows with their numbers, of the plan and of the database', async () => {
    const expected = { id: 'main', name: 'Front door', steps: 4, numbers: ['+12025550123'] };
    const implied = { id: 'implied', version: null, numbers: ['+12025550124'] };
    expect(await json('flow', 'list')).toMatchObject([{ ...expected, version: null }, implied]);
    expect(await json('flow', 'list', '--stored')).toMatchObject([{ ...expected, version: 1 }, implied]);
  });

  it('draws a flow, a version of it, and the implied one of a number', async () => {
    expect((await place.run('flow', 'show', 'main')).stdout).toContain('│ sales  dial │');
    expect((await place.run('flow', 'show', 'main@1')).stdout).toContain('(version 1)');
    expect((await place.run('flow', 'show', '+12025550124')).stdout).toContain('implied by +12025550124');
    const written = await place.run('flow', 'show', 'main', '--svg', 'main.svg');
    expect(written.code).toBe(0);
    expect(await readFile(place.path('main.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(await place.run('flow', 'show', 'mian')).toMatchObject({
      code: 2,
      stderr: 'There is no flow mian: there are main\n',
    });
  });

  it('says what happens to a call at its time and place', async () => {
    const evening = await place.run(
      'flow',
      'simulate',
      'main',
      '--from',
      '+8613912345678',
      '--at',
      '2026-11-22 21:00',
    );
    expect(evening.stdout).toContain('A call on Sunday, 22 November 2026 (Asia/Shanghai)');
    expect(evening.stdout).toMatch(/21:00:00 {2}Schedule hours: .*closed.*on to box\./);
    expect(evening.stdout).not.toContain('13912345678');
    const morning = await json('flow', 'simulate', 'main', '--at', '2026-11-23 10:00', '--keys', '1');
    expect(morning).toMatchObject({ ending: { how: 'answered', by: 'desk' }, version: null });
    const missed = await json(
      'flow',
      'simulate',
      'main@1',
      '--at',
      '2026-11-23 10:00',
      '--answers',
      'desk=no-answer',
    );
    expect(missed).toMatchObject({ ending: { how: 'voicemail' }, version: 1, waitMs: 18_000 });
    const many = await json('flow', 'simulate', 'main', '--callers', '500', '--seed', '3');
    expect(many).toMatchObject({ callers: 500, seed: 3, failures: { calls: 0 } });
    expect((await place.run('flow', 'simulate', 'main', '--answers', 'desk=asleep')).code).toBe(2);
  });

  it('lints: exit code 1 for errors, 0 for warnings', async () => {
    expect((await place.run('flow', 'lint')).code).toBe(0);
    await place.write(
      'alone.yaml',
      `${planWith(SALES)}      alone: { do: play, play: no-such-prompt, next: box }\n`,
    );
    const { stdout } = await place.run('flow', 'lint', '--plan', 'alone.yaml', '--json');
    const { errors, findings } = JSON.parse(stdout) as { errors: number; findings: { rule: string }[] };
    expect(findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['unreachable', 'missing-prompt']),
    );
    const { code } = await place.run('flow', 'lint', 'main', '--plan', 'alone.yaml');
    expect(code).toBe(errors > 0 ? 1 : 0);
    expect(errors).toBeGreaterThan(0);
  });

  it('tells the way of a call', async () => {
    const { stdout } = await place.run('flow', 'explain', CALLS[0]);
    expect(stdout).toContain('flow main, version 1');
    expect(stdout).toContain('Menu menu: the caller pressed 1, on to sales.');
    expect(await json('flow', 'explain', 'last')).toMatchObject({ call: CALLS[1], flow: 'main', version: 1 });
  });

  it('compares the plan with what calls run, and past calls on both', async () => {
    expect((await place.run('flow', 'diff', 'main')).stdout).toBe('They say the same.\n');
    await place.write('echo.yaml', planWith('{ do: dial, lines: [echo], next: box }'));
    const diff = await place.run('flow', 'diff', 'main', '--plan', 'echo.yaml');
    expect(diff.stdout).toBe('~ step sales (dial)\n    lines: ["desk"] → ["echo"]\n');
    const same = await json('flow', 'replay', 'main', '--last', '999w');
    expect(same).toMatchObject({
      calls: 2,
      certain: 2,
      partings: [],
      after: { answered: 1, voicemail: 1, lost: 0 },
    });
    const other = await json('flow', 'replay', 'main', '--last', '999w', '--against', 'echo.yaml');
    expect(other).toMatchObject({ before: { answered: 1, voicemail: 1 }, after: { unknown: 2 } });
    expect((await place.run('flow', 'replay', 'main', '--last', '999w')).stdout).toContain(
      'No call goes another way.',
    );
  });
});
