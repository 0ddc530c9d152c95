import { describe, expect, it } from 'vitest';
import { exitsOf, type FlowEvent, failureWords, waitsForCaller } from '../../../src/flows/index.ts';
import { BYE, callFacts, flowOf, flowPlan, keys, MONDAY_MORNING, SUNDAY_EVENING, walk } from './plans.ts';

describe('answer and play', () => {
  it('answers once', () => {
    const call = walk(flowOf({ a: { do: 'answer', next: 'b' }, b: { do: 'answer', next: 'bye' }, bye: BYE }));
    expect(call.now().action).toEqual({ type: 'answer' });
    expect(call.tell({ type: 'answered' }).action.type).toBe('hangup');
    expect(call.texts()).toEqual([
      'Answer a: the call was answered, on to b.',
      'Answer b: it was answered before, on to bye.',
      'Hang up bye: the call ends.',
    ]);
  });

  it('plays before the answer, and no longer early after it', () => {
    const early = { do: 'play', play: 'hello', early: true } as const;
    const call = walk(
      flowOf({
        a: { ...early, next: 'b' },
        b: { do: 'answer', next: 'c' },
        c: { ...early, next: 'bye' },
        bye: BYE,
      }),
    );
    expect(call.now()).toMatchObject({ action: { type: 'play', early: true }, state: { answered: false } });
    call.tell({ type: 'played', heardMs: 3210 });
    call.tell({ type: 'answered' });
    expect(call.now()).toMatchObject({ action: { type: 'play', early: false }, state: { answered: true } });
    expect(call.texts()[0]).toBe('Play a: the caller heard 3.2 s, on to b.');
  });

  it('notes the key that ended it', () => {
    const call = walk(flowOf({ a: { do: 'play', play: 'hello', bargeIn: true, next: 'bye' }, bye: BYE }));
    call.tell({ type: 'played', heardMs: 900, key: '2' });
    expect(call.path()[0]).toMatchObject({ input: '2', exit: 'next', to: 'bye' });
  });
});

describe('consent', () => {
  const consent = (rest: object) =>
    flowOf({
      ask: { do: 'consent', text: 'rec-en-1', play: 'consent-recording', next: 'menu', ...rest },
      menu: { do: 'menu', play: 'm', keys: { 1: 'bye' }, otherwise: 'bye' },
      no: { do: 'play', play: 'ok', next: 'menu' },
      bye: BYE,
    });
  const heard = (key: string | undefined, heardMs = 4000): FlowEvent => ({
    type: 'consented',
    heardMs,
    totalMs: 5000,
    key,
  });

  it.each([
    ['stays on the line', {}, heard(undefined), 'menu', undefined],
    ['presses something else', {}, heard('5'), 'menu', undefined],
    ['hears nothing of it', {}, heard(undefined, 0), 'menu', false],
    ['declines', { decline: '9', declined: 'no' }, heard('9'), 'no', false],
    ['declines, and nothing else is named', { decline: '9' }, heard('9'), 'menu', false],
    ['accepts', { accept: '1', declined: 'no' }, heard('1'), 'menu', undefined],
    ['accepts early', { accept: '1', declined: 'no' }, heard('1', 0), 'menu', undefined],
    ['does not accept', { accept: '1', declined: 'no' }, heard(undefined), 'no', false],
    ['can not be played to', {}, { type: 'failed', reason: 'no port' } as const, 'menu', false],
  ] as const)('of a caller who %s', (_what, rest, event, to, record) => {
    const call = walk(consent(rest));
    expect(call.tell(event).state).toMatchObject({ at: to });
    expect(call.now().state.record).toBe(record);
  });

  it('keeps the proof in the path', () => {
    const call = walk(consent({ accept: '1' }));
    call.tell(heard('1'));
    expect(call.texts()).toEqual([
      'Consent ask: announcement rec-en-1, 4 s of 5 s heard; the caller pressed 1 and agreed, on to menu.',
    ]);
    expect(call.path()[0]).toMatchObject({ input: '1', exit: 'next' });
  });
});

describe('menu', () => {
  const flow = flowOf({
    menu: { do: 'menu', play: 'welcome', keys: { 1: 'one', 2: 'two', '#': 'one' }, otherwise: 'two' },
    one: { do: 'hangup', cause: 'busy' },
    two: BYE,
  });

  it('goes where the key leads', () => {
    const call = walk(flow);
    expect(call.now().action).toMatchObject({ type: 'gather', max: 1, typeAhead: true, before: [] });
    expect(call.tell(keys('1')).action).toMatchObject({ type: 'hangup', cause: 'busy' });
    expect(call.texts()[0]).toBe('Menu menu: the caller pressed 1, on to one.');
    expect(call.path()[0]).toMatchObject({ kind: 'menu', input: '1', exit: '1', to: 'one' });
  });

  it('says why it asks again, and hears no keys pressed ahead then', () => {
    const call = walk(flow);
    expect(call.tell(keys('7')).action).toMatchObject({ before: ['invalid-choice'], typeAhead: false });
    expect(call.tell(keys('')).action).toMatchObject({ before: ['no-input'], typeAhead: false });
    expect(call.tell(keys('')).action.type).toBe('hangup');
    expect(call.texts().slice(0, 3)).toEqual([
      'Menu menu: the caller pressed 7, which means nothing here; asked again (2 of 3).',
      'Menu menu: no key came; asked again (3 of 3).',
      'Menu menu: no key came (3 of 3), on to two.',
    ]);
    expect(call.path()[2]).toMatchObject({ exit: 'otherwise', to: 'two' });
  });

  it('plays its own words before it asks again, counts anew when come to anew', () => {
    const call = walk(
      flowOf({
        menu: {
          do: 'menu',
          play: 'p',
          keys: { 1: 'menu' },
          invalid: [{ say: 'Wrong.' }],
          silent: 'silence-please',
          tries: 2,
        },
      }),
    );
    expect(call.tell(keys('5')).action).toMatchObject({ before: [{ say: 'Wrong.' }] });
    expect(call.tell(keys('1')).state).toMatchObject({ at: 'menu', tries: 0 });
    expect(call.tell(keys('')).action).toMatchObject({ before: ['silence-please'] });
    expect(call.tell(keys('')).action).toMatchObject({ type: 'hangup', cause: 'normal' });
    expect(call.texts().at(-1)).toBe('Menu menu: no key came (2 of 2), and the call ends.');
  });

  it('takes no key from what every object has', () => {
    expect(walk(flow).tell(keys('constructor')).state.at).toBe('menu');
  });

  it('asks no more when it can not be heard', () => {
    const call = walk(flow);
    call.tell({ type: 'failed', reason: 'no\nport' });
    expect(call.texts()[0]).toBe('Menu menu: it could not be asked (no port), on to two.');
  });
});

describe('collect', () => {
  const collect = (rest: object) =>
    flowOf({
      order: { do: 'collect', play: 'order', as: 'order', min: 3, max: 6, next: 'check', ...rest },
      check: {
        do: 'route',
        cases: [{ when: { variable: { order: '4711' } }, to: 'known' }],
        otherwise: 'bye',
      },
      known: { do: 'hangup', cause: 'busy' },
      bye: BYE,
    });

  it('keeps the digits and goes by them', () => {
    const call = walk(collect({}));
    expect(call.now().action).toMatchObject({ min: 3, max: 6, end: '#', sensitive: false });
    expect(call.tell(keys('4711'))).toMatchObject({
      state: { variables: { order: '4711' }, sensitive: [] },
      action: { cause: 'busy' },
    });
    expect(call.texts().slice(0, 2)).toEqual([
      'Collect order: the caller entered 4711 as order, on to check.',
      'Route check: case 1 fits (order is 4711), on to known.',
    ]);
  });

  it.each([
    ['', 'no key came'],
    ['12', '2 digits entered, too few'],
    ['1234567', '7 digits entered, too many'],
    ['12*4', 'the caller entered more than digits'],
  ])('asks again after %j', (digits, why) => {
    const call = walk(collect({ tries: 2 }));
    expect(call.tell(keys(digits)).action).toMatchObject({
      type: 'gather',
      before: [digits === '' ? 'no-input' : 'invalid-choice'],
      typeAhead: false,
    });
    expect(call.texts()).toEqual([`Collect order: ${why}; asked again (2 of 2).`]);
    call.tell(keys(digits));
    expect(call.path()[1]).toMatchObject({ exit: 'next', to: 'check' });
    expect(call.now().state.variables).toEqual({});
  });

  it('has an exit for who enters nothing', () => {
    const call = walk(collect({ tries: 1, otherwise: 'bye' }));
    call.tell(keys(''));
    expect(call.path()[0]).toMatchObject({ exit: 'otherwise', to: 'bye' });
  });

  it('shows sensitive digits nowhere, and goes by them all the same', () => {
    const call = walk(collect({ sensitive: true }));
    expect(call.now().action).toMatchObject({ sensitive: true });
    call.tell(keys('12'));
    call.tell(keys('4711'));
    expect(call.now()).toMatchObject({
      state: { variables: { order: '4711' }, sensitive: ['order'] },
      action: { cause: 'busy' },
    });
    expect(call.path().map(({ input }) => input)).toEqual(['••', '••••', 'order', undefined]);
    expect(JSON.stringify(call.path())).not.toContain('4711');
  });

  it("shows no caller's number that is entered", () => {
    const call = walk(collect({ max: 20 }), callFacts({ callerNumber: '+4930901820' }));
    call.tell(keys('030901820'));
    expect(JSON.stringify(call.path())).not.toContain('901820');
    expect(call.texts()[0]).toBe('Collect order: the caller entered 9 digits as order, on to check.');
  });
});

describe('schedule', () => {
  const steps = {
    hours: { do: 'schedule', schedule: 'office', open: 'yes', closed: 'no' },
    yes: BYE,
    no: BYE,
    feast: BYE,
  } as const;
  const TUESDAY_HOLIDAY = MONDAY_MORNING + 86_400_000;

  it.each([
    ['open', MONDAY_MORNING, 'open', 'yes'],
    ['closed', SUNDAY_EVENING, 'closed', 'no'],
    ['a holiday', TUESDAY_HOLIDAY, 'closed', 'no'],
  ])('when it is %s', (_what, at, exit, to) => {
    expect(walk(flowOf(steps), callFacts(), at).path()[0]).toMatchObject({ exit, to });
  });

  it('has a way of its own for holidays, and names the day', () => {
    const flow = flowOf({ ...steps, hours: { ...steps.hours, holiday: 'feast' } });
    const [first] = walk(flow, callFacts(), TUESDAY_HOLIDAY).path();
    expect(first).toMatchObject({ input: 'holiday', exit: 'holiday', to: 'feast' });
    expect(first?.text).toContain('Founding Day');
  });
});

describe('split', () => {
  const flow = flowOf({
    ab: { do: 'split', shares: { a: 70, b: 30, never: 0 } },
    a: BYE,
    b: BYE,
    never: BYE,
  });
  const wayOf = (callerKey: string) => walk(flow, callFacts({ callerKey })).path()[0]?.to;

  it('is the same for a caller and fair over callers', () => {
    const ways = Array.from({ length: 2000 }, (_, index) => wayOf(`caller-${index}`));
    const toA = ways.filter((way) => way === 'a').length;
    expect(ways).not.toContain('never');
    // Five standard deviations of a binomial of 2,000 draws.
    expect(Math.abs(toA - 1400)).toBeLessThan(103);
    expect(wayOf('caller-7')).toBe(ways[7]);
  });

  it('does not depend on the order in which shares are written', () => {
    const turned = flowOf({
      ab: { do: 'split', shares: { never: 0, b: 30, a: 70 } },
      a: BYE,
      b: BYE,
      never: BYE,
    });
    for (let index = 0; index < 50; index += 1) {
      const facts = callFacts({ callerKey: `caller-${index}` });
      expect(walk(turned, facts).path()[0]?.to).toBe(wayOf(`caller-${index}`));
    }
  });

  it('draws for each step anew', () => {
    const two = flowOf({
      one: { do: 'split', shares: { two: 1, left: 1 } },
      left: { do: 'tag', tags: ['left'], next: 'two' },
      two: { do: 'split', shares: { x: 1, y: 1 } },
      x: BYE,
      y: BYE,
    });
    const seen = Array.from({ length: 100 }, (_, index) => {
      const call = walk(two, callFacts({ callerKey: `${index}` }));
      return `${call.now().state.tags.length}${call.path().at(-1)?.step}`;
    });
    expect(new Set(seen).size).toBe(4);
  });
});

describe('dial', () => {
  it('rings lines and users, each turn counted for itself', () => {
    const call = walk(
      flowOf({
        sales: {
          do: 'dial',
          lines: ['one', 'two'],
          users: ['alice'],
          ringSeconds: 15,
          maxSeconds: 40,
          sticky: true,
        },
      }),
      callFacts({ lastLine: 'two' }),
    );
    expect(call.now()).toMatchObject({
      state: { answered: false },
      action: {
        targets: { type: 'lines', lines: ['one', 'two'], users: ['alice'] },
        turnKey: 'step/main/sales',
        strategy: 'sequential',
        ringMs: 15_000,
        maxMs: 40_000,
        first: 'two',
        hear: 'ringback',
      },
    });
  });

  it('rings a group as the group says, and only those first who are in it', () => {
    const facts = callFacts({ lastLine: 'gone' });
    const call = walk(flowOf({ d: { do: 'dial', group: 'team', skills: ['zh'], sticky: true } }), facts);
    expect(call.now().action).toMatchObject({
      targets: { type: 'group', group: { id: 'team' }, skills: ['zh'] },
      turnKey: 'group/team',
      strategy: 'simultaneous',
      ringMs: 20_000,
      first: undefined,
    });
  });

  it('leaves the ringing time to lines', () => {
    expect(walk(flowOf({ d: { do: 'dial', lines: ['one'] } })).now().action).toMatchObject({
      ringMs: undefined,
    });
  });

  const exits = {
    d: { do: 'dial', lines: ['one'], next: 'later', busy: 'busy', unavailable: 'nobody' },
    later: { do: 'voicemail' },
    busy: { do: 'voicemail' },
    nobody: { do: 'voicemail' },
  } as const;
  it.each([
    ['no-answer', 'later'],
    ['rejected', 'later'],
    ['failed', 'later'],
    ['busy', 'busy'],
    ['unavailable', 'nobody'],
  ] as const)('after %s', (why, to) => {
    const call = walk(flowOf(exits));
    expect(call.tell({ type: 'not-reached', why, tried: 1 }).state).toMatchObject({
      at: to,
      lastFailure: why,
    });
    expect(call.texts()[0]).toBe(`Dial d: ${failureWords(why)} (1 target rung), on to ${to}.`);
  });

  it('ends as it failed where nothing follows', () => {
    const call = walk(flowOf({ d: { do: 'dial', lines: ['one'] } }));
    call.tell({ type: 'not-reached', why: 'busy', tried: 1 });
    expect(call.now().action).toEqual({ type: 'hangup', cause: 'busy', reason: 'all were busy' });
    expect(call.texts()).toEqual(['Dial d: all were busy (1 target rung), and the call ends.']);
  });

  it('ends normally after voicemail, whatever failed before', () => {
    const call = walk(flowOf(exits));
    call.tell({ type: 'not-reached', why: 'busy', tried: 1 });
    call.tell({ type: 'message', durationMs: 12_000, by: 'silence' });
    expect(call.now().action).toMatchObject({ type: 'hangup', cause: 'normal' });
    expect(call.texts()[1]).toBe('Voicemail busy: a message of 12 s was left, and the call ends.');
  });
});

describe('queue', () => {
  const steps = {
    q: { do: 'queue', group: 'team', exitKey: '1', exit: 'out', full: 'full', empty: 'empty', next: 'late' },
    out: BYE,
    full: BYE,
    empty: BYE,
    late: BYE,
  } as const;

  it.each([
    ['exit-key', 'out', 'the caller left it by key'],
    ['full', 'full', 'too many were waiting'],
    ['empty', 'empty', 'nobody was there who takes calls'],
    ['timeout', 'late', 'nobody came'],
  ] as const)('left by %s', (why, to, words) => {
    const call = walk(flowOf(steps));
    expect(call.now()).toMatchObject({ action: { type: 'queue' }, state: { answered: true } });
    call.tell({ type: 'left-queue', why, waitedMs: 61_000 });
    expect(call.path()[0]).toMatchObject({ to, text: `Queue q: ${words} (waited 61 s), on to ${to}.` });
  });

  it('ends as it failed where nothing follows', () => {
    const call = walk(flowOf({ q: { do: 'queue', group: 'team' } }));
    call.tell({ type: 'left-queue', why: 'full', waitedMs: 0 });
    expect(call.now().action).toMatchObject({ type: 'hangup', cause: 'busy' });
  });
});

describe('decide', () => {
  const flow = flowOf({
    crm: { do: 'decide', url: 'https://crm.example/route', exits: { vip: 'vip' }, otherwise: 'usual' },
    vip: { do: 'hangup', cause: 'busy' },
    usual: BYE,
  });
  const answer = (rest: Partial<Extract<FlowEvent, { type: 'decided' }>>): FlowEvent => ({
    type: 'decided',
    exit: 'vip',
    variables: {},
    tags: [],
    failure: undefined,
    tookMs: 120.4,
    ...rest,
  });

  it('goes by the answer and takes over what is well formed', () => {
    const call = walk(flow);
    expect(call.now()).toMatchObject({
      action: { type: 'decide', timeoutMs: 800 },
      state: { answered: false },
    });
    call.tell(
      answer({
        variables: { tier: 'gold', 'Bad name': 'x', long: 'x'.repeat(201), line: 'a\nb' },
        tags: ['vip', 'vip', '', 'a\u0007'],
      }),
    );
    expect(call.now()).toMatchObject({
      state: { variables: { tier: 'gold' }, tags: ['vip'] },
      action: { cause: 'busy' },
    });
    expect(call.now().state.variables).toEqual({ tier: 'gold' });
    expect(call.texts()[0]).toBe('Decide crm: the answer was vip after 120 ms, on to vip.');
  });

  it.each([
    ['names another exit', answer({ exit: 'toString' })],
    ['names none', answer({ exit: undefined })],
    ['is late', answer({ exit: undefined, failure: 'no answer within 800 ms' })],
    ['fails', { type: 'failed', reason: 'x' } as const],
  ])('goes its own way when the answer %s', (_what, event) => {
    const call = walk(flow);
    call.tell(event);
    expect(call.path()[0]).toMatchObject({ exit: 'otherwise', to: 'usual' });
  });
});

describe('tag, set and goto', () => {
  it('change what comes after', () => {
    const call = walk(
      flowOf({
        t: { do: 'tag', tags: ['a', 'b'], next: 's' },
        s: { do: 'set', variables: { kind: 'new' }, language: 'zh', record: false, next: 'j' },
        j: { do: 'goto', step: 't2' },
        t2: { do: 'tag', tags: ['b', 'c'], next: 'bye' },
        bye: { do: 'hangup', cause: 'rejected' },
      }),
    );
    expect(call.now()).toMatchObject({
      state: {
        at: undefined,
        tags: ['a', 'b', 'c'],
        variables: { kind: 'new' },
        language: 'zh',
        record: false,
      },
      action: { type: 'hangup', cause: 'rejected' },
    });
    expect(call.texts()).toEqual([
      'Tag t: tagged a, b, on to s.',
      'Set s: kind = new, language zh, no recording, on to j.',
      'Go to j: a jump, on to t2.',
      'Tag t2: tagged b, c, on to bye.',
      'Hang up bye: the call ends (rejected).',
    ]);
  });
});

describe('steps in general', () => {
  it('tell which ones wait for the caller', () => {
    const { steps } = flowPlan({
      m: { do: 'menu', play: 'p', keys: { 1: 'm' } },
      c: { do: 'collect', play: 'p', as: 'x', next: 'm' },
      y: { do: 'consent', text: 't', play: 'p', accept: '1', next: 'm' },
      n: { do: 'consent', text: 't', play: 'p', decline: '1', next: 'm' },
      p: { do: 'play', play: 'p', next: 'm' },
      d: { do: 'dial', lines: ['one'] },
    });
    const waiting = Object.entries(steps).filter(([, step]) => waitsForCaller(step));
    expect(waiting.map(([name]) => name)).toEqual(['m', 'c', 'y']);
  });

  it('name their exits in order', () => {
    const { steps } = flowPlan({
      r: { do: 'route', cases: [{ when: { country: 'DE' }, to: 'd' }], otherwise: 'm' },
      d: { do: 'dial', lines: ['one'], busy: 'm' },
      m: { do: 'menu', play: 'p', keys: { 1: 'd' } },
    });
    expect(Object.values(steps).map(exitsOf)).toEqual([
      [
        ['case 1', 'd'],
        ['otherwise', 'm'],
      ],
      [
        ['next', undefined],
        ['busy', 'm'],
      ],
      [
        ['1', 'd'],
        ['otherwise', undefined],
      ],
    ]);
  });
});
