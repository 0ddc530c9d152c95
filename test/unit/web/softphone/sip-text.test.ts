import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfBye } from '../../../../src/web/call/sip-text.ts';
import {
  addressOf,
  dialHeaders,
  domainOf,
  endOfRefusal,
  fragmentOf,
  grantedSeconds,
  refreshAfterMs,
  superviseHeaders,
} from '../../../../src/web/softphone/core/sip-text.ts';

describe('what a person dials', () => {
  it.each([
    ['+49 30 1234-56', 'sip:+4930123456@example.com'],
    ['(030) 1234/56', 'sip:030123456@example.com'],
    [' *72# ', 'sip:*72%23@example.com'],
    ['bob', 'sip:bob@example.com'],
    ['front-desk', 'sip:front-desk@example.com'],
    ['sip:carol@other.example;user=phone', 'sip:carol@other.example;user=phone'],
    ['tel:+49-30-1', 'sip:+49301@example.com'],
    ['a?b', 'sip:a%3Fb@example.com'],
  ])('%s is %s', (target, address) => {
    expect(addressOf(target, 'example.com')).toBe(address);
  });

  it.each(['', '  ', 'two words', 'who@where'])('%j is nothing', (target) => {
    expect(addressOf(target, 'example.com')).toBeUndefined();
  });

  it('never puts in a header or parameter of its own', () => {
    fc.assert(
      fc.property(fc.string(), (target) => {
        const address = addressOf(target, 'example.com') ?? '';
        expect(address).not.toMatch(/[\r\n\s<>]/);
        if (!/^\s*sips?:/i.test(target)) expect(address).not.toMatch(/[?;,"]/);
      }),
    );
  });

  it('has the domain of an address', () => {
    expect(domainOf('sip:alice@example.com')).toBe('example.com');
    expect(domainOf('sip:alice@[2001:db8::1]:5060;x=y')).toBe('[2001:db8::1]');
    expect(domainOf('sip:example.com')).toBe('example.com');
  });
});

describe('headers of the softphone', () => {
  it('say who calls and whom a supervisor hears', () => {
    expect(dialHeaders(undefined)).toEqual([]);
    expect(dialHeaders('+4930')).toEqual(['X-Dialtrace-Identity: +4930']);
    expect(superviseHeaders('01X', 'whisper')).toEqual(['X-Dialtrace-Supervise: 01X;mode=whisper']);
  });
});

describe('why a call ended', () => {
  it('tells people from faults', () => {
    expect(endOfBye(undefined)).toEqual({ by: 'other', text: '' });
    expect(endOfBye('Q.850;cause=16;text="Normal"').by).toBe('other');
    expect(endOfBye('Q.850;cause=41').by).toBe('gateway');
    expect(endOfBye('SIP;cause=503;text="Media lost"')).toEqual({ by: 'gateway', text: 'Media lost' });
    expect(endOfRefusal(486, 'Busy Here')).toEqual({ by: 'other', text: '486 Busy Here' });
    expect(endOfRefusal(404, 'Not Found').by).toBe('gateway');
  });

  it('reads what came of a transfer (RFC 3515 2.4.5)', () => {
    expect(fragmentOf('SIP/2.0 486 Busy Here\r\n')).toEqual({ status: 486, text: 'Busy Here' });
    expect(fragmentOf('SIP/2.0 100')).toEqual({ status: 100, text: '' });
    expect(fragmentOf('nonsense')).toBeUndefined();
  });
});

describe('a registration', () => {
  it('lasts as long as the gateway grants this page', () => {
    const contacts = [
      '<sip:other@x.invalid>;expires=9',
      '<sip:p1@y.invalid;transport=ws>;reg-id=1;expires=60',
    ];
    expect(grantedSeconds(contacts, 'p1', '30', 180)).toBe(60);
    expect(grantedSeconds(['<sip:p1@y.invalid>'], 'p1', '30', 180)).toBe(30);
    expect(grantedSeconds([], 'p1', undefined, 180)).toBe(180);
  });

  it('is renewed so early that a timer that is a minute late does not miss it', () => {
    expect(refreshAfterMs(180) + 60_000).toBeLessThan(180_000);
    expect(refreshAfterMs(120) + 60_000).toBeLessThan(120_000);
  });
});
