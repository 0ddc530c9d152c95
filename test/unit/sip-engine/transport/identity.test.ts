import type { PeerCertificate } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { explainTls, identityError } from '../../../../src/sip-engine/transport/identity.ts';

const certificate = (subjectaltname: string): PeerCertificate =>
  ({ subject: { CN: 'common.example' }, subjectaltname }) as unknown as PeerCertificate;

const isFor = (host: string, names: string): boolean => identityError(host, certificate(names)) === undefined;

describe('identityError', () => {
  it('takes SIP URIs without user, and DNS names', () => {
    const names =
      'DNS:www.example, URI:sip:example.com, URI:sip:alice@users.example, URI:https://web.example';
    expect(isFor('EXAMPLE.com', names)).toBe(true);
    expect(isFor('www.example', names)).toBe(true);
    for (const host of ['users.example', 'alice', 'web.example', 'common.example', 'sub.example.com'])
      expect(isFor(host, names)).toBe(false);
  });

  it('takes wildcards for one label, and addresses only as addresses', () => {
    const names = 'DNS:*.carrier.example, IP Address:192.0.2.1, URI:sip:192.0.2.9';
    expect(isFor('a.carrier.example', names)).toBe(true);
    expect(isFor('a.b.carrier.example', names)).toBe(false);
    expect(isFor('192.0.2.1', names)).toBe(true);
    expect(isFor('192.0.2.9', names)).toBe(false);
  });
});

describe('explainTls', () => {
  const coded = (code: string): Error => Object.assign(new Error('raw'), { code });

  it('says what is wrong with a certificate, and keeps the code', () => {
    const explained = explainTls(coded('CERT_HAS_EXPIRED'), 'a.example');
    expect(explained).toMatchObject({
      message: 'the certificate of a.example has expired',
      code: 'CERT_HAS_EXPIRED',
    });
  });

  it('leaves other errors as they are', () => {
    const error = coded('ECONNRESET');
    expect(explainTls(error, 'a.example')).toBe(error);
  });
});
