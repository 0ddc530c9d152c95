import { describe, expect, it } from 'vitest';
import {
  headerValue,
  headerValues,
  parseMessage,
  parseNameAddress,
  parseUri,
  parseVia,
  type SipRequest,
  serializeMessage,
  stampReceived,
} from '../../../../src/sip-engine/message/index.ts';
import { RFC5118 } from '../../../fuzz/rfc5118.ts';

const passed = (name: keyof typeof RFC5118): SipRequest => {
  const result = parseMessage(RFC5118[name]);
  if (!result.ok || result.message.kind !== 'request') throw new Error(`${name} refused`);
  return result.message;
};

const host = (text: string) => {
  const { host, port } = parseUri(text) ?? {};
  return [host, port];
};

describe('RFC 5118 torture messages', () => {
  it('4.1: reads references in brackets', () => {
    const message = passed('ipv6-good');
    expect(host(message.uri)).toEqual(['2001:db8::10', undefined]);
    expect(message.core.via).toMatchObject({ host: '2001:db8::9:1', port: undefined });
    const contact = parseNameAddress(headerValue(message, 'contact') ?? '');
    expect(contact).toMatchObject({ display: 'Caller', uri: { user: 'caller', host: '2001:db8::1' } });
  });

  it('4.2: refuses an address without brackets with 400', () => {
    expect(parseMessage(RFC5118['ipv6-bad'])).toMatchObject({
      action: 'reject',
      status: 400,
      reason: 'Malformed Request-URI',
    });
  });

  it('4.3: takes all within the brackets for the address, though a port may have been meant', () => {
    expect(host(passed('port-ambiguous').uri)).toEqual(['2001:db8::10:5070', undefined]);
  });

  it('4.4: takes what follows the brackets for the port', () => {
    expect(host(passed('port-unambiguous').uri)).toEqual(['2001:db8::10', 5070]);
  });

  it.each([
    ['via-received-param-with-delim', '[2001:db8::9:255]', 'z9hG4bKas3-111'],
    ['via-received-param-no-delim', '2001:db8::9:255', 'z9hG4bKas3'],
  ] as const)('4.5: reads received with and without brackets: %s', (name, received, branch) => {
    const message = passed(name);
    expect(message.core.via.parameters.get('received')).toBe(received);
    expect(message.core.via.branch).toBe(branch);
    // What is written is as the grammar has it: without.
    expect(headerValue(stampReceived(message, '2001:db8::9:255', 5060), 'via')).toContain(
      ';received=2001:db8::9:255;',
    );
  });

  it.each(['ipv6-in-sdp', 'mult-ip-in-sdp', 'ipv4-mapped-ipv6'] as const)(
    '4.6, 4.8, 4.9: hands on the body of %s as it is',
    (name) => {
      const bytes = RFC5118[name];
      const message = passed(name);
      expect(message.body.equals(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4))).toBe(true);
      expect(message.body.toString()).toMatch(
        /^v=0\r\n[\s\S]*c=IN IP6 [0-9a-f:.]+\r\n[\s\S]*H263-1998\/90000\r\n$/,
      );
    },
  );

  it('4.7: reads IPv4 and IPv6 side by side', () => {
    const vias = headerValues(passed('mult-ip-in-header'), 'via').map((value) => parseVia(value));
    expect(vias.map((via) => [via?.transport, via?.host, via?.port])).toEqual([
      ['UDP', '2001:db8::9:1', 6050],
      ['UDP', '192.0.2.1', undefined],
      ['TCP', '2001:db8::9:255', undefined],
    ]);
    expect(vias[2]?.parameters.get('received')).toBe('192.0.2.200');
  });

  it('4.9: reads IPv4-mapped addresses', () => {
    const message = passed('ipv4-mapped-ipv6');
    expect(message.core.via).toMatchObject({ host: '::ffff:192.0.2.10', port: 19_823 });
    const contact = parseNameAddress(headerValue(message, 'contact') ?? '');
    expect(contact?.uri.host).toBe('::ffff:192.0.2.2');
  });

  it.each(['ipv6-bug-abnf-3-colons', 'ipv6-correct-abnf-2-colons'] as const)(
    '4.10: reads two and three colons as the same address: %s',
    (name) => {
      const message = passed(name);
      expect(host(message.uri)).toEqual(['2001:db8::192.0.2.1', undefined]);
      const to = parseNameAddress(headerValue(message, 'to') ?? '');
      expect(to?.uri.host).toBe('2001:db8::192.0.2.1');
    },
  );

  it.each(['[2001:db8:::1]', '[:::]', '[1:::2:::192.0.2.1]', '[2001:db8:::192.0.2.300]', '[::1%eth0', '[]'])(
    'refuses %s',
    (reference) => {
      expect(parseUri(`sip:user@${reference}`)).toBeUndefined();
    },
  );

  it('writes what it reads', () => {
    for (const [name, bytes] of Object.entries(RFC5118)) {
      const result = parseMessage(bytes);
      if (name === 'ipv6-bad') continue;
      expect(result.ok && parseMessage(serializeMessage(result.message)), name).toMatchObject({ ok: true });
    }
  });
});
