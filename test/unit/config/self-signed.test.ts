import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateFiles } from '../../../src/config/certificates.ts';
import { type GatewayConfig, gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { certificateNames, isSelfSigned, selfSignedFault } from '../../../src/config/self-signed.ts';
import { type Issued, makeAuthority } from '../../support/certificates.ts';

const DAY = 86_400_000;
const config = (values: object): GatewayConfig => gatewayConfigSchema.parse(values) as GatewayConfig;
const listen = (...transports: string[]): object => ({
  sip: { listen: transports.map((transport) => ({ transport })) },
});

describe('which certificate is used', () => {
  it('is the named one, whether it is needed or not', () => {
    const named = config({ sip: { tls: { certFile: 'a.pem', keyFile: 'b.pem' } } });
    expect(certificateFiles(named)).toEqual({ certFile: 'a.pem', keyFile: 'b.pem', selfSigned: false });
  });

  it('is a self-signed one where something needs it and none is named', () => {
    expect(certificateFiles(config(listen('udp', 'ws')))).toBeUndefined();
    for (const needing of [listen('tls'), listen('udp', 'wss'), { http: { tls: true } }])
      expect(certificateFiles(config(needing))).toEqual({
        certFile: 'data/tls/self-signed.crt',
        keyFile: 'data/tls/self-signed.key',
        selfSigned: true,
      });
  });

  it('is none for listeners that a drachtio-server has itself', () => {
    const values = { sip: { engine: 'drachtio', listen: [{ transport: 'wss' }] } };
    expect(certificateFiles(config(values))).toBeUndefined();
  });
});

describe('whom a self-signed certificate names', () => {
  const machine = {
    name: 'Box',
    addresses: ['127.0.0.1', '192.0.2.7', 'fe80::1', '2001:db8::7', '2001:db8::abcd'],
  };

  it('names the machine, the listeners and the domains, each once', () => {
    const values = {
      sip: {
        listen: [
          { transport: 'wss', publicAddress: '203.0.113.9', names: ['sip.example.com', 'bad name'] },
          { transport: 'tls', address: '192.0.2.7', names: ['SIP.example.com'] },
        ],
      },
      registrar: { domains: ['example.com', '2001:db8::7'] },
    };
    expect(certificateNames(config(values), machine)).toEqual({
      names: ['localhost', 'box', 'box.local', 'sip.example.com', 'example.com'],
      addresses: ['127.0.0.1', '::1', '203.0.113.9', '192.0.2.7', '2001:db8::7'],
      passing: ['2001:db8::abcd'],
    });
  });

  it('knows a machine by its whole name', () => {
    const { names } = certificateNames(config({}), { name: 'box.lan.', addresses: [] });
    expect(names).toEqual(['localhost', 'box.lan']);
  });
});

describe('why a self-signed certificate is made anew', () => {
  const wanted = { names: ['localhost'], addresses: ['127.0.0.1', '::1'], passing: ['2001:db8::1'] };
  let issued: Issued;
  let certificate: X509Certificate;
  let authority: Awaited<ReturnType<typeof makeAuthority>>;
  beforeAll(async () => {
    authority = await makeAuthority();
    issued = await authority.issue({ names: ['localhost'], addresses: ['127.0.0.1', '::1'], days: 100 });
    certificate = new X509Certificate(issued.cert);
  });

  it('is no reason that a passing address is not in it', () => {
    expect(selfSignedFault(certificate, wanted, Date.now())).toBeUndefined();
  });

  it('is its age', () => {
    expect(selfSignedFault(certificate, wanted, Date.now() + 69 * DAY)).toBeUndefined();
    expect(selfSignedFault(certificate, undefined, Date.now() + 71 * DAY)).toMatch(
      /^is good for 2\d more days/,
    );
    expect(selfSignedFault(certificate, undefined, Date.now() + 101 * DAY)).toBe('has expired');
    expect(selfSignedFault(certificate, undefined, Date.now() - 11 * DAY)).toBe('is not good yet');
  });

  it('is a name or an address that it lacks, unless names are not asked for', () => {
    const more = { ...wanted, names: ['localhost', 'box'] };
    expect(selfSignedFault(certificate, more, Date.now())).toBe('does not name box');
    const moved = { ...wanted, addresses: ['192.0.2.8'] };
    expect(selfSignedFault(certificate, moved, Date.now())).toBe('does not name 192.0.2.8');
    expect(selfSignedFault(certificate, undefined, Date.now())).toBeUndefined();
  });

  it('tells what an authority signed from what nobody vouches for', () => {
    expect(isSelfSigned(certificate)).toBe(false);
    expect(isSelfSigned(new X509Certificate(authority.ca))).toBe(true);
  });
});
