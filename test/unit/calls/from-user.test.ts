import { describe, expect, it } from 'vitest';
import {
  type Dialled,
  decideUserCall,
  lookUpDialled,
  type UserFacts,
  userLine,
} from '../../../src/calls/from-user.ts';
import type { LineTable, NumberRoute, UserTable } from '../../../src/store/index.ts';

const bob = { name: 'bob', display: 'Bob' } as UserTable;
const desk = { ...userLine({ name: 'x', display: null }), id: 'desk', type: 'sip', user: null } as LineTable;

const look = (uri: string): Promise<Dialled> =>
  lookUpDialled(
    uri,
    {
      user: async (name) => (name === 'bob' ? bob : undefined),
      line: async (id) => (id === 'desk' ? desk : undefined),
    },
    'DE',
  );

describe('whom a user dialled', () => {
  it('is a user, then a line, then a telephone number', async () => {
    expect(await look('sip:bob@example.com')).toMatchObject({
      type: 'user',
      line: { user: 'bob', name: 'Bob' },
    });
    expect(await look('sip:desk@example.com')).toMatchObject({ type: 'line', line: { id: 'desk' } });
    expect(await look('sip:03023125001@example.com;user=phone')).toEqual({
      type: 'number',
      e164: '+493023125001',
      region: 'DE',
      kind: 'usual',
    });
    expect(await look('tel:+12025550123')).toMatchObject({
      type: 'number',
      e164: '+12025550123',
      region: 'US',
      kind: 'usual',
    });
    expect(await look('sip:nobody@example.com')).toEqual({ type: 'nothing', raw: 'nobody' });
    expect(await look('sip:example.com')).toEqual({ type: 'nothing', raw: '' });
  });

  it.each([
    ...[
      '110',
      '112',
      '119',
      '120',
      '911',
      '999',
      '000',
      '+112',
      '122',
      '15',
      '018',
      '1122',
      '12110',
      '18000',
    ],
    ...['0112', '00112', '1-1-2', '112;phone-context=+49', '1%31%32'],
  ])('is an emergency number: %s', async (number) => {
    expect(await look(`sip:${number}@example.com`)).toMatchObject({ type: 'emergency' });
  });

  it.each([
    ['09001234567', 'premium'],
    ['+44 909 879 0000', 'premium'],
    ['0900123456', 'unknown'],
    ['11833', 'unknown'],
    ['116117', 'unknown'],
    ['+19001234567', 'unknown'],
    ['015112345678', 'usual'],
  ])('may cost more than others: %s', async (number, kind) => {
    expect(await look(`sip:${encodeURIComponent(number)}@example.com`)).toMatchObject({
      type: 'number',
      kind,
    });
  });
});

const route = (number: string, record: 0 | 1 | null = null): NumberRoute =>
  ({ number: { number, record, enabled: 1 }, source: {}, lines: [] }) as unknown as NumberRoute;

const NUMBER = { type: 'number', e164: '+493023125001', region: 'DE', kind: 'usual' } as const;

const facts: UserFacts = {
  draining: false,
  user: { name: 'alice', display: 'Alice' },
  dialled: NUMBER,
  room: { type: 'admitted', leave: () => undefined },
  premium: false,
  trunk: 'carrier',
  regions: ['DE', 'AT'],
  numbers: [route('+493023125100'), route('+493023125200', 0)],
  identity: undefined,
  recordByDefault: true,
};

describe("a user's call", () => {
  it('goes to a telephone number through the trunk, from the tracking number that was chosen', () => {
    expect(decideUserCall({ ...facts, identity: '+493023125200' })).toMatchObject({
      type: 'dial',
      direction: 'outbound',
      lines: [{ type: 'trunk', trunk_id: 'carrier', number: '+493023125001' }],
      caller: { number: '+493023125200' },
      trackingNumber: '+493023125200',
      record: false,
    });
  });

  it('shows the first tracking number when none or a foreign one is chosen', () => {
    for (const identity of [undefined, '+4915112345678'])
      expect(decideUserCall({ ...facts, identity })).toMatchObject({ trackingNumber: '+493023125100' });
  });

  it('stays inside for another user, under its own name', () => {
    const dialled: Dialled = { type: 'user', line: userLine(bob), display: 'Bob' };
    expect(decideUserCall({ ...facts, dialled })).toMatchObject({
      type: 'dial',
      direction: 'internal',
      caller: { number: 'alice', display: 'Alice' },
      trackingNumber: undefined,
    });
  });

  it('goes to a premium-rate number where that is allowed', () => {
    for (const kind of ['premium', 'unknown'] as const)
      expect(decideUserCall({ ...facts, premium: true, dialled: { ...NUMBER, kind } }).type).toBe('dial');
  });

  it.each([
    ['emergency numbers', { dialled: { type: 'emergency', raw: '112' } }, 403],
    ['what nobody has', { dialled: { type: 'nothing', raw: 'x' } }, 404],
    [
      'other countries',
      { dialled: { type: 'number', e164: '+12025550123', region: 'US', kind: 'usual' } },
      403,
    ],
    [
      'countries that nobody can tell',
      { dialled: { type: 'number', e164: '+882161', region: undefined, kind: 'unknown' } },
      403,
    ],
    ['premium-rate numbers', { dialled: { ...NUMBER, kind: 'premium' } }, 403],
    ['numbers of no numbering plan', { dialled: { ...NUMBER, kind: 'unknown' } }, 403],
    ['one call too many', { room: { type: 'full', reason: 'x', retryAfterSeconds: 1 } }, 503],
    ['numbers without a trunk', { trunk: undefined }, 503],
    ['numbers without a number to show', { numbers: [] }, 403],
    ['a gateway that is stopping', { draining: true }, 503],
    [
      'themselves',
      { dialled: { type: 'user', line: userLine({ name: 'alice', display: null }), display: undefined } },
      486,
    ],
  ] satisfies [string, Partial<UserFacts>, number][])('is refused to %s', (_what, some, sipCode) => {
    expect(decideUserCall({ ...facts, ...some })).toMatchObject({ type: 'refuse', sipCode });
  });
});
