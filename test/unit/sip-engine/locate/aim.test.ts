import { describe, expect, it } from 'vitest';
import { createLocator, type LocatorOptions } from '../../../../src/sip-engine/locate/index.ts';
import { parseUri, type SipUri } from '../../../../src/sip-engine/message/index.ts';
import type { TransportProtocol } from '../../../../src/sip-engine/transport/types.ts';

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

const ALL: readonly TransportProtocol[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];
const locator = (protocols = ALL, options: Partial<LocatorOptions> = {}) =>
  createLocator({ protocols: new Set(protocols), ...options });

const show = (text: string, protocols = ALL): string[] => {
  const found = locator(protocols).locate(uri(text));
  if (found instanceof Promise) throw new Error('a name was asked for');
  return found.map((place) => [place.protocol, place.address, place.port, place.host ?? '-'].join(' '));
};

describe('places of addresses', () => {
  it.each([
    ['sip:a@192.0.2.1', 'udp 192.0.2.1 5060 -'],
    ['sip:a@192.0.2.1:5070;transport=TCP', 'tcp 192.0.2.1 5070 -'],
    ['sip:a@[2001:db8::1]', 'udp 2001:db8::1 5060 -'],
    ['sip:a@192.0.2.1;transport=tls', 'tls 192.0.2.1 5061 -'],
    ['sip:a@192.0.2.1;transport=ws', 'ws 192.0.2.1 80 -'],
    ['sip:a@192.0.2.1;transport=wss', 'wss 192.0.2.1 443 -'],
    ['sips:a@192.0.2.1', 'tls 192.0.2.1 5061 -'],
    ['sips:a@192.0.2.1:5070;transport=tcp', 'tls 192.0.2.1 5070 -'],
    ['sips:a@192.0.2.1;transport=ws', 'wss 192.0.2.1 443 -'],
    ['sip:a@example.com;maddr=192.0.2.9', 'udp 192.0.2.9 5060 -'],
    ['sip:a@example.com;maddr=[2001:db8::9]', 'udp 2001:db8::9 5060 -'],
    ['sips:a@Example.COM.;maddr=192.0.2.9', 'tls 192.0.2.9 5061 example.com'],
    ['sip:a@example.com;maddr=192.0.2.9;transport=tls', 'tls 192.0.2.9 5061 example.com'],
  ])('%s', (text, expected) => {
    expect(show(text)).toEqual([expected]);
  });

  it.each([
    ['sips:a@192.0.2.1;transport=udp', ALL],
    ['sip:a@192.0.2.1;transport=sctp', ALL],
    ['sip:a@192.0.2.1;transport=constructor', ALL],
    ['tel:+123', ALL],
    ['sips:a@192.0.2.1', ['udp', 'tcp'] as const],
    ['sip:a@192.0.2.1;transport=tcp', ['udp'] as const],
  ])('%s has none', (text, protocols) => {
    expect(show(text, [...protocols])).toEqual([]);
  });

  it('uses what it has when the URI does not say', () => {
    expect(show('sip:a@192.0.2.1', ['tcp'])).toEqual(['tcp 192.0.2.1 5060 -']);
    expect(show('sip:a@192.0.2.1', ['wss'])).toEqual(['wss 192.0.2.1 443 -']);
  });
});

describe('outbound proxies', () => {
  const { proxyOf } = locator(ALL, {
    outboundProxies: [
      { domain: 'Example.com', uri: 'sip:exact.test' },
      { domain: '*.example.com', uri: 'sip:suffix.test' },
      { domain: '*.deep.example.com', uri: 'sip:deep.test' },
      { domain: '192.0.2.1', uri: 'sip:literal.test' },
    ],
  });

  it.each([
    ['sip:a@example.com', 'sip:exact.test'],
    ['sips:a@EXAMPLE.com.', 'sip:exact.test'],
    ['sip:a@b.example.com', 'sip:suffix.test'],
    ['sip:a@c.b.example.com', 'sip:suffix.test'],
    ['sip:a@x.deep.example.com', 'sip:deep.test'],
    ['sip:a@192.0.2.1:5070', 'sip:literal.test'],
    ['sip:a@notexample.com', undefined],
    ['tel:+123', undefined],
  ])('%s → %s', (text, proxy) => {
    expect(proxyOf(uri(text))?.raw).toBe(proxy);
  });

  it('stand in for all others with *', () => {
    const all = locator(ALL, { outboundProxies: [{ domain: '*', uri: 'sip:all.test' }] });
    expect(all.proxyOf(uri('sip:a@anything'))?.raw).toBe('sip:all.test');
    expect(all.proxyOf(uri('tel:+123'))?.raw).toBe('sip:all.test');
  });

  it('must be SIP URIs', () => {
    expect(() => locator(ALL, { outboundProxies: [{ domain: '*', uri: 'proxy.test' }] })).toThrow(
      'proxy.test',
    );
  });
});
