import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginFlow,
  type Finding,
  type FlowDefinition,
  type LintContext,
  type LintLine,
  lintFlow,
  lintPlan,
} from '../../../src/flows/index.ts';
import { anyFacts, anyFlow } from './arbitrary.ts';
import {
  BYE,
  definitionOf,
  flowPlan,
  groupPlan,
  officeHours,
  SUNDAY_EVENING,
  type Written,
} from './plans.ts';

const line = (id: string, rest: Partial<LintLine> = {}): LintLine => ({
  id,
  type: 'trunk',
  ringSeconds: 20,
  hasTrunk: true,
  ...rest,
});

const context = (rest: Partial<LintContext> = {}): LintContext => ({
  lines: new Map(
    [line('one'), line('two'), line('slow', { ringSeconds: 40 }), line('lost', { hasTrunk: false })].map(
      (each) => [each.id, each],
    ),
  ),
  users: new Set(['alice']),
  prompts: new Map([
    ['hello', ['en', 'zh']],
    ['english', ['en']],
  ]),
  ...rest,
});

const lint = (
  steps: Readonly<Record<string, Written>>,
  parts: Partial<FlowDefinition> = {},
  rest: Readonly<Record<string, unknown>> = {},
): readonly Finding[] =>
  lintFlow(
    definitionOf(flowPlan(steps, rest), { groups: [groupPlan()], schedules: [officeHours()], ...parts }),
    context(),
  );

/** `error circle a` */
const short = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ level, rule, step, group, schedule }) =>
    `${level} ${rule} ${step ?? group ?? schedule ?? ''}`.trim(),
  );

const DIAL = { do: 'dial', lines: ['one'] } as const;

describe('lint', () => {
  it('has nothing to say of a flow that is as it should be', () => {
    expect(
      lint({
        hours: { do: 'schedule', schedule: 'office', open: 'consent', closed: 'mail' },
        consent: { do: 'consent', text: 't', play: 'hello', next: 'menu' },
        menu: { do: 'menu', play: 'hello', keys: { 1: 'sales', 2: 'wait' }, otherwise: 'sales' },
        sales: { ...DIAL, whisper: { say: 'From {source}, {campaign}.' }, next: 'mail' },
        wait: { do: 'queue', group: 'team', next: 'mail' },
        mail: { do: 'voicemail' },
      }),
    ).toEqual([]);
    expect(lint({ only: DIAL })).toEqual([]);
  });

  describe('of names that stand for nothing', () => {
    it.each([
      [{ a: { do: 'answer', next: 'gone' } }, 'error missing-step a'],
      [{ a: { do: 'goto', flow: 'gone' } }, 'error missing-flow a'],
      [{ a: { ...DIAL, lines: undefined, group: 'gone' } }, 'error missing-group a'],
      [
        { a: { do: 'schedule', schedule: 'gone', open: 'b', closed: 'c' }, b: BYE, c: BYE },
        'error missing-schedule a',
      ],
      [{ a: { do: 'dial', lines: ['gone'] } }, 'error unknown-line a'],
      [{ a: { do: 'dial', users: ['bob'] } }, 'error unknown-user a'],
      [{ a: { do: 'dial', lines: ['lost'] } }, 'error line-without-trunk a'],
      [{ a: { do: 'play', play: 'gone', next: 'b' }, b: BYE }, 'error missing-prompt a'],
    ] as const)('%j', (steps, finding) => {
      expect(short(lint(steps))).toEqual([finding]);
    });

    it('says where it is, what it is and how to mend it', () => {
      expect(lint({ a: { do: 'answer', next: 'gone' } })).toEqual([
        {
          level: 'error',
          flow: 'main',
          step: 'a',
          rule: 'missing-step',
          message: 'next leads to gone, and there is no such step',
          mend: 'add the step, or name another',
        },
      ]);
      expect(short(lint({ a: BYE }, {}, { start: 'gone' }))).toEqual(['error missing-step']);
    });

    it('says nothing of what it does not know', () => {
      const steps = {
        a: { do: 'play', play: 'gone', next: 'b' },
        b: { do: 'dial', lines: ['gone'], users: ['bob'] },
      } as const;
      const findings = lintFlow(definitionOf(flowPlan(steps)), {});
      expect(short(findings)).toEqual(['warning dead-end b']);
    });
  });

  describe('of ways', () => {
    it('finds steps that nothing leads to', () => {
      const steps = { a: BYE, b: { do: 'tag', tags: ['x'], next: 'c' }, c: BYE } as const;
      expect(short(lint(steps))).toEqual(['warning unreachable b', 'warning unreachable c']);
    });

    it.each([
      [
        'of jumps',
        { a: { do: 'goto', step: 'b' }, b: { do: 'tag', tags: ['x'], next: 'a' } },
        ['error circle a'],
      ],
      ['of one step', { a: { do: 'set', next: 'a' } }, ['error circle a']],
      ['of a prompt', { a: { do: 'play', play: 'hello', next: 'a' } }, ['warning circle a']],
      ['of lines', { a: { ...DIAL, next: 'b' }, b: { ...DIAL, next: 'a' } }, ['warning circle a']],
      ['of a menu', { a: { do: 'menu', play: 'hello', keys: { 1: 'a' }, otherwise: 'a' } }, []],
      [
        'of consent that needs a key',
        { a: { do: 'consent', text: 't', play: 'hello', accept: '1', next: 'b', declined: 'a' }, b: BYE },
        [],
      ],
    ] as const)('tells of a circle %s', (_what, steps, expected) => {
      expect(short(lint(steps))).toEqual(expected);
    });

    it('names the way of a circle, through other flows too', () => {
      const other = flowPlan({ back: { do: 'goto', flow: 'main' } }, { id: 'other' });
      const findings = lint({ away: { do: 'goto', flow: 'other' } }, { flows: [other] });
      expect(findings.map(({ level, message }) => [level, message])).toEqual([
        ['error', 'nothing happens in this circle: away → other/back → away'],
      ]);
    });

    it('tells of calls that end without a word', () => {
      expect(short(lint({ a: { do: 'menu', play: 'hello', keys: { 1: 'b' } }, b: BYE }))).toEqual([
        'warning menu-otherwise a',
      ]);
      expect(short(lint({ a: { do: 'answer', next: 'b' }, b: DIAL }))).toEqual(['warning dead-end b']);
      expect(short(lint({ a: { do: 'queue', group: 'team' } }))).toEqual(['warning dead-end a']);
    });

    it('tells of a schedule that decides nothing', () => {
      const steps = { a: { do: 'schedule', schedule: 'office', open: 'b', closed: 'b' }, b: BYE } as const;
      expect(short(lint(steps))).toEqual(['warning no-choice a']);
    });
  });

  describe('of who is rung', () => {
    const members = (count: number, rest: (index: number) => object = () => ({})) =>
      groupPlan({
        members: Array.from({ length: count }, (_, index) => ({ user: `u${index}`, ...rest(index) })),
      });
    const ring = (group = groupPlan(), rest: object = {}) =>
      short(
        lintFlow(definitionOf(flowPlan({ a: { do: 'dial', group: 'team', ...rest } }), { groups: [group] }), {
          lines: context().lines,
        }),
      );

    it.each([
      ['ten at once', members(10), {}, []],
      ['eleven at once', members(11), {}, ['error too-many-at-once a']],
      ['eleven one by one', members(11), { strategy: 'longest-idle' }, []],
      ['eleven of two priorities', members(11, (index) => ({ priority: 1 + (index % 2) })), {}, []],
      [
        'two of eleven that have the skill',
        members(11, (index) => ({ skills: index < 2 ? ['zh'] : [] })),
        { skills: ['zh'] },
        [],
      ],
      [
        'none that has both skills',
        members(2, (index) => ({ skills: [index ? 'zh' : 'en'] })),
        { skills: ['zh', 'en'] },
        ['error nobody-has-skills a'],
      ],
      ['a group beside lines', groupPlan(), { lines: ['one'] }, ['error dial-targets a']],
      ['nobody', groupPlan(), { group: undefined }, ['error dial-targets a']],
      [
        'a member twice',
        groupPlan({ members: [{ line: 'one' }, { line: 'one' }] }),
        {},
        ['warning member-twice team'],
      ],
      [
        'a member that is not there',
        groupPlan({ members: [{ line: 'gone' }] }),
        {},
        ['error unknown-line team'],
      ],
    ])('%s', (_what, group, rest, expected) => {
      expect(ring(group, rest)).toEqual(expected);
    });

    it('counts lines and users that ring at once', () => {
      const lines = Array.from({ length: 10 }, () => 'one');
      const step = { do: 'dial', lines, users: ['alice'], strategy: 'simultaneous' } as const;
      expect(short(lint({ a: step }))).toEqual(['error too-many-at-once a']);
      expect(short(lint({ a: { ...step, strategy: 'sequential' } }))).toEqual([]);
    });

    it.each([
      ['by the line', { lines: ['slow'] }, true],
      ['by the step', { lines: ['one'], ringSeconds: 26 }, true],
      ['not too long', { lines: ['one'], ringSeconds: 25 }, false],
      ['shorter than the line', { lines: ['slow'], ringSeconds: 20 }, false],
      ['with a key to be pressed', { lines: ['slow'], accept: {} }, false],
      ['by the group', { group: 'team' }, true],
    ] as const)('rings longer than a mailbox waits: %s', (_what, rest, expected) => {
      const group = groupPlan({ members: [{ line: 'one' }], ringSeconds: 30 });
      const rules = lint({ a: { do: 'dial', ...rest } }, { groups: [group] }).map(({ rule }) => rule);
      expect(rules).toEqual(expected ? ['own-mailbox'] : []);
    });

    it('knows the mailbox of a line, and that phones of users have none', () => {
      const of = (each: LintLine) =>
        lintFlow(definitionOf(flowPlan({ a: DIAL })), { lines: new Map([['one', each]]) }).length;
      expect(of(line('one', { voicemailAfterSeconds: 20 }))).toBe(1);
      expect(of(line('one', { voicemailAfterSeconds: 60, ringSeconds: 50 }))).toBe(0);
      expect(of(line('one', { type: 'user', ringSeconds: 50 }))).toBe(0);
    });
  });

  describe('of schedules', () => {
    const hours = (week: object, rest: object = {}) =>
      lint(
        { a: { do: 'schedule', schedule: 'office', open: 'b', closed: 'c' }, b: BYE, c: BYE },
        { schedules: [officeHours({ hours: week, holidays: [], ...rest })] },
      ).map(({ rule, message }) => `${rule}: ${message}`);

    it.each([
      ['a break', { mon: ['09:00-12:00', '13:00-17:00'] }, []],
      ['spans that meet', { mon: ['12:00-17:00', '09:00-12:00'] }, []],
      ['all week', { sun: ['00:00-24:00'], mon: ['00:00-24:00'] }, []],
      ['never', {}, ['schedule-never-open: it is never open']],
      [
        'twice',
        { mon: ['09:00-13:00', '12:00-17:00'] },
        ['schedule-overlap: mon 09:00-13:00 and mon 12:00-17:00 overlap'],
      ],
      [
        'over midnight',
        { fri: ['20:00-02:00'], sat: ['01:00-04:00'] },
        ['schedule-overlap: fri 20:00-02:00 and sat 01:00-04:00 overlap'],
      ],
      [
        'over the end of the week',
        { sun: ['20:00-02:00'], mon: ['01:00-04:00'] },
        ['schedule-overlap: sun 20:00-02:00 and mon 01:00-04:00 overlap'],
      ],
      [
        'a minute short',
        { mon: ['09:00-12:59', '13:00-17:00'] },
        ['schedule-gap: it is closed for 1 min between mon 09:00-12:59 and mon 13:00-17:00'],
      ],
    ])('%s', (_what, week, expected) => {
      expect(hours(week)).toEqual(expected);
    });

    it('may be open on holidays alone', () => {
      expect(hours({}, { holidays: [{ date: '2026-12-24', hours: ['09:00-12:00'] }] })).toEqual([]);
    });
  });

  describe('of what is heard', () => {
    it('looks for prompts in the languages that calls come in', () => {
      const steps = {
        lang: { do: 'menu', play: 'hello', keys: { 1: 'zh', 2: 'greet' }, otherwise: 'greet' },
        zh: { do: 'set', language: 'zh', next: 'greet' },
        greet: { do: 'play', play: ['english', { say: { en: 'Hi.' } }, { say: 'Hi.' }], next: 'bye' },
        bye: BYE,
      } as const;
      expect(lint(steps).map(({ rule, step, message }) => [rule, step, message])).toEqual([
        ['prompt-language', 'greet', 'the prompt english is not there in zh'],
        ['prompt-language', 'greet', 'words to be spoken are not there in zh'],
      ]);
      expect(lint({ ...steps, zh: { ...steps.zh, language: 'en' } })).toEqual([]);
    });

    it('tells of early sounds that are not early', () => {
      const early = { do: 'play', play: 'hello', early: true } as const;
      expect(short(lint({ a: { ...early, next: 'b' }, b: DIAL }))).toEqual([]);
      expect(short(lint({ a: { do: 'answer', next: 'b' }, b: { ...early, next: 'c' }, c: BYE }))).toEqual([
        'warning early-after-answer b',
      ]);
    });

    it('tells of a recording that nobody was told of', () => {
      const told = {
        a: { do: 'consent', text: 't', play: 'hello', next: 'm' },
        m: { do: 'menu', play: 'hello', keys: { 1: 'd' }, otherwise: 'd' },
        d: { do: 'voicemail' },
      } as const;
      const asked = { s: { do: 'split', shares: { a: 1, m: 1 } }, ...told } as const;
      expect(short(lint(told, {}, { record: 'answer' }))).toEqual([]);
      expect(short(lint(asked, {}, { record: 'answer' }))).toEqual(['warning record-without-consent m']);
      expect(short(lint(asked, {}, { record: 'line' }))).toEqual([]);
    });
  });

  describe('of variables', () => {
    const whisper = {
      do: 'dial',
      lines: ['one'],
      whisper: { say: { en: 'Order {order}, {city}.' } },
    } as const;
    it.each([
      ['that nothing sets', { d: whisper }, ['warning unknown-variable d']],
      ['that is set', { s: { do: 'set', variables: { order: 'x' }, next: 'd' }, d: whisper }, []],
      [
        'that another system may set',
        { s: { do: 'decide', url: 'https://crm.example/', exits: {}, otherwise: 'd' }, d: whisper },
        [],
      ],
      [
        'that is not spoken',
        {
          s: { do: 'collect', play: 'hello', as: 'order', sensitive: true, next: 'd' },
          d: { ...whisper, next: 'v' },
          v: { do: 'voicemail' },
        },
        ['warning sensitive-variable d'],
      ],
      [
        'of a route',
        {
          r: { do: 'route', cases: [{ when: { variable: { order: '1' } }, to: 'd' }], otherwise: 'd' },
          d: DIAL,
        },
        ['warning unknown-variable r'],
      ],
    ] as const)('%s', (_what, steps, expected) => {
      expect(short(lint(steps))).toEqual(expected);
    });
  });

  it.each([
    [{ a: { do: 'collect', play: 'hello', as: 'x', min: 5, max: 4, next: 'b' }, b: BYE }, 'error digits a'],
    [{ a: { do: 'collect', play: 'hello', as: 'x', end: '5', next: 'b' }, b: BYE }, 'warning keys a'],
    [
      { a: { do: 'consent', text: 't', play: 'hello', accept: '1', decline: '1', next: 'b' }, b: BYE },
      'error keys a',
    ],
    [{ a: { do: 'queue', group: 'team', exit: 'b', next: 'b' }, b: BYE }, 'warning keys a'],
    [
      {
        a: {
          do: 'route',
          cases: [
            { when: {}, to: 'b' },
            { when: { country: 'DE' }, to: 'b' },
          ],
          otherwise: 'b',
        },
        b: BYE,
      },
      'warning case-never-reached a',
    ],
    [
      { a: { do: 'route', cases: [{ when: { prefix: '0171' }, to: 'b' }], otherwise: 'b' }, b: BYE },
      'warning prefix a',
    ],
  ] as const)('looks into single steps: %j', (steps, finding) => {
    expect(short(lint(steps))).toEqual([finding]);
  });

  it('tells of shares that are all 0', () => {
    const flow = flowPlan({ a: { do: 'split', shares: { b: 1 } }, b: BYE });
    const steps = { ...flow.steps, a: { do: 'split' as const, shares: { b: 0 } } };
    expect(short(lintFlow(definitionOf({ ...flow, steps })))).toEqual(['error no-shares a']);
  });

  it('tells each thing of a plan once', () => {
    const broken = groupPlan({ members: [{ line: 'gone' }] });
    const plans = {
      flows: [
        flowPlan({ d: { do: 'dial', group: 'team' } }, { id: 'sales' }),
        flowPlan({ go: { do: 'goto', flow: 'sales' } }),
      ],
      groups: [broken],
      schedules: [],
    };
    expect(short(lintPlan(plans, context()))).toEqual(['error unknown-line team']);
  });

  it('reads any flow, and says the same of it each time, errors first', () => {
    fc.assert(
      fc.property(anyFlow, ({ definition }) => {
        const findings = lintFlow(definition, context());
        const levels = findings.map(({ level }) => level);
        expect(levels).toEqual([...levels].sort());
        expect(lintFlow(definition, context())).toEqual(findings);
      }),
      { numRuns: 40 },
    );
  });

  it('tells of every circle in which a call would be stopped at once', () => {
    fc.assert(
      fc.property(anyFlow, anyFacts, (flow, facts) => {
        const { path } = beginFlow(flow, facts, SUNDAY_EVENING);
        if (path.some(({ kind }) => kind === 'end'))
          expect(short(lintFlow(flow.definition))).toContainEqual(expect.stringMatching(/^error circle/));
      }),
      { numRuns: 100 },
    );
  });
});
