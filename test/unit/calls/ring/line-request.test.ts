import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineRequestInput, lineRequest } from '../../../../src/calls/ring/line-request.ts';
import type { TrunkRoute } from '../../../../src/sip/index.ts';
import { makeGateway, makeTrunk } from '../../../support/trunk.ts';

const trunk = makeTrunk({ auth: { username: 'u', password: 'p' } });
const route: TrunkRoute = {
  gateways: [makeGateway('sip:carrier.example:5070;transport=tcp')],
  allDown: false,
};
const line = {
  id: 'sales',
  name: 'Sales',
  type: 'trunk' as const,
  number: '+4930555555',
  trunk_id: 'carrier',
  uri: null,
  user: null,
  nat: 0 as const,
  ring_timeout_s: 20,
};
const base: LineRequestInput = {
  callId: '01J',
  line,
  trunk,
  route,
  phones: [],
  caller: { type: 'known', number: '+4930123456', isPhone: true, region: 'DE', display: 'Ann "A" Smith' },
  diverted: true,
  trackingNumber: '+4930999999',
  echoUri: undefined,
};

describe('the INVITE to a line', () => {
  it('goes to the trunk with the caller passed through and the tracking number in Diversion', () => {
    expect(lineRequest(base)).toMatchObject({
      targets: [
        {
          uri: 'sip:+4930555555@carrier.example:5070;transport=tcp',
          gateway: 'sip:carrier.example:5070;transport=tcp',
        },
      ],
      isQuickTry: false,
      auth: { username: 'u', password: 'p' },
      headers: {
        From: '"Ann \\"A\\" Smith" <sip:+4930123456@localhost>',
        'P-Asserted-Identity': '"Ann \\"A\\" Smith" <sip:+4930123456@localhost>',
        Diversion: '<sip:+4930999999@dialtrace.invalid>;reason=unconditional;counter=1',
        'X-Dialtrace-Call': '01J',
      },
    });
  });

  it('keeps an anonymous caller anonymous', () => {
    const headers = lineRequest({ ...base, caller: { type: 'anonymous' } })?.headers ?? {};
    expect(headers['From']).toBe('"Anonymous" <sip:anonymous@anonymous.invalid>');
    expect(headers['Privacy']).toBe('id');
    expect(headers).not.toHaveProperty('P-Asserted-Identity');
  });

  it('shows the tracking number where the trunk wants it, and leaves Diversion out', () => {
    const headers =
      lineRequest({ ...base, trunk: { ...trunk, callerId: 'tracking-number', diversion: false } })?.headers ??
      {};
    expect(headers['From']).toBe('<sip:+4930999999@localhost>');
    expect(headers).not.toHaveProperty('Diversion');
  });

  it('can not be made without a gateway', () => {
    expect(lineRequest({ ...base, route: { gateways: [], allDown: false } })).toBeUndefined();
    expect(lineRequest({ ...base, trunk: undefined, route: undefined })).toBeUndefined();
  });

  it('dials SIP URIs and the echo as they stand', () => {
    const sip = { ...line, type: 'sip' as const, uri: 'sip:sales@pbx.example' };
    const direct = { ...base, trunk: undefined, route: undefined };
    expect(lineRequest({ ...direct, line: sip })?.targets).toEqual([{ uri: 'sip:sales@pbx.example' }]);
    const echo = { ...line, type: 'echo' as const };
    expect(lineRequest({ ...direct, line: echo, echoUri: 'sip:echo@127.0.0.1:5999' })?.targets).toEqual([
      { uri: 'sip:echo@127.0.0.1:5999' },
    ]);
  });

  it('goes to one gateway after the other, in the order given', () => {
    const gateways = [makeGateway('sip:b.example'), makeGateway('sip:x@a.example:5080')];
    const request = lineRequest({ ...base, route: { gateways, allDown: true } });
    expect(request?.targets.map(({ uri }) => uri)).toEqual([
      'sip:+4930555555@b.example',
      'sip:+4930555555@a.example:5080',
    ]);
    expect(request?.isQuickTry).toBe(true);
  });

  it('has the headers that the trunk adds, and not those that it removes', () => {
    const rules = {
      add: { 'X-Account': '4711', 'p-asserted-identity': '<sip:4711@x>' },
      remove: ['diversion'],
    };
    const headers = lineRequest({ ...base, trunk: makeTrunk({ headers: rules }) })?.headers ?? {};
    expect(headers).toMatchObject({ 'X-Account': '4711', 'p-asserted-identity': '<sip:4711@x>' });
    expect(Object.keys(headers)).not.toContain('Diversion');
    expect(Object.keys(headers)).not.toContain('P-Asserted-Identity');
    expect(headers).toHaveProperty('X-Dialtrace-Call', '01J');
  });

  it('cuts a long name short without losing the quote behind it', () => {
    const display = `${'a'.repeat(79)}"b`;
    const caller = { type: 'known', number: 'visitor', isPhone: false, region: undefined, display } as const;
    expect(lineRequest({ ...base, caller })?.headers['From']).toBe(
      `"${'a'.repeat(79)}\\"" <sip:visitor@localhost>`,
    );
  });

  it('never carries a line break or an unquoted quote from the caller', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ minLength: 1, unit: 'binary' }),
        (display, number) => {
          const request = lineRequest({
            ...base,
            caller: { type: 'known', number, isPhone: false, region: undefined, display },
          });
          for (const value of Object.values(request?.headers ?? {})) expect(value).not.toMatch(/[\r\n\0]/);
          expect(request?.headers['From']).toMatch(/^(?:"(?:[^"\\]|\\.)*" )?<sip:[^<>"\s@]*@localhost>$/);
        },
      ),
    );
  });
});
