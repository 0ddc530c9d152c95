import { describe, expect, it } from 'vitest';
import { decide, type Facts } from '../../../src/calls/decide.ts';
import type { Trunk } from '../../../src/sip/index.ts';

const trunk: Trunk = {
  id: 'carrier',
  sources: [],
  digest: undefined,
  region: 'DE',
  didFrom: ['request-uri', 'to'],
  nat: false,
  codecs: ['PCMA'],
  callerId: 'caller',
  diversion: true,
  isTest: false,
};
const line = {
  id: 'sales',
  name: null,
  type: 'sip' as const,
  number: null,
  trunk_id: null,
  uri: 'sip:a@b',
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
};
const number = { number: '+4930999999', label: null, source_id: 'radio', record: null, enabled: 1 as const };
const facts: Facts = {
  draining: false,
  trunk,
  trunkCalls: 0,
  called: { raw: '030999999', header: 'request-uri', e164: '+4930999999' },
  caller: { type: 'anonymous' },
  callerBlocked: false,
  route: { number, source, lines: [line] },
};

describe('what happens to a call', () => {
  it('is dialled when nothing speaks against it', () => {
    expect(decide(facts)).toEqual({ type: 'dial', route: facts.route });
  });

  it.each([
    ['the gateway is stopping', { draining: true }, 503, 'failed'],
    ['the trunk is full', { trunk: { ...trunk, maxCalls: 2 }, trunkCalls: 2 }, 503, 'failed'],
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
      { route: { number: { ...number, enabled: 0 as const }, source, lines: [line] } },
      480,
      'blocked',
    ],
    ['the number has no line', { route: { number, source, lines: [] } }, 480, 'failed'],
  ])('is refused when %s', (_name, change, sipCode, status) => {
    expect(decide({ ...facts, ...change })).toMatchObject({ type: 'refuse', sipCode, status });
  });

  it('takes the last call that a trunk may have', () => {
    expect(decide({ ...facts, trunk: { ...trunk, maxCalls: 2 }, trunkCalls: 1 }).type).toBe('dial');
  });
});
