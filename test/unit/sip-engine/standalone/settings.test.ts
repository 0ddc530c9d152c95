import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/base/errors.ts';
import { listenPointsOf } from '../../../../src/sip-engine/standalone/contact.ts';
import { type Flags, readSettings } from '../../../../src/sip-engine/standalone/settings.ts';

const contact = (uri: string) => ({ uri, localNets: [], dnsNames: [] });
const points = (uri: string) => listenPointsOf(contact(uri));
const settings = (flags: Partial<Flags>, env: NodeJS.ProcessEnv = {}) =>
  readSettings({ contacts: [], ...flags }, env);

const problemsOf = (flags: Partial<Flags>, env: NodeJS.ProcessEnv = {}): readonly string[] => {
  try {
    settings(flags, env);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.problems.map(({ path }) => path);
    throw error;
  }
};

describe('a contact', () => {
  it.each([
    ['sip:127.0.0.1;transport=udp,tcp', ['udp 127.0.0.1 5060', 'tcp 127.0.0.1 5060']],
    ['sip:127.0.0.1:5090', ['udp 127.0.0.1 5090', 'tcp 127.0.0.1 5090']],
    ['sip:*;transport=udp', ['udp 0.0.0.0 5060']],
    ['sip:user@10.0.0.1:5062;transport=TCP', ['tcp 10.0.0.1 5062']],
    ['sips:*:443;transport=wss', ['wss 0.0.0.0 443']],
    ['sips:10.0.0.1', ['tls 10.0.0.1 5061']],
    ['sip:10.0.0.1:8080;transport=ws', ['ws 10.0.0.1 8080']],
    ['sip:[::1]:5060;transport=udp', ['udp ::1 5060']],
    [
      'sip:10.0.0.1:5060;transport=udp,tcp,tls',
      ['udp 10.0.0.1 5060', 'tcp 10.0.0.1 5060', 'tls 10.0.0.1 5061'],
    ],
    ['sip:10.0.0.1;transport=tcp,tls', ['tcp 10.0.0.1 5060', 'tls 10.0.0.1 5061']],
    ['sip:10.0.0.1:7000;transport=tls', ['tls 10.0.0.1 7000']],
  ])('%s', (uri, expected) => {
    const found = points(uri);
    if (typeof found === 'string') throw new Error(found);
    expect(found.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`)).toEqual(expected);
  });

  it.each([
    '127.0.0.1',
    'sip:',
    'sip:host.example',
    'sip:1.2.3.4:99999',
    'sip:1.2.3.4;transport=sctp',
    'tel:1',
  ])('is refused with words: %s', (uri) => expect(points(uri)).toMatch(/[a-z ]{10,}/));

  it('never throws and never listens where nothing was named', () => {
    fc.assert(
      fc.property(fc.string(), (uri) => {
        const found = points(uri);
        return typeof found === 'string' || found.length > 0;
      }),
    );
  });

  it('carries what was said of it', () => {
    const [point] = listenPointsOf({
      uri: 'sip:*;transport=udp',
      externalIp: '203.0.113.7',
      localNets: ['10.0.0.0/8'],
      dnsNames: ['sip.example.com'],
    });
    expect(point).toMatchObject({
      externalAddress: '203.0.113.7',
      localNetworks: ['10.0.0.0/8'],
      names: ['sip.example.com'],
    });
  });
});

describe('settings', () => {
  it('are those of drachtio-server, but for the address of applications', () => {
    expect(settings({})).toMatchObject({
      engine: {
        admin: { address: '127.0.0.1', port: 9022, secret: 'cymru' },
        listen: [
          { protocol: 'udp', address: '0.0.0.0', port: 5060 },
          { protocol: 'tcp', address: '0.0.0.0', port: 5060 },
        ],
      },
      loglevel: 'info',
      knownSecret: true,
      tls: undefined,
    });
  });

  it('come from the environment, and the command line wins', () => {
    const env = {
      DRACHTIO_ADMIN_TCP_PORT: '9100',
      DRACHTIO_SECRET: 'mine',
      DRACHTIO_UDP_MTU: '4096',
      DRACHTIO_PROMETHEUS_SCRAPE_PORT: '0.0.0.0:8088',
      DRACHTIO_TCP_KEEPALIVE_INTERVAL: '0',
      DRACHTIO_LOGLEVEL: 'notice',
    };
    expect(settings({ port: '9200' }, env)).toMatchObject({
      engine: { admin: { port: 9200, secret: 'mine' }, mtu: 4096, keepAliveSeconds: 0 },
      prometheus: { address: '0.0.0.0', port: 8088 },
      loglevel: 'notice',
      knownSecret: false,
    });
  });

  it('tell every mistake at once', () => {
    expect(
      problemsOf({
        port: '70000',
        mtu: 'x',
        loglevel: 'loud',
        keyFile: '/k',
        contacts: [contact('sip:nowhere'), contact('sip:*;transport=tls')],
      }),
    ).toEqual(['-p, --port', '-c, --contact', '--cert-file', '--key-file', '--mtu', '-l, --loglevel']);
  });

  it('keep applications of other machines out until somebody has chosen a secret', () => {
    expect(problemsOf({ address: '0.0.0.0' })).toEqual(['--secret']);
    expect(settings({ address: '0.0.0.0', secret: 'cymru' }).knownSecret).toBe(true);
    expect(problemsOf({ address: '0.0.0.0', secret: 'mine' })).toEqual([]);
    expect(problemsOf({ address: '::1' })).toEqual([]);
  });

  it('want a certificate for TLS, wherever it is asked for', () => {
    expect(problemsOf({ contacts: [contact('sips:*:443;transport=wss')] })).toEqual(['--key-file']);
    expect(problemsOf({ tlsPort: '9023' })).toEqual(['--key-file']);
    const { tls } = settings({
      contacts: [contact('sips:*:443;transport=wss')],
      keyFile: 'k.pem',
      chainFile: 'chain.pem',
      minTlsVersion: '1.3',
    });
    expect(tls).toMatchObject({ key: 'k.pem', cert: 'chain.pem', chain: undefined, minVersion: 'TLSv1.3' });
  });
});
