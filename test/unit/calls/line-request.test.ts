import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineRequestInput, lineRequest } from '../../../src/calls/line-request.ts';
import type { Trunk } from '../../../src/sip/index.ts';

const trunk: Trunk = {
  id: 'carrier',
  sources: [],
  digest: undefined,
  gateway: 'sip:carrier.example:5070;transport=tcp',
  auth: { username: 'u', password: 'p' },
  region: 'DE',
  didFrom: ['request-uri'],
  nat: false,
  codecs: ['PCMA'],
  callerId: 'caller',
  diversion: true,
  isTest: false,
};
const line = {
  id: 'sales',
  name: 'Sales',
  type: 'trunk' as const,
  number: '+4930555555',
  trunk_id: 'carrier',
  uri: null,
  nat: 0 as const,
  ring_timeout_s: 20,
};
const base: LineRequestInput = {
  callId: '01J',
  line,
  trunk,
  caller: { type: 'known', number: '+4930123456', isPhone: true, region: 'DE', display: 'Ann "A" Smith' },
  trackingNumber: '+4930999999',
  echoUri: undefined,
};

describe('the INVITE to a line', () => {
  it('goes to the trunk with the caller passed through and the tracking number in Diversion', () => {
    expect(lineRequest(base)).toMatchObject({
      uri: 'sip:+4930555555@carrier.example:5070;transport=tcp',
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
    const { gateway: _gateway, ...without } = trunk;
    expect(lineRequest({ ...base, trunk: without })).toBeUndefined();
    expect(lineRequest({ ...base, trunk: undefined })).toBeUndefined();
  });

  it('dials SIP URIs and the echo as they stand', () => {
    const sip = { ...line, type: 'sip' as const, uri: 'sip:sales@pbx.example' };
    expect(lineRequest({ ...base, trunk: undefined, line: sip })?.uri).toBe('sip:sales@pbx.example');
    const echo = { ...line, type: 'echo' as const };
    expect(
      lineRequest({ ...base, trunk: undefined, line: echo, echoUri: 'sip:echo@127.0.0.1:5999' })?.uri,
    ).toBe('sip:echo@127.0.0.1:5999');
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
