import { describe, expect, it } from 'vitest';
import { type Problem, UsageError } from '../../../src/base/errors.ts';
import { parseTrackingPlan } from '../../../src/config/index.ts';

const context = { trunkIds: ['carrier'], defaultRegion: undefined };
const problemsOf = (values: unknown, region?: 'US'): readonly Problem[] => {
  try {
    parseTrackingPlan(values, { ...context, defaultRegion: region });
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  throw new Error('no error was reported');
};

const sources = [{ id: 'ads', name: 'Ads', source: 'google' }];
const lines = [{ id: 'echo', type: 'echo' }];
const number = { number: '+12025550123', source: 'ads', lines: ['echo'] };

type Wrong = { name: string; plan: unknown; path: string; message: RegExp; mend: RegExp };

const WRONG: readonly Wrong[] = [
  {
    name: 'name with terminal codes',
    plan: { sources: [{ ...sources[0], name: 'red \u001b[31m' }] },
    path: 'sources[0].name',
    message: /found/,
    mend: /without control characters/,
  },
  {
    name: 'field of another type of line',
    plan: { lines: [{ ...lines[0], uri: 'sip:a@pbx.example' }] },
    path: 'lines[0].uri',
    message: /no field “uri”/,
    mend: /does not go with this type/,
  },
  {
    name: 'source that is none',
    plan: { sources, lines, numbers: [{ ...number, source: 'adds' }] },
    path: 'numbers[0].source',
    message: /no source “adds”/,
    mend: /did you mean “ads”/,
  },
  {
    name: 'line that is none',
    plan: { sources, lines: [], numbers: [number] },
    path: 'numbers[0].lines[0]',
    message: /no line “echo”/,
    mend: /add it to lines$/,
  },
  {
    name: 'trunk that is none',
    plan: { lines: [{ id: 'desk', type: 'trunk', number: '+12025550100', trunk: 'carier' }] },
    path: 'lines[0].trunk',
    message: /no trunk “carier”/,
    mend: /did you mean “carrier”/,
  },
  {
    name: 'number that is none',
    plan: { sources, lines, numbers: [{ ...number, number: '12' }] },
    path: 'numbers[0].number',
    message: /“12” is no possible phone number/,
    mend: /country code/,
  },
  {
    name: 'national number without a region',
    plan: { sources, lines, numbers: [{ ...number, number: '(202) 555-0123' }] },
    path: 'numbers[0].number',
    message: /no possible phone number/,
    mend: /set region/,
  },
  {
    name: 'one number written in two ways',
    plan: { region: 'US', sources, lines, numbers: [number, { ...number, number: '(202) 555-0123' }] },
    path: 'numbers[1].number',
    message: /“\+12025550123” stands at numbers\[0\].number already/,
    mend: /one entry/,
  },
  {
    name: 'number without lines',
    plan: { sources, lines, numbers: [{ ...number, lines: [] }] },
    path: 'numbers[0].lines',
    message: /found a list/,
    mend: /at least 1/,
  },
  {
    name: 'line named twice',
    plan: { sources, lines, numbers: [{ ...number, lines: ['echo', 'echo'] }] },
    path: 'numbers[0].lines[1]',
    message: /already/,
    mend: /once/,
  },
  {
    name: 'two sources of one id',
    plan: { sources: [...sources, ...sources] },
    path: 'sources[1].id',
    message: /sources\[0\].id already/,
    mend: /its own/,
  },
  {
    name: 'line of no type',
    plan: { lines: [{ id: 'a', type: 'fax' }] },
    path: 'lines[0].type',
    message: /found “fax”/,
    mend: /use trunk, sip, user or echo/,
  },
  {
    name: 'line that lacks its URI',
    plan: { lines: [{ id: 'a', type: 'sip' }] },
    path: 'lines[0].uri',
    message: /is missing/,
    mend: /text/,
  },
  {
    name: 'line of a wrong URI',
    plan: { lines: [{ id: 'a', type: 'sip', uri: 'sipz:a@b' }] },
    path: 'lines[0].uri',
    message: /found “sipz:a@b”/,
    mend: /sip:sales@pbx.example/,
  },
  {
    name: 'field of another line type',
    plan: { lines: [{ id: 'a', type: 'echo', uri: 'sip:a@b' }] },
    path: 'lines[0].uri',
    message: /no field “uri”/,
    mend: /./,
  },
  {
    name: 'ring timeout of nothing',
    plan: { lines: [{ id: 'a', type: 'echo', ringTimeoutSeconds: 0 }] },
    path: 'lines[0].ringTimeoutSeconds',
    message: /found 0/,
    mend: /at least 1/,
  },
  {
    name: 'currency in words',
    plan: {
      sources: [{ id: 'a', name: 'A', source: 'a', cost: { amount: 1, currency: 'Euro', per: 'day' } }],
    },
    path: 'sources[0].cost.currency',
    message: /found “Euro”/,
    mend: /ISO 4217/,
  },
  {
    name: 'cost per hour',
    plan: {
      sources: [{ id: 'a', name: 'A', source: 'a', cost: { amount: 1, currency: 'EUR', per: 'hour' } }],
    },
    path: 'sources[0].cost.per',
    message: /found “hour”/,
    mend: /day, week, month or year/,
  },
  { name: 'no such region', plan: { region: 'XX' }, path: 'region', message: /found “XX”/, mend: /ISO 3166/ },
];

const pool = { id: 'ads', lines: ['echo'] };
const site = {
  id: 'main',
  hosts: ['www.acme.example'],
  targets: [{ number: '+12025550100' }],
  rules: [{ id: 'ads', use: { pool: 'ads' } }],
};
const pooled = { sources, lines, pools: [pool], numbers: [number], sites: [site] };

describe('sites and pools', () => {
  it('makes every number E.164', () => {
    const plan = parseTrackingPlan(
      {
        ...pooled,
        region: 'US',
        pools: [{ ...pool, overflow: number.number }],
        sites: [
          {
            ...site,
            targets: [{ number: '(202) 555-0100' }],
            rules: [{ id: 'a', targets: ['202-555-0100'], use: { number: number.number } }],
          },
        ],
      },
      context,
    );
    expect(plan.sites[0]?.targets[0]?.number).toBe('+12025550100');
    expect(plan.sites[0]?.rules[0]?.targets).toEqual(['+12025550100']);
    expect(plan.pools[0]?.idleMinutes).toBe(15);
  });

  const rule = (rules: object[]) => ({ ...pooled, sites: [{ ...site, rules }] });
  it.each([
    [
      'a number with source and pool',
      { ...pooled, numbers: [{ ...number, pool: 'ads' }] },
      'numbers[0].pool',
    ],
    [
      'a pool number with lines',
      { ...pooled, numbers: [number, { number: '+12025550124', pool: 'ads', lines: ['echo'] }] },
      'numbers[1].lines',
    ],
    [
      'a number of no pool',
      { ...pooled, numbers: [number, { number: '+12025550124', pool: 'gone' }] },
      'numbers[1].pool',
    ],
    ['a pool with no such line', { ...pooled, pools: [{ ...pool, lines: ['gone'] }] }, 'pools[0].lines[0]'],
    [
      'an overflow that is no number of a source',
      { ...pooled, pools: [{ ...pool, overflow: '+12025550199' }] },
      'pools[0].overflow',
    ],
    ['a rule with no such pool', rule([{ id: 'a', use: { pool: 'gone' } }]), 'sites[0].rules[0].use.pool'],
    [
      'a rule with no such number',
      rule([{ id: 'a', use: { number: '+12025550199' } }]),
      'sites[0].rules[0].use.number',
    ],
    [
      'a rule for no target',
      rule([{ id: 'a', targets: ['+12025550199'], use: { pool: 'ads' } }]),
      'sites[0].rules[0].targets[0]',
    ],
    ['two rules of one name', rule([site.rules[0] ?? {}, site.rules[0] ?? {}]), 'sites[0].rules[1].id'],
    [
      'a host with a path',
      { ...pooled, sites: [{ ...site, hosts: ['www.acme.example/x'] }] },
      'sites[0].hosts[0]',
    ],
  ])('says where: %s', (_, plan, path) => {
    expect(problemsOf(plan).map((problem) => problem.path)).toEqual([path]);
  });
});

describe('a wrong tracking plan', () => {
  it.each(WRONG)('$name', ({ plan, path, message, mend }) => {
    const problems = problemsOf(plan);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.mend).toMatch(mend);
  });

  it('tells everything at once, and nothing that only follows from a wrong entry', () => {
    const plan = {
      sources: [{ id: 'ads', name: '' }],
      lines: [{ id: 'desk', type: 'trunk' }],
      numbers: [{ ...number, lines: ['desk', 'gone'] }, { number: '+1' }],
      blockedCallers: ['1234567'],
    };
    const paths = problemsOf(plan).map((problem) => problem.path);
    expect([...paths].sort()).toEqual([
      'blockedCallers[0]',
      'lines[0].number',
      'lines[0].trunk',
      'numbers[0].lines[1]',
      'numbers[1].lines',
      'numbers[1].number',
      'numbers[1].source',
      'sources[0].name',
      'sources[0].source',
    ]);
  });

  it('shows a blocked caller masked', () => {
    expect(problemsOf({ blockedCallers: ['1234567'] })[0]?.message).toBe(
      '“1234*67” is no possible phone number',
    );
  });
});

it('brings all numbers of a right plan to E.164', () => {
  const plan = parseTrackingPlan(
    {
      sources,
      lines: [...lines, { id: 'desk', type: 'trunk', trunk: 'carrier', number: '202-555-0100' }],
      numbers: [{ ...number, number: '(202) 555-0123' }],
      blockedCallers: ['202 555 0199', '+1 202 555 0199'],
    },
    { ...context, defaultRegion: 'US' },
  );
  expect(plan.numbers[0]?.number).toBe('+12025550123');
  expect(plan.lines[1]).toMatchObject({ number: '+12025550100', ringTimeoutSeconds: 20 });
  expect(plan.blockedCallers).toEqual(['+12025550199']);
});
