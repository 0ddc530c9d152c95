import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalSource,
  isLoopback,
  isReachableAddress,
  isSipUri,
  isTrunkSource,
} from '../../../src/config/addresses.ts';

describe('trunk sources', () => {
  it.each([
    '203.0.113.7',
    '203.0.113.0/24',
    '203.0.113.7:5060',
    '10.0.0.0/8:5060',
    '2001:db8::1',
    '2001:db8::/32',
    '[2001:db8::1]:5060',
    '[2001:db8::]/32:5060',
  ])('takes %s', (text) => expect(isTrunkSource(text)).toBe(true));
  it.each([
    '',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.7/33',
    '203.0.113.7:0',
    '203.0.113.7:70000',
    'carrier.example',
    '[2001:db8::1',
    '2001:db8::1/129',
    '203.0.113.7/',
  ])('refuses “%s”', (text) => expect(isTrunkSource(text)).toBe(false));
  it('knows two spellings of one network', () => {
    expect(canonicalSource('10.1.2.3/24')).toBe(canonicalSource('10.1.2.0/24'));
    expect(canonicalSource('203.0.113.7')).toBe(canonicalSource('203.0.113.7/32'));
    expect(canonicalSource('2001:db8:0::1')).toBe(canonicalSource('[2001:db8::1]'));
    expect(canonicalSource('203.0.113.7:5060')).not.toBe(canonicalSource('203.0.113.7'));
  });
  it('takes every address with every port, and canonical text stays itself', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().map((text) => `[${text}]`),
        ),
        fc.integer({ min: 1, max: 65_535 }),
        (address, port) => {
          const text = `${address}:${port}`;
          return isTrunkSource(text) && canonicalSource(text).endsWith(`:${port}`);
        },
      ),
    );
  });
});

describe('SIP URIs', () => {
  it.each([
    'sip:carrier.example',
    'SIP:a@b.example:5060',
    'sip:+1202@[2001:db8::1]:5060;transport=tcp',
    'sip:203.0.113.7;transport=UDP;lr',
    'sip:echo@pbx',
    'sips:a@b',
    'sip:a@b;transport=tls',
  ])('takes %s', (text) => expect(isSipUri(text)).toBe(true));
  it.each([
    'carrier.example',
    'sip:',
    'tel:+1',
    'sip:a@b:99999',
    'sip:a@b;transport=ws',
    'sip:a b@c',
    'sip:203.0.113.300',
    'sip:[::zz]',
    'sip:a@b?x=y',
  ])('refuses “%s”', (text) => expect(isSipUri(text)).toBe(false));
});

it('tells loopback and reachable addresses', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].filter(isLoopback)).toHaveLength(4);
  expect(['0.0.0.0', '::', '203.0.113.7', 'localhost'].filter(isLoopback)).toEqual([]);
  expect(['0.0.0.0', '::', '0:0::0', 'x', '203.0.113.7'].filter(isReachableAddress)).toEqual(['203.0.113.7']);
});
