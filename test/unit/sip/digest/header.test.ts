import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges, parseCredentials, writeDigest } from '../../../../src/sip/digest/header.ts';

const read = (...headers: string[]): Record<string, string>[] =>
  parseChallenges(headers).map((each) => Object.fromEntries(each));

describe('digest headers', () => {
  it('reads several challenges of one value, whatever schemes stand between them', () => {
    const joined =
      'Digest realm="a, b", nonce="1", algorithm=SHA-256, qop="auth,auth-int",Basic realm="x" , DIGEST realm="c", nonce="2"';
    expect(read(joined)).toEqual([
      { realm: 'a, b', nonce: '1', algorithm: 'SHA-256', qop: 'auth,auth-int' },
      { realm: 'c', nonce: '2' },
    ]);
  });

  it('reads challenges of several lines in their order', () => {
    expect(read('Digest realm="a",nonce="1"', 'Digest realm="a",nonce="2",stale=TRUE')).toEqual([
      { realm: 'a', nonce: '1' },
      { realm: 'a', nonce: '2', stale: 'TRUE' },
    ]);
  });

  it.each([
    ['blanks and escapes', 'digest  realm = "a \\"b\\" \\\\c" ,nonce=1', { realm: 'a "b" \\c', nonce: '1' }],
    ['an empty value', 'Digest realm="", nonce=, uri="x"', { realm: '', nonce: '', uri: 'x' }],
    ['a repeated name, the first wins', 'Digest realm=a, realm=b', { realm: 'a' }],
  ])('reads %s', (_name, header, expected) => {
    expect(read(header)).toEqual([expected]);
  });

  it('finds the credentials of a realm among several', () => {
    const joined = 'Digest realm="proxy", username="p",Digest realm="here", username="h"';
    expect(parseCredentials(joined, 'here')?.get('username')).toBe('h');
    expect(parseCredentials('Basic Zm9v', 'here')).toBeUndefined();
  });

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (realm, nonce) => {
        expect(read(writeDigest({ realm, nonce, opaque: undefined }))).toEqual([{ realm, nonce }]);
      }),
    );
  });

  it('never throws, and takes nothing from a header that is too long', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void read(text, `Digest ${text}`)));
    expect(read(`Digest realm="${'a'.repeat(9000)}"`)).toEqual([]);
  });
});
