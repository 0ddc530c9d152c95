import fc from 'fast-check';
import {
  compileFlow,
  type Flow,
  type FlowAction,
  type FlowEvent,
  type FlowFacts,
} from '../../../src/flows/index.ts';
import { callFacts, definitionOf, flowPlan, groupPlan, officeHours, type Written } from './plans.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const to = fc.constantFrom(...NAMES);
const perhaps = fc.option(to, { nil: undefined });
const variable = fc.constantFrom('x', 'y', 'z');
const country = fc.constantFrom('DE', 'CN', 'FR');
const tries = fc.integer({ min: 1, max: 4 });
const sound = fc.constantFrom('hello', { say: 'Good day.' }, { tone: 'beep' });

/** A step of any kind that leads to any step. */
const written: fc.Arbitrary<Written> = fc.oneof(
  fc.record({ do: fc.constant('answer' as const), next: to }),
  fc.record({ do: fc.constant('play' as const), play: sound, early: fc.boolean(), next: to }),
  fc.record({
    do: fc.constant('consent' as const),
    text: fc.constant('rec-1'),
    play: sound,
    accept: fc.option(fc.constant('1'), { nil: undefined }),
    decline: fc.option(fc.constant('2'), { nil: undefined }),
    next: to,
    declined: perhaps,
  }),
  fc.record({
    do: fc.constant('menu' as const),
    play: sound,
    keys: fc.record({ 1: to, 2: to, '*': to }),
    tries,
    otherwise: perhaps,
  }),
  fc.record({
    do: fc.constant('collect' as const),
    play: sound,
    as: variable,
    min: fc.integer({ min: 1, max: 4 }),
    max: fc.integer({ min: 4, max: 8 }),
    tries,
    sensitive: fc.boolean(),
    next: to,
    otherwise: perhaps,
  }),
  fc.record({
    do: fc.constant('schedule' as const),
    schedule: fc.constant('office'),
    open: to,
    closed: to,
    holiday: perhaps,
  }),
  fc.record({
    do: fc.constant('dial' as const),
    lines: fc.constant(['one', 'two']),
    next: perhaps,
    busy: perhaps,
    sticky: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('dial' as const),
    group: fc.constant('team'),
    next: perhaps,
    unavailable: perhaps,
  }),
  fc.record({
    do: fc.constant('queue' as const),
    group: fc.constant('team'),
    exit: perhaps,
    full: perhaps,
    next: perhaps,
  }),
  fc.record({ do: fc.constant('voicemail' as const), next: perhaps }),
  fc.record({
    do: fc.constant('route' as const),
    cases: fc.array(
      fc.record({
        when: fc.oneof(
          fc.record({ country }),
          fc.record({ days: fc.constant(['sun', 'mon']), time: fc.constant('20:00-03:00') }),
          fc.record({ variable: fc.dictionary(variable, fc.constantFrom('12345', 'new'), { maxKeys: 2 }) }),
          fc.record({ prefix: fc.constantFrom('+49', '+4930901820'), repeat: fc.boolean() }),
        ),
        to,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    otherwise: to,
  }),
  fc.record({
    do: fc.constant('split' as const),
    shares: fc.dictionary(to, fc.integer({ min: 1, max: 9 }), { minKeys: 1 }),
  }),
  fc.record({
    do: fc.constant('decide' as const),
    url: fc.constant('https://crm.example/'),
    exits: fc.record({ vip: to }),
    otherwise: to,
  }),
  fc.record({ do: fc.constant('tag' as const), tags: fc.constant(['hot']), next: to }),
  fc.record({
    do: fc.constant('set' as const),
    variables: fc.dictionary(variable, fc.constant('new'), { maxKeys: 2 }),
    next: to,
  }),
  fc.record({ do: fc.constant('hangup' as const) }),
  fc.record({ do: fc.constant('goto' as const), step: to }),
  fc.record({ do: fc.constant('goto' as const), flow: fc.constantFrom('main', 'other') }),
);

const steps: fc.Arbitrary<Record<string, Written>> = fc.record({
  a: written,
  b: written,
  c: written,
  d: written,
  e: written,
  f: written,
});

const groups = [groupPlan()];
const schedules = [officeHours()];

/** Any two flows that may lead to each other, circles and all. */
export const anyFlow: fc.Arbitrary<Flow> = fc.record({ main: steps, other: steps }).map(({ main, other }) =>
  compileFlow(
    definitionOf(flowPlan(main), {
      flows: [{ ...flowPlan(other, { id: 'other', language: 'zh' }), timezone: 'Asia/Shanghai' }],
      groups,
      schedules,
    }),
  ),
);

export const CALLER_NUMBER = '+4930901820';

export const anyFacts: fc.Arbitrary<FlowFacts> = fc
  .record({
    callerKey: fc.uuid(),
    callerNumber: fc.constantFrom(CALLER_NUMBER, undefined),
    country: fc.option(country, { nil: undefined }),
    priorCalls: fc.option(fc.nat(3), { nil: undefined }),
    lastLine: fc.option(fc.constantFrom('one', 'gone'), { nil: undefined }),
  })
  .map(callFacts);

/** What a caller may enter where digits are asked for. */
const digits = fc.constantFrom('', '1', '2', '7', '*', '12345', '30901820', '4929123');
const ms = fc.nat(100_000);

/** Any event at all, whatever is waited for. */
export const anyEvent: fc.Arbitrary<FlowEvent> = fc.oneof(
  fc.constant<FlowEvent>({ type: 'begin' }),
  fc.constant<FlowEvent>({ type: 'answered' }),
  fc.record({ type: fc.constant('played' as const), heardMs: ms, key: fc.constantFrom('1', undefined) }),
  fc.record({
    type: fc.constant('gathered' as const),
    digits,
    by: fc.constantFrom('end' as const, 'full' as const, 'timeout' as const),
  }),
  fc.record({
    type: fc.constant('consented' as const),
    heardMs: ms,
    totalMs: ms,
    key: fc.constantFrom('1', '2', undefined),
  }),
  fc.record({
    type: fc.constant('not-reached' as const),
    why: fc.constantFrom(
      'no-answer' as const,
      'busy' as const,
      'rejected' as const,
      'unavailable' as const,
      'failed' as const,
    ),
    tried: fc.nat(3),
  }),
  fc.record({
    type: fc.constant('left-queue' as const),
    why: fc.constantFrom('exit-key' as const, 'full' as const, 'empty' as const, 'timeout' as const),
    waitedMs: ms,
  }),
  fc.record({
    type: fc.constant('message' as const),
    durationMs: ms,
    by: fc.constantFrom('silence' as const, 'failed' as const),
  }),
  fc.record({
    type: fc.constant('decided' as const),
    exit: fc.constantFrom('vip', 'nowhere', '__proto__', undefined),
    variables: fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
    tags: fc.array(fc.string(), { maxLength: 2 }),
    failure: fc.constantFrom('late', undefined),
    tookMs: ms,
  }),
  fc.record({ type: fc.constant('failed' as const), reason: fc.string() }),
);

const ANSWERS: Readonly<Record<FlowAction['type'], FlowEvent['type'] | undefined>> = {
  answer: 'answered',
  play: 'played',
  gather: 'gathered',
  consent: 'consented',
  dial: 'not-reached',
  queue: 'left-queue',
  voicemail: 'message',
  decide: 'decided',
  hangup: undefined,
};

/** What comes of an action, out of a supply of events: mostly one that it can have. */
export const answerFrom = (supply: readonly FlowEvent[], action: FlowAction, turn: number): FlowEvent => {
  const fit = supply.filter(({ type }) => type === ANSWERS[action.type]);
  const from = fit.length > 0 && turn % 5 !== 4 ? fit : supply;
  return from[turn % from.length] ?? { type: 'begin' };
};
