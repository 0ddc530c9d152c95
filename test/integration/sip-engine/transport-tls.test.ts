import { once } from 'node:events';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildResponse, serializeMessage } from '../../../src/sip-engine/message/index.ts';
import {
  createTransports,
  type Endpoint,
  type TransportOptions,
} from '../../../src/sip-engine/transport/index.ts';
import { type Authority, type Issued, makeAuthority } from '../../support/certificates.ts';
import {
  at,
  callIds,
  closeAll,
  ended,
  ignore,
  open,
  portOf,
  type Running,
  request,
  sendTo,
  start,
  tcpListener,
  tcpPeer,
  until,
} from './transport-stage.ts';

let authority: Authority;
let good: Issued;

beforeAll(async () => {
  authority = await makeAuthority();
  good = await authority.issue({ names: ['sip.example.com'], addresses: ['127.0.0.1', '::1'] });
});

afterEach(closeAll);

/** TLS on loopback with the good certificate, trusting its authority. */
const startTls = (
  tls: Partial<TransportOptions['tls']> = {},
  more: Partial<TransportOptions> = {},
): Promise<Running> => start({ ...at('tls'), ...more, tls: { ...good, ca: authority.ca, ...tls } });

const placeOf = (running: Running, host?: string): Endpoint => ({
  protocol: 'tls',
  address: '127.0.0.1',
  port: portOf(running, 'tls'),
  ...(host !== undefined && { host }),
});

const reason = async (from: Running, remote: Endpoint): Promise<string> => {
  const { errors } = sendTo(from, remote, request());
  await until(() => expect(errors).toHaveLength(1));
  return errors[0]?.message ?? '';
};

const plainTls = async (port: number, more: object = {}): Promise<TLSSocket> => {
  const socket = connectTls({ port, host: '127.0.0.1', ca: authority.ca, ...more });
  socket.on('error', ignore);
  await once(socket, 'secureConnect');
  open.push({ close: () => socket.destroy() });
  return socket;
};

describe('TLS', () => {
  it('carries requests and answers on the same connection', async () => {
    const [one, two] = [await startTls(), await startTls()];
    sendTo(one, placeOf(two, 'sip.example.com'), request({ body: 'x'.repeat(40_000) }));
    await until(() => expect(two.received).toHaveLength(1));
    const [arrived] = two.received;
    if (!arrived?.result.ok) throw new Error('refused');
    expect(arrived).toMatchObject({
      remote: { protocol: 'tls' },
      localAddress: '127.0.0.1',
      stranger: false,
    });
    expect(arrived.flow && two.transports.flow(arrived.flow.id)).toBe(arrived.flow);
    two.transports.send(serializeMessage(buildResponse(arrived.result.message, 200)), arrived, ignore);
    await until(() => expect(one.received).toHaveLength(1));
    expect(one.received[0]?.flow?.remote.host).toBe('sip.example.com');
    expect([one.transports.connections, two.transports.connections]).toEqual([1, 1]);
    await one.transports.close();
    await until(() => expect(two.closed).toEqual([arrived.flow]));
    expect(two.transports.flow(arrived.flow?.id ?? '')).toBeUndefined();
  });

  it('works over IPv6, and checks an address by the certificate as well', async () => {
    const options = { ...at('tls', '::1'), tls: { ...good, ca: authority.ca } };
    const [one, two] = [await start(options), await start(options)];
    sendTo(one, { protocol: 'tls', address: '::1', port: portOf(two, 'tls') }, request());
    await until(() => expect(callIds(two.received)).toEqual(['call-1']));
  });

  it('needs a certificate to listen', async () => {
    await expect(createTransports(at('tls'), { received: ignore, flowClosed: ignore })).rejects.toThrow(
      'need a certificate',
    );
  });
});

describe('certificates of those we call', () => {
  it('are for the name asked for', async () => {
    const [one, two] = [await startTls(), await startTls()];
    expect(await reason(one, placeOf(two, 'other.example.com'))).toBe(
      'the certificate shown is not for other.example.com',
    );
    expect(two.received).toEqual([]);
    expect(one.closed).toHaveLength(1);
  });

  it('are of an authority that we trust', async () => {
    const [one, two] = [await startTls({ ca: (await makeAuthority()).ca }), await startTls()];
    expect(await reason(one, placeOf(two))).toBe('the certificate of 127.0.0.1 is from no trusted authority');
    expect(two.received).toEqual([]);
  });

  it('have not expired', async () => {
    const old = await authority.issue({ names: ['sip.example.com'], days: -1 });
    const [one, two] = [await startTls(), await startTls(old)];
    expect(await reason(one, placeOf(two, 'sip.example.com'))).toBe(
      'the certificate of sip.example.com has expired',
    );
  });

  it('follow the rules of their host: another authority, or none at all', async () => {
    const other = await makeAuthority();
    const theirs = await startTls(await other.issue({ names: ['carrier.example'] }));
    const one = await startTls({
      peers: [
        { host: 'CARRIER.example', ca: other.ca },
        { host: '127.0.0.1', verify: false },
      ],
    });
    sendTo(one, placeOf(theirs, 'carrier.example'), request({ callId: 'by-name' }));
    await until(() => expect(callIds(theirs.received)).toEqual(['by-name']));
    const two = await startTls({ peers: [{ host: '127.0.0.1', verify: false }] });
    sendTo(two, placeOf(theirs, 'whoever.example'), request({ callId: 'by-address' }));
    await until(() => expect(callIds(theirs.received)).toContain('by-address'));
  });

  it('are checked anew for another name: no connection is shared between names', async () => {
    const [one, two] = [await startTls(), await startTls()];
    sendTo(one, placeOf(two, 'sip.example.com'), request({ callId: '1' }));
    await until(() => expect(callIds(two.received)).toEqual(['1']));
    expect(await reason(one, placeOf(two, 'other.example.com'))).toMatch('not for other.example.com');
    sendTo(one, placeOf(two, 'SIP.example.com'), request({ callId: '2' }));
    sendTo(one, placeOf(two), request({ callId: '3' }));
    await until(() => expect(callIds(two.received)).toEqual(['1', '2', '3']));
    expect(two.transports.connections).toBe(1);
  });

  it('are waited for only so long', async () => {
    const silent = await tcpListener();
    const one = await startTls({}, { streams: { handshake: 100 } });
    const remote: Endpoint = { protocol: 'tls', address: '127.0.0.1', port: silent.port };
    expect(await reason(one, remote)).toBe('TLS handshake timed out');
  });
});

describe('those who call us', () => {
  it('get little time to begin', async () => {
    const running = await startTls({}, { streams: { handshake: 100 } });
    const silent = await tcpPeer(portOf(running, 'tls'));
    await ended(silent.socket);
    const noTls = await tcpPeer(portOf(running, 'tls'));
    noTls.socket.write(request());
    await ended(noTls.socket);
    await until(() => expect(running.transports.connections).toBe(0));
    expect(running.received).toEqual([]);
  });
});

describe('certificates of those who call us', () => {
  it('are required where the options say so', async () => {
    const two = await startTls({ clientCertificates: 'require' });
    const bare = await startTls();
    sendTo(bare, placeOf(two), request({ callId: 'without' }));
    await until(() => expect(bare.closed).toHaveLength(1));
    const shown = await authority.issue({ names: ['client.example'] });
    const one = await startTls({ peers: [{ host: '127.0.0.1', ...shown }] });
    sendTo(one, placeOf(two), request({ callId: 'with' }));
    await until(() => expect(callIds(two.received)).toEqual(['with']));
    const forged = await (await makeAuthority()).issue({ names: ['client.example'] });
    const third = await startTls({ peers: [{ host: '127.0.0.1', ...forged }] });
    sendTo(third, placeOf(two), request({ callId: 'forged' }));
    await until(() => expect(third.closed).toHaveLength(1));
    expect(callIds(two.received)).toEqual(['with']);
  });

  it('are only asked for otherwise', async () => {
    const two = await startTls({ clientCertificates: 'ask' });
    sendTo(await startTls(), placeOf(two), request());
    await until(() => expect(callIds(two.received)).toEqual(['call-1']));
  });
});

describe('setTls', () => {
  it('shows new certificates to new connections, and keeps the old connections', async () => {
    const running = await startTls();
    const before = await plainTls(portOf(running, 'tls'));
    const other = await makeAuthority();
    running.transports.setTls({ ...(await other.issue({ names: ['new.example'] })), ca: other.ca });
    const after = await plainTls(portOf(running, 'tls'), { ca: other.ca, servername: 'new.example' });
    expect(after.getPeerCertificate().subject.CN).toBe('new.example');
    before.write(request({ callId: 'still-here' }));
    await until(() => expect(callIds(running.received)).toEqual(['still-here']));
  });

  it('changes nothing when key or certificate are of no use', async () => {
    const running = await startTls();
    const { key } = await authority.issue({ names: ['x.example'] });
    for (const wrong of [{ cert: 'not a certificate' }, { key: 'no key' }, { key }, { ciphers: 'NONSENSE' }])
      expect(() => running.transports.setTls({ ...good, ...wrong })).toThrow();
    expect(() =>
      running.transports.setTls({ ...good, peers: [{ host: 'x.example', cert: good.cert, key }] }),
    ).toThrow(/key/);
    const socket = await plainTls(portOf(running, 'tls'));
    expect(socket.getPeerCertificate().subject.CN).toBe('sip.example.com');
  });
});
