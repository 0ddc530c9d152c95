import { describe, expect, it } from 'vitest';
import { findCalledNumber, readCaller } from '../../../src/sip/index.ts';

const headers = (fields: Record<string, string>, requestUri = 'sip:+4930123456@192.0.2.1') => {
  const lower = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  return { requestUri, header: (name: string) => lower.get(name.toLowerCase()) };
};

describe('the caller', () => {
  it.each([
    ['E.164 in From', { From: '<sip:+4930123456@carrier>;tag=1' }, '+4930123456'],
    ['national number of the trunk region', { From: '<sip:030123456@carrier>;tag=1' }, '+4930123456'],
    ['00 prefix', { From: 'sip:004930123456@carrier;tag=1' }, '+4930123456'],
    ['E.164 without plus', { From: '"A, B" <sip:4930123456@carrier>;tag=1' }, '+4930123456'],
    [
      'user parameters',
      { From: '<sip:+4930123456;phone-context=x@carrier;user=phone>;tag=1' },
      '+4930123456',
    ],
    [
      'asserted identity wins',
      { From: '<sip:+4930999999@c>;tag=1', 'P-Asserted-Identity': '<tel:+4930123456>' },
      '+4930123456',
    ],
    [
      'asserted identity that is no number',
      { From: '<sip:+4930123456@c>;tag=1', 'P-Asserted-Identity': '<sip:pbx@c>' },
      '+4930123456',
    ],
  ])('%s', (_name, fields, number) => {
    expect(readCaller(headers(fields), 'DE')).toMatchObject({
      type: 'known',
      number,
      isPhone: true,
      region: 'DE',
    });
  });

  it.each([
    ['anonymous user', { From: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1' }],
    ['anonymous host', { From: '<sip:c8oqz84zk7z@anonymous.invalid>;tag=1' }],
    [
      'Privacy: id though the carrier knows',
      { From: '<sip:+4930123456@c>;tag=1', Privacy: 'id', 'P-Asserted-Identity': '<sip:+4930123456@c>' },
    ],
    ['no user at all', { From: '<sip:carrier.example>;tag=1' }],
    ['nothing', {}],
  ])('is anonymous: %s', (_name, fields) => {
    expect(readCaller(headers(fields), 'DE')).toEqual({ type: 'anonymous' });
  });

  it('keeps a name that is no phone number', () => {
    expect(readCaller(headers({ From: 'Alice <sip:alice@pbx>;tag=1' }), 'DE')).toEqual({
      type: 'known',
      number: 'alice',
      isPhone: false,
      region: undefined,
      display: 'Alice',
    });
  });

  it('is not anonymous for Privacy: none', () => {
    expect(readCaller(headers({ From: '<sip:+4930123456@c>;tag=1', Privacy: 'none' }), 'DE').type).toBe(
      'known',
    );
  });
});

describe('the called number', () => {
  it('is looked for in the order of the trunk', () => {
    const message = headers(
      { To: '<sip:+4930222222@x>', Diversion: '<sip:+4930333333@x>;reason=unconditional' },
      'sip:+4930111111@x',
    );
    expect(findCalledNumber(message, ['diversion', 'to', 'request-uri'], 'DE')?.e164).toBe('+4930333333');
    expect(findCalledNumber(message, ['to', 'request-uri'], 'DE')?.e164).toBe('+4930222222');
    expect(findCalledNumber(message, ['p-called-party-id', 'request-uri'], 'DE')?.header).toBe('request-uri');
  });

  it('passes over what is no phone number, and tells it when nothing else is there', () => {
    const message = headers({ To: '<sip:+4930222222@x>' }, 'sip:service@x');
    expect(findCalledNumber(message, ['request-uri', 'to'], 'DE')?.e164).toBe('+4930222222');
    expect(findCalledNumber(message, ['request-uri'], 'DE')).toEqual({
      raw: 'service',
      header: 'request-uri',
      e164: undefined,
    });
    expect(findCalledNumber(headers({}, 'sip:192.0.2.1'), ['request-uri', 'to'], 'DE')).toBeUndefined();
  });
});
