import { describe, expect, it } from 'vitest';
import { digestResponse, hashedA1, hashWith, namedAlgorithm } from '../../../../src/sip/digest/algorithms.ts';

const MUFASA = {
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  method: 'GET',
  uri: '/dir/index.html',
  body: '',
  qop: 'auth',
  nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
} as const;

describe('digest algorithms', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('computes the %s response of RFC 7616 3.9.1', (algorithm, response) => {
    const ha1 = hashedA1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    expect(digestResponse({ ...MUFASA, named: { algorithm, session: false }, ha1 })).toBe(response);
  });

  it('computes the response of RFC 2617 3.5', () => {
    const ha1 = hashedA1('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life');
    expect(ha1).toBe('939e7578ed9e3c518a452acee763bce9');
    const input = { ...MUFASA, nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093', cnonce: '0a4f113b' };
    expect(digestResponse({ ...input, named: { algorithm: 'MD5', session: false }, ha1 })).toBe(
      '6629fae49393a05397450978507c4ef1',
    );
  });

  it('takes SHA-512-256 for SHA-512/256 of FIPS 180-4, as RFC 8760 2.1 does, not for a cut SHA-512', () => {
    expect(hashWith('SHA-512-256', 'abc')).toBe(
      '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23',
    );
  });

  it.each([
    [undefined, { algorithm: 'MD5', session: false }],
    ['md5', { algorithm: 'MD5', session: false }],
    ['SHA-256-sess', { algorithm: 'SHA-256', session: true }],
    ['SHA-512-256', { algorithm: 'SHA-512-256', session: false }],
    ['AKAv1-MD5', undefined],
    ['SHA-1', undefined],
  ])('reads the name %s', (name, named) => {
    expect(namedAlgorithm(name)).toEqual(named);
  });
});
