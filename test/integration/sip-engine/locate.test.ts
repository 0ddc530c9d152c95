import { afterEach, describe, expect, it } from 'vitest';
import { createLocator } from '../../../src/sip-engine/locate/index.ts';
import { parseUri, type SipUri } from '../../../src/sip-engine/message/index.ts';
import type { Endpoint, TransportProtocol } from '../../../src/sip-engine/transport/types.ts';
import { host, type NameServer, naptr, openNameServer, srv, type Zone } from '../../support/name-server.ts';

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

const ALL: readonly TransportProtocol[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];
let server: NameServer;
afterEach(() => server.close());

const setUp = async (zone: Zone, protocols = ALL) => {
  server = await openNameServer(zone);
  const locator = createLocator({ protocols: new Set(protocols), nameServers: [server.address] });
  const find = async (text: string): Promise<readonly Endpoint[]> => locator.locate(uri(text));
  const show = async (text: string): Promise<string[]> =>
    (await find(text)).map(({ protocol, address, port, host: name }) =>
      [protocol, address, port, ...(name === undefined ? [] : [name])].join(' '),
    );
  return { locator, find, show };
};

const RFC_3263: Zone = {
  'NAPTR example.com': [
    naptr('SIPS+D2T', '_sips._tcp.example.com', 50, 50),
    naptr('SIP+D2T', '_sip._tcp.example.com', 90, 50),
    naptr('SIP+D2U', '_sip._udp.example.com', 100, 50),
  ],
  'SRV _sips._tcp.example.com': [srv('secure.example.com', 5061)],
  'SRV _sip._tcp.example.com': [
    srv('server1.example.com', 5060, 0, 1),
    srv('server2.example.com', 5070, 1, 1),
  ],
  'SRV _sip._udp.example.com': [srv('server1.example.com', 5060)],
  'A secure.example.com': [host('192.0.2.9')],
  'A server1.example.com': [host('192.0.2.1')],
  'A server2.example.com': [host('192.0.2.2')],
  'AAAA server2.example.com': [host('2001:db8::2')],
};

describe('names, by a name server', () => {
  it('follow NAPTR records in their order (RFC 3263 4.1)', async () => {
    const { show } = await setUp(RFC_3263);
    expect(await show('sip:user@example.com')).toEqual([
      'tls 192.0.2.9 5061 example.com',
      'tcp 192.0.2.1 5060',
      'tcp 192.0.2.2 5070',
      'tcp 2001:db8::2 5070',
      'udp 192.0.2.1 5060',
    ]);
  });

  it('follow only NAPTR records that we can use, and for sips only secure ones', async () => {
    const { show } = await setUp(RFC_3263, ['udp']);
    expect(await show('sip:user@example.com')).toEqual(['udp 192.0.2.1 5060']);
    await server.close();
    const secure = await setUp(RFC_3263);
    expect(await secure.show('sips:user@example.com')).toEqual(['tls 192.0.2.9 5061 example.com']);
  });

  it('follow NAPTR records for WebSocket (RFC 7118)', async () => {
    const { show } = await setUp({
      'NAPTR example.com': [naptr('SIPS+D2W', '_web._tcp.example.com')],
      'SRV _web._tcp.example.com': [srv('web.example.com', 8443)],
      'A web.example.com': [host('192.0.2.4')],
    });
    expect(await show('sip:user@example.com')).toEqual(['wss 192.0.2.4 8443 example.com']);
  });

  it('a named transport asks for its SRV records alone', async () => {
    const { show } = await setUp(RFC_3263);
    expect(await show('sip:user@example.com;transport=tcp')).toEqual([
      'tcp 192.0.2.1 5060',
      'tcp 192.0.2.2 5070',
      'tcp 2001:db8::2 5070',
    ]);
    expect(server.asked.filter((question) => /^(NAPTR|SRV)/.test(question))).toEqual([
      'SRV _sip._tcp.example.com',
    ]);
  });

  it('a port asks for addresses alone', async () => {
    const { show } = await setUp({
      'A pbx.example': [host('192.0.2.7')],
      'AAAA pbx.example': [host('2001:db8::7')],
    });
    expect(await show('sip:a@PBX.example:5070')).toEqual(['udp 192.0.2.7 5070', 'udp 2001:db8::7 5070']);
    expect(await show('sips:a@pbx.example:5070')).toEqual([
      'tls 192.0.2.7 5070 pbx.example',
      'tls 2001:db8::7 5070 pbx.example',
    ]);
    expect(server.asked.sort()).toEqual(['A pbx.example', 'AAAA pbx.example']);
  });

  it('without NAPTR take SRV records, UDP before TCP before TLS', async () => {
    const { show } = await setUp({
      'SRV _sip._udp.pbx.example': [srv('b.pbx.example', 5080, 20), srv('a.pbx.example', 5080, 10)],
      'SRV _sip._tcp.pbx.example': [srv('a.pbx.example', 5090)],
      'SRV _sips._tcp.pbx.example': [srv('a.pbx.example', 5091)],
      'A a.pbx.example': [host('192.0.2.1')],
      'A b.pbx.example': [host('192.0.2.2')],
    });
    expect(await show('sip:a@pbx.example')).toEqual([
      'udp 192.0.2.1 5080',
      'udp 192.0.2.2 5080',
      'tcp 192.0.2.1 5090',
      'tls 192.0.2.1 5091 pbx.example',
    ]);
  });

  it('without any of them take addresses and the usual port', async () => {
    const { show } = await setUp({ 'A pbx.example': [host('192.0.2.3')] });
    expect(await show('sip:a@pbx.example')).toEqual(['udp 192.0.2.3 5060']);
    expect(await show('sips:a@pbx.example')).toEqual(['tls 192.0.2.3 5061 pbx.example']);
    expect(await show('sip:a@pbx.example;transport=ws')).toEqual(['ws 192.0.2.3 80']);
    expect(await show('sip:a@pbx.example;transport=wss')).toEqual(['wss 192.0.2.3 443 pbx.example']);
    expect(await show('sip:a@elsewhere.example;maddr=pbx.example')).toEqual(['udp 192.0.2.3 5060']);
  });

  it('that do not offer the service have no place (RFC 2782)', async () => {
    const { show } = await setUp({
      'SRV _sip._udp.pbx.example': [srv('.', 0)],
      'A pbx.example': [host('192.0.2.3')],
    });
    expect(await show('sip:a@pbx.example')).toEqual([]);
  });

  it('that do not exist have no place, and are asked for again after a while only', async () => {
    const { show } = await setUp({});
    expect(await show('sip:a@nowhere.example')).toEqual([]);
    const { length } = server.asked;
    expect(await show('sip:a@nowhere.example')).toEqual([]);
    expect(server.asked).toHaveLength(length);
  });

  it('follow a CNAME, and end at one that leads in a circle', async () => {
    const { show } = await setUp({
      'CNAME round.example': [{ data: 'about.example' }],
      'CNAME about.example': [{ data: 'round.example' }],
      'A alias.example': [
        { type: 'CNAME', data: 'real.example' },
        { name: 'real.example', ...host('192.0.2.5') },
      ],
    });
    expect(await show('sip:a@alias.example:5060')).toEqual(['udp 192.0.2.5 5060']);
    expect(await show('sip:a@round.example:5060')).toEqual([]);
  });

  it('keep to sixteen places of a huge answer, which comes over TCP', async () => {
    const { find } = await setUp({
      'A pbx.example': Array.from({ length: 250 }, (_, at) => host(`192.0.2.${at + 1}`)),
    });
    const places = await find('sip:a@pbx.example:5060');
    expect(places).toHaveLength(16);
    expect(new Set(places.map(({ address }) => address)).size).toBe(16);
  });

  it('have no place in time when nobody answers', async () => {
    const { show } = await setUp({});
    server.silent = true;
    const began = Date.now();
    expect(await show('sip:a@pbx.example')).toEqual([]);
    expect(Date.now() - began).toBeGreaterThan(500);
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  it('never reach the name server for localhost', async () => {
    const { show } = await setUp({});
    expect(await show('sip:a@localhost:5060')).toEqual(['udp 127.0.0.1 5060', 'udp ::1 5060']);
    expect(server.asked).toEqual([]);
  });
});

describe('places that failed', () => {
  it('come last, and first again when they answer', async () => {
    const { locator, find, show } = await setUp({
      'SRV _sip._udp.pbx.example': [srv('a.pbx.example', 5060, 1), srv('b.pbx.example', 5060, 2)],
      'A a.pbx.example': [host('192.0.2.1')],
      'A b.pbx.example': [host('192.0.2.2')],
    });
    const [first] = await find('sip:a@pbx.example');
    if (first === undefined) throw new Error('no place');
    locator.failed(first);
    expect(locator.dead).toBe(1);
    expect(await show('sip:a@pbx.example')).toEqual(['udp 192.0.2.2 5060', 'udp 192.0.2.1 5060']);
    locator.answered(first);
    expect(await show('sip:a@pbx.example')).toEqual(['udp 192.0.2.1 5060', 'udp 192.0.2.2 5060']);
  });
});
