import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AutomationPlan, automationSchema } from '../../../../src/config/index.ts';
import {
  type AutomationState,
  effectWords,
  planEffects,
} from '../../../../src/tracking/people/automations.ts';
import { type AutomationFacts, matches } from '../../../../src/tracking/people/conditions.ts';

const FACTS: AutomationFacts = {
  event: 'call',
  answered: true,
  firstCall: true,
  talkSeconds: 95,
  source: 'google',
  medium: 'cpc',
  campaign: 'Roof Repair',
  channel: 'paid',
  number: '+12025550123',
  region: 'US',
  landing: 'https://www.example.com/roof-repair?utm_source=google',
  tags: ['vip'],
  disposition: 'lead',
  spamScore: 1,
  form: null,
};

const rule = (when: object, work: object = { tags: ['x'] }, id = 'rule'): AutomationPlan =>
  automationSchema.parse({ id, when, do: work });

const NOBODY: AutomationState = { lead: undefined, hasPerson: true, done: new Set() };
const leadOf = (
  status: 'new' | 'qualified' | 'unqualified' | 'spam' | 'customer',
  value_micros: number | null = null,
): AutomationState => ({
  lead: { status, value_micros, currency: value_micros === null ? null : 'EUR' },
  hasPerson: true,
  done: new Set(),
});

describe('a condition', () => {
  it.each<[object, boolean]>([
    [{}, true],
    [{ event: 'form' }, false],
    [{ answered: true }, true],
    [{ answered: false }, false],
    [{ firstCall: false }, false],
    [{ minTalkSeconds: 95 }, true],
    [{ minTalkSeconds: 95.1 }, false],
    [{ maxTalkSeconds: 95 }, true],
    [{ maxTalkSeconds: 94 }, false],
    [{ source: 'Google' }, true],
    [{ source: ['bing', 'GOOGLE'] }, true],
    [{ source: 'goo' }, false],
    [{ medium: 'organic' }, false],
    [{ campaign: 'roof repair' }, true],
    [{ channel: 'paid' }, true],
    [{ number: '+12025550123' }, true],
    [{ number: '+12025550124' }, false],
    [{ region: 'us' }, true],
    [{ landing: '/ROOF' }, true],
    [{ landing: '/windows' }, false],
    [{ tag: ['Vip', 'press'] }, true],
    [{ tag: 'press' }, false],
    [{ disposition: 'lead' }, true],
    [{ disposition: 'sale' }, false],
    [{ minSpamScore: 1 }, true],
    [{ minSpamScore: 2 }, false],
    [{ form: 'quote' }, false],
    [{ answered: true, source: 'google', minTalkSeconds: 60, landing: 'roof' }, true],
    [{ answered: true, source: 'google', minTalkSeconds: 100 }, false],
  ])('%j fits: %s', (when, fits) => {
    expect(matches(rule(when).when, FACTS)).toBe(fits);
  });

  it('does not fit what is not known', () => {
    const unknown = Object.fromEntries(
      Object.entries(FACTS).map(([name, value]) => [
        name,
        name === 'event' ? value : name === 'tags' ? [] : null,
      ]),
    ) as AutomationFacts;
    for (const when of [
      { answered: false },
      { firstCall: false },
      { minTalkSeconds: 0 },
      { maxTalkSeconds: 999 },
      { source: 'null' },
      { landing: 'null' },
      { tag: 'x' },
      { minSpamScore: 0 },
    ])
      expect(matches(rule(when).when, unknown)).toBe(false);
  });
});

describe('automations', () => {
  it('put tags that are not there yet, and move a new lead', () => {
    const [effect] = planEffects(
      [rule({ minTalkSeconds: 60 }, { tags: ['vip', 'roof', 'roof'], status: 'qualified' })],
      FACTS,
      NOBODY,
    );
    expect(effect).toEqual({ automation: 'rule', tags: ['roof'], status: 'qualified', left: [] });
  });

  it('see what those before them did', () => {
    const rules = [
      rule({}, { tags: ['long'], value: { amount: 100, currency: 'EUR' } }, 'a'),
      rule({ tag: 'long' }, { status: 'qualified', value: { amount: 200, currency: 'EUR' } }, 'b'),
    ];
    const [first, second] = planEffects(rules, FACTS, NOBODY);
    expect(first).toMatchObject({ automation: 'a', value: { micros: 100_000_000, currency: 'EUR' } });
    expect(second).toMatchObject({ automation: 'b', status: 'qualified' });
    expect(second).not.toHaveProperty('value');
    expect(second?.left).toEqual(['the lead has a value already']);
    expect(planEffects(rules.toReversed(), FACTS, NOBODY).map(({ automation }) => automation)).toEqual(['a']);
  });

  it.each<['new' | 'qualified' | 'unqualified' | 'spam' | 'customer', 'new' | 'qualified' | 'spam', boolean]>(
    [
      ['new', 'qualified', true],
      ['new', 'spam', true],
      ['unqualified', 'qualified', true],
      ['qualified', 'qualified', false],
      ['customer', 'qualified', false],
      ['qualified', 'spam', false],
      ['qualified', 'new', false],
    ],
  )('take a lead that is %s to %s: %s', (from, to, moves) => {
    const [effect] = planEffects([rule({}, { status: to })], FACTS, leadOf(from));
    expect(effect?.status).toBe(moves ? to : undefined);
    expect(effect?.left.length).toBe(moves ? 0 : 1);
  });

  it('keep amounts of one lead in one currency', () => {
    const state: AutomationState = {
      lead: { status: 'new', value_micros: null, currency: 'EUR' },
      hasPerson: true,
      done: new Set(),
    };
    const [effect] = planEffects([rule({}, { value: { amount: 1, currency: 'USD' } })], FACTS, state);
    expect(effect).toMatchObject({ tags: [], left: ['the lead is in EUR'] });
    expect(effect).not.toHaveProperty('value');
  });

  it('make no lead of spam, but where they ask for it', () => {
    const spam = { ...FACTS, spamScore: 3 };
    const [left] = planEffects([rule({}, { tags: ['t'], status: 'qualified' })], spam, NOBODY);
    expect(left).toEqual({ automation: 'rule', tags: ['t'], left: ['the call is flagged as spam'] });
    const [done] = planEffects([rule({ minSpamScore: 3 }, { status: 'spam' })], spam, NOBODY);
    expect(done).toMatchObject({ status: 'spam', left: [] });
  });

  it('make no lead of nobody', () => {
    const [effect] = planEffects([rule({}, { status: 'qualified' })], FACTS, { ...NOBODY, hasPerson: false });
    expect(effect?.left).toEqual(['nobody is known who could be a lead']);
  });

  it('are done once', () => {
    expect(planEffects([rule({})], FACTS, { ...NOBODY, done: new Set(['rule']) })).toEqual([]);
  });

  it('never take a lead back, whatever they are', () => {
    const ranks = ['new', 'spam', 'unqualified', 'qualified', 'customer'] as const;
    const statuses = fc.constantFrom(...ranks);
    fc.assert(
      fc.property(statuses, fc.array(statuses, { maxLength: 6 }), (from, wanted) => {
        const rules = wanted.map((status, index) => rule({}, { status }, `r${index}`));
        let rank = ranks.indexOf(from);
        for (const { status } of planEffects(rules, FACTS, leadOf(from))) {
          if (status === undefined) continue;
          expect(ranks.indexOf(status)).toBeGreaterThan(rank);
          rank = ranks.indexOf(status);
        }
      }),
    );
  });

  it('are told in words', () => {
    expect(effectWords({ automation: 'a', tags: ['x', 'y'], status: 'customer', left: ['no value'] })).toBe(
      'tag x, y, lead customer (not the rest: no value)',
    );
    expect(effectWords({ automation: 'a', tags: [], left: [] })).toBe('nothing new');
  });
});
