import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginFlow,
  closeDefinition,
  compileFlow,
  definitionDigest,
  impliedFlow,
  usedBy,
} from '../../../src/flows/index.ts';
import { anyFlow } from './arbitrary.ts';
import {
  BYE,
  callFacts,
  definitionOf,
  flowPlan,
  groupPlan,
  keys,
  officeHours,
  SUNDAY_EVENING,
  walk,
} from './plans.ts';

const sales = flowPlan(
  {
    menu: { do: 'menu', play: 'p', keys: { 1: 'ring', 2: 'back' } },
    ring: { do: 'dial', group: 'team' },
    back: { do: 'goto', flow: 'main' },
  },
  { id: 'sales' },
);
const main = flowPlan({
  hours: { do: 'schedule', schedule: 'office', open: 'sales', closed: 'bye' },
  sales: { do: 'goto', flow: 'sales' },
  bye: BYE,
});
const plans = {
  flows: [flowPlan({ bye: BYE }, { id: 'unrelated' }), sales, main],
  groups: [groupPlan({ id: 'zebra' }), groupPlan()],
  schedules: [officeHours(), officeHours({ id: 'never-used' })],
};

describe('a compiled flow', () => {
  const flow = compileFlow(closeDefinition('main', plans), 7);

  it('names steps of other flows by their flow', () => {
    expect([...flow.steps.keys()]).toEqual([
      'hours',
      'sales',
      'bye',
      'sales/menu',
      'sales/ring',
      'sales/back',
    ]);
    expect(flow).toMatchObject({ id: 'main', version: 7, start: 'hours' });
    expect(flow.steps.get('sales/menu')).toMatchObject({
      flow: { id: 'sales' },
      step: { keys: { 1: 'sales/ring', 2: 'sales/back' } },
    });
  });

  it('leads from flow to flow and back', () => {
    const call = walk(flow, callFacts(), SUNDAY_EVENING - 6 * 86_400_000 - 8 * 3_600_000);
    expect(call.now().state.at).toBe('sales/menu');
    expect(call.tell(keys('2')).path.map(({ step }) => step)).toEqual([
      'sales/menu',
      'sales/back',
      'hours',
      'sales',
    ]);
    expect(call.tell(keys('1')).action).toMatchObject({ type: 'dial', turnKey: 'group/team' });
  });

  it.each([
    ['start', { start: 'gone' }, { bye: BYE }, 'Flow main: start names gone, and there is no such step.'],
    [
      'step',
      {},
      { a: { do: 'answer', next: 'gone' } },
      'Flow main, step a: next leads to gone, and there is no such step.',
    ],
    [
      'flow',
      {},
      { a: { do: 'goto', flow: 'gone' } },
      'Flow main, step a: it leads to the flow gone, and there is no such flow.',
    ],
    ['group', {}, { a: { do: 'dial', group: 'gone' } }, 'Flow main, step a: there is no group gone.'],
    [
      'schedule',
      {},
      { a: { do: 'schedule', schedule: 'gone', open: 'a', closed: 'a' } },
      'Flow main, step a: there is no schedule gone.',
    ],
  ] as const)('needs every %s that it names', (_what, rest, steps, message) => {
    expect(() => compileFlow(definitionOf(flowPlan(steps, rest)))).toThrow(
      expect.objectContaining({ name: 'FailureError', message }),
    );
  });

  it('stays as it was stored', () => {
    fc.assert(
      fc.property(anyFlow, (any) => {
        const stored = JSON.parse(JSON.stringify(any.definition)) as typeof any.definition;
        expect(compileFlow(stored, any.version).steps).toEqual(any.steps);
        expect(definitionDigest(stored)).toBe(definitionDigest(any.definition));
      }),
      { numRuns: 30 },
    );
  });
});

describe('the implied flow', () => {
  it('rings the lines of a number one after another', () => {
    const flow = impliedFlow(['one', 'two'], { ringSeconds: 15 });
    expect(flow).toMatchObject({ id: 'implied', version: undefined });
    expect(beginFlow(flow, callFacts(), SUNDAY_EVENING)).toMatchObject({
      state: { at: 'dial', answered: false },
      action: { type: 'dial', strategy: 'sequential', ringMs: 15_000, targets: { lines: ['one', 'two'] } },
      path: [],
    });
    expect(beginFlow(impliedFlow(['one']), callFacts(), SUNDAY_EVENING).action).toMatchObject({
      ringMs: undefined,
    });
  });
});

describe('a definition', () => {
  it('holds what the flow reaches and nothing else', () => {
    const definition = closeDefinition('main', plans);
    expect(definition.flows.map(({ id }) => id)).toEqual(['sales']);
    expect(definition.groups.map(({ id }) => id)).toEqual(['team']);
    expect(definition.schedules.map(({ id }) => id)).toEqual(['office']);
    expect(() => closeDefinition('gone', plans)).toThrow('There is no flow gone.');
  });

  it('has the digest of what it says, however the plan is ordered', () => {
    const digest = definitionDigest(closeDefinition('main', plans));
    const turned = {
      flows: plans.flows
        .map((flow) => ({ ...flow, steps: Object.fromEntries(Object.entries(flow.steps).reverse()) }))
        .reverse(),
      groups: [...plans.groups].reverse(),
      schedules: [...plans.schedules].reverse(),
    };
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(definitionDigest(closeDefinition('main', turned))).toBe(digest);
    const other = { ...plans, groups: [groupPlan({ ringSeconds: 21.5 })] };
    expect(definitionDigest(closeDefinition('main', other))).not.toBe(digest);
  });

  it('tells what it refers to', () => {
    const flow = flowPlan({
      m: {
        do: 'menu',
        play: ['welcome', { say: 'Hi.' }],
        silent: 'hush',
        keys: { 1: 'd', 2: 'q', 3: 's', 4: 'j' },
      },
      d: {
        do: 'dial',
        lines: ['two', 'one', 'two'],
        users: ['alice'],
        whisper: 'psst',
        accept: { play: 'take-it' },
        next: 'v',
      },
      v: { do: 'voicemail', greeting: 'welcome' },
      q: { do: 'queue', group: 'team', hear: ['waltz'] },
      s: { do: 'schedule', schedule: 'office', open: 'd', closed: 'q' },
      j: { do: 'goto', flow: 'sales' },
    });
    expect(usedBy(flow)).toEqual({
      flows: ['sales'],
      groups: ['team'],
      schedules: ['office'],
      lines: ['one', 'two'],
      users: ['alice'],
      prompts: ['hush', 'psst', 'take-it', 'waltz', 'welcome'],
    });
  });
});
