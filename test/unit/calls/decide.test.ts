import { describe, expect, it } from 'vitest';
import { decide, type Facts } from '../../../src/calls/decide.ts';
import { OF_SOURCE } from '../../support/tracking-rows.ts';
import { makeTrunk } from '../../support/trunk.ts';

const trunk = makeTrunk({ didFrom: ['request-uri', 'to'] });
const admitted = { type: 'admitted' as const, leave: () => undefined };
const full = {
  type: 'full' as const,
  reason: 'trunk carrier has its 2 calls up already',
  retryAfterSeconds: 10,
};
const line = {
  id: 'sales',
  name: null,
  type: 'sip' as const,
  number: null,
  trunk_id: null,
  uri: 'sip:a@b',
  user: null,
  nat: 0 as const,
  ring_timeout_s: 20,
};
const source = {
  id: 'radio',
  name: 'Radio',
  source: 'radio',
  medium: null,
  campaign: null,
  cost_center: null,
  cost_amount: null,
  cost_currency: null,
  cost_per: null,
  keyword: null,
  landing_page: null,
};
const number = {
  number: '+4930999999',
  label: null,
  source_id: 'radio',
  ...OF_SOURCE,
  record: null,
  enabled: 1 as const,
};
const facts: Facts = {
  draining: false,
  trunk,
  room: admitted,
  called: { raw: '030999999', header: 'request-uri', e164: '+4930999999' },
  caller: { type: 'anonymous' },
  callerBlocked: false,
  route: { number, source, lines: [line], flow: undefined },
};

describe('what happens to a call', () => {
  it('is dialled when nothing speaks against it', () => {
    expect(decide(facts)).toEqual({ type: 'dial', route: facts.route });
  });

  it.each([
    ['the gateway is stopping', { draining: true }, 503, 'failed'],
    ['the trunk is full', { room: full }, 503, 'failed'],
    ['no number is named', { called: undefined, route: undefined }, 404, 'failed'],
    [
      'what is named is no number',
      { called: { raw: 'bob', header: 'to' as const, e164: undefined }, route: undefined },
      404,
      'failed',
    ],
    ['the number is not ours', { route: undefined }, 404, 'failed'],
    ['the caller is blocked', { callerBlocked: true }, 603, 'blocked'],
    [
      'the number is off',
      { route: { number: { ...number, enabled: 0 as const }, source, lines: [line], flow: undefined } },
      480,
      'blocked',
    ],
    ['the number has no line', { route: { number, source, lines: [], flow: undefined } }, 480, 'failed'],
  ])('is refused when %s', (_name, change, sipCode, status) => {
    expect(decide({ ...facts, ...change })).toMatchObject({ type: 'refuse', sipCode, status });
  });

  it('says when a 503 is worth another try, and with what reason', () => {
    expect(decide({ ...facts, room: full })).toMatchObject({
      retryAfterSeconds: 10,
      reason: 'trunk carrier has its 2 calls up already',
    });
    expect(decide({ ...facts, draining: true, room: full })).toMatchObject({
      retryAfterSeconds: 10,
      reason: 'the gateway is stopping',
    });
    expect(decide({ ...facts, route: undefined })).not.toHaveProperty('retryAfterSeconds');
  });
});

it('refuses a number that has retired from its pool', () => {
  const retired = { ...number, source_id: null, pool_id: 'ads', state: 'retired' as const };
  const decision = decide({
    ...facts,
    route: { number: retired, source: undefined, lines: [], flow: undefined },
  });
  expect(decision).toMatchObject({ type: 'refuse', sipCode: 404, status: 'failed' });
});
