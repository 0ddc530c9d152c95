import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { buildResponse, serializeMessage } from '../../../src/sip-engine/message/index.ts';
import type { Endpoint } from '../../../src/sip-engine/transport/index.ts';
import { makeAuthority } from '../../support/certificates.ts';
import {
  at,
  callIds,
  closeAll,
  ended,
  ignore,
  nobody,
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

afterEach(closeAll);

type Client = { readonly socket: WebSocket; readonly frames: { text: string; isBinary: boolean }[] };

const clientOf = async (url: string, protocols = ['sip'], options = {}): Promise<Client> => {
  const socket = new WebSocket(url, protocols, options);
  const frames: Client['frames'] = [];
  socket.on('message', (data, isBinary) => frames.push({ text: String(data), isBinary }));
  open.push({ close: () => socket.terminate() });
  await once(socket, 'open');
  socket.on('error', ignore);
  return { socket, frames };
};

const client = (running: Running): Promise<Client> =>
  clientOf(`ws://127.0.0.1:${portOf(running, 'ws')}/any/path`);

const withoutLength = (text: string): string => text.replace(/Content-Length: \d+\r\n/, '');

const upgradeHead = (protocols: string): string =>
  `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${protocols}` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

describe('WebSocket', () => {
  it('tells which page opened it, whatever the page itself writes', async () => {
    const running = await start(at('ws'));
    const url = `ws://127.0.0.1:${portOf(running, 'ws')}/`;
    const page = await clientOf(url, ['sip'], { origin: 'https://www.example.com' });
    const forged = request({ callId: 'page' }).replace(
      '\r\nCall-ID:',
      '\r\nX-Dialtrace-Origin: https://evil.example\r\nCall-ID:',
    );
    page.socket.send(forged);
    const tool = await clientOf(url);
    tool.socket.send(forged.replace('Call-ID: page', 'Call-ID: tool'));
    await until(() => expect(callIds(running.received)).toEqual(['page', 'tool']));
    const origins = running.received.map(({ result }) =>
      result.ok
        ? result.message.headers.filter(({ key }) => key === 'x-dialtrace-origin').map(({ value }) => value)
        : [],
    );
    expect(origins).toEqual([['https://www.example.com'], []]);
  });

  it('takes more from a proxy of this machine than from one stranger: it brings everybody', async () => {
    const running = await start({
      listen: (['ws', 'tcp'] as const).map((protocol) => ({ protocol, address: '127.0.0.1', port: 0 })),
      admission: { sources: [], realms: ['example.org'] },
      limits: { connectionsPerStranger: 1 },
    });
    const pages = [await client(running), await client(running), await client(running)];
    await tcpPeer(portOf(running, 'tcp'));
    const second = await tcpPeer(portOf(running, 'tcp'));
    await ended(second.socket);
    expect(running.transports.connections).toBe(4);
    expect(pages.map(({ socket }) => socket.readyState)).toEqual(pages.map(() => WebSocket.OPEN));
  });

  it('takes a message a frame, text or binary, whole or in fragments, and answers in text', async () => {
    const running = await start(at('ws'));
    const { socket, frames } = await client(running);
    expect(socket.protocol).toBe('sip');
    socket.send(withoutLength(request({ callId: 'text', body: 'äöü' })));
    socket.send(Buffer.from(request({ callId: 'binary' })));
    const text = request({ callId: 'fragments' });
    socket.send(text.slice(0, 50), { fin: false });
    socket.send(text.slice(50), { fin: true });
    await until(() => expect(callIds(running.received)).toEqual(['text', 'binary', 'fragments']));
    const [first] = running.received;
    if (!first?.result.ok) throw new Error('refused');
    expect(first.result.message.body.toString()).toBe('äöü');
    expect(first).toMatchObject({
      remote: { protocol: 'ws', address: '127.0.0.1' },
      localAddress: '127.0.0.1',
    });
    running.transports.send(serializeMessage(buildResponse(first.result.message, 200)), first, ignore);
    await until(() => expect(frames[0]).toMatchObject({ isBinary: false }));
    expect(frames[0]?.text).toMatch(/^SIP\/2.0 200 OK\r\n/);
    running.transports.send(Buffer.from([0xff, 0xfe]), first, ignore);
    await until(() => expect(frames[1]?.isBinary).toBe(true));
    socket.close();
    await until(() => expect(running.closed).toEqual([first.flow]));
  });

  it('answers CRLFCRLF by CRLF, and a ping by a pong', async () => {
    const running = await start(at('ws'));
    const { socket, frames } = await client(running);
    socket.send('\r\n\r\n');
    socket.send('\r\n');
    socket.send(Buffer.from('\r\n\r\n'));
    await until(() =>
      expect(frames).toEqual([
        { text: '\r\n', isBinary: false },
        { text: '\r\n', isBinary: true },
      ]),
    );
    socket.ping();
    await once(socket, 'pong');
    expect(running.received).toEqual([]);
  });

  it('refuses what does not offer the subprotocol sip, and what is no upgrade', async () => {
    const running = await start(at('ws'));
    const port = portOf(running, 'ws');
    for (const protocols of ['', 'Sec-WebSocket-Protocol: chat, sips\r\n']) {
      const peer = await tcpPeer(port);
      peer.socket.write(upgradeHead(protocols));
      await ended(peer.socket);
      expect(peer.text()).toMatch(/^HTTP\/1.1 400 /);
    }
    const good = await tcpPeer(port);
    good.socket.write(upgradeHead('Sec-WebSocket-Protocol: chat, sip\r\n'));
    await until(() => expect(good.text()).toMatch(/^HTTP\/1.1 101 [\s\S]*Sec-WebSocket-Protocol: sip\r\n/));
    const web = await fetch(`http://127.0.0.1:${port}/`);
    expect(web.status).toBe(426);
    const large = await tcpPeer(port);
    large.socket.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`);
    await until(() => expect(large.text()).toMatch(/^HTTP\/1.1 431 /));
  });

  it('offers no compression', async () => {
    const running = await start(at('ws'));
    const { socket } = await client(running);
    expect(socket.extensions).toBe('');
  });

  it('closes on a frame above the limit, with the code for it, and counts', async () => {
    const running = await start({ ...at('ws'), limits: { messageBytes: 1000 } });
    const { socket } = await client(running);
    socket.send('x'.repeat(1001));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
    expect(running.counters.refusedByLimit).toEqual({ messageBytes: 1 });
    expect(running.received).toEqual([]);
  });

  it('waits for the upgrade only so long', async () => {
    const running = await start({ ...at('ws'), streams: { handshake: 100 } });
    const peer = await tcpPeer(portOf(running, 'ws'));
    const over = ended(peer.socket);
    peer.socket.write('GET / HTTP/1.1\r\nHost: ');
    await over;
    await until(() => expect(running.transports.connections).toBe(0));
  });

  it('pings, and closes on a peer that is gone', async () => {
    const running = await start({ ...at('ws'), keepAliveSeconds: 0.05, streams: { pong: 150 } });
    const alive = await client(running);
    const dead = await clientOf(`ws://127.0.0.1:${portOf(running, 'ws')}/`, ['sip'], { autoPong: false });
    await once(dead.socket, 'close');
    await once(alive.socket, 'ping');
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
    expect(running.transports.connections).toBe(1);
  });

  it('closes on a frame that is begun and never ended, however busy its sender is', async () => {
    const running = await start({ ...at('ws'), streams: { whole: 200, wholeOfKnown: 200 } });
    const peer = await tcpPeer(portOf(running, 'ws'));
    peer.socket.write(upgradeHead('Sec-WebSocket-Protocol: sip\r\n'));
    await until(() => expect(peer.text()).toContain('101'));
    const over = ended(peer.socket);
    // A masked text frame of 100 bytes, of which one comes each time.
    peer.socket.write(Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0]));
    const drip = setInterval(() => peer.socket.write('x'), 30);
    await over;
    clearInterval(drip);
    await until(() => expect(running.closed).toHaveLength(1));
  });
});

describe('between engines', () => {
  it('goes both ways over WS', async () => {
    const [one, two] = [await start(at('ws')), await start(at('ws'))];
    const remote: Endpoint = { protocol: 'ws', address: '127.0.0.1', port: portOf(two, 'ws') };
    sendTo(one, remote, request({ callId: '1' }));
    sendTo(one, remote, request({ callId: '2' }));
    await until(() => expect(callIds(two.received)).toEqual(['1', '2']));
    const [arrived] = two.received;
    if (!arrived?.result.ok) throw new Error('refused');
    two.transports.send(serializeMessage(buildResponse(arrived.result.message, 200)), arrived, ignore);
    await until(() => expect(one.received).toHaveLength(1));
    expect(two.transports.connections).toBe(1);
  });

  it('goes over WSS, the certificate checked', async () => {
    const authority = await makeAuthority();
    const tls = { ...(await authority.issue({ names: ['ws.example'] })), ca: authority.ca };
    const [one, two] = [await start({ ...at('wss'), tls }), await start({ ...at('wss'), tls })];
    const place = { protocol: 'wss', address: '127.0.0.1', port: portOf(two, 'wss') } as const;
    sendTo(one, { ...place, host: 'ws.example' }, request());
    await until(() => expect(callIds(two.received)).toEqual(['call-1']));
    expect(two.received[0]?.remote.protocol).toBe('wss');
    const { errors } = sendTo(one, { ...place, host: 'x.example' }, request());
    await until(() => expect(errors[0]?.message).toBe('the certificate shown is not for x.example'));
    const browser = await clientOf(`wss://127.0.0.1:${place.port}/`, ['sip'], {
      ca: authority.ca,
      servername: 'ws.example',
    });
    browser.socket.send(request({ callId: 'browser' }));
    await until(() => expect(callIds(two.received)).toContain('browser'));
    const plain = await clientOf(`wss://127.0.0.1:${place.port}/`, ['chat'], {
      rejectUnauthorized: false,
    }).catch(String);
    expect(plain).toContain('400');
  });

  it('fails on a peer that speaks no SIP, or nothing at all', async () => {
    const running = await start({ ...at('ws'), streams: { handshake: 100 } });
    const web = createServer((_request, response) => response.end('hello'));
    const other = new WebSocketServer({ server: web, handleProtocols: () => 'chat' });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    open.push({ close: () => web.close() }, { close: () => other.close() });
    const address = web.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const chat = sendTo(running, { protocol: 'ws', address: '127.0.0.1', port }, request());
    await until(() => expect(chat.errors[0]?.message).toMatch(/subprotocol/));
    const silent = await tcpListener();
    const none = sendTo(running, { protocol: 'ws', address: '127.0.0.1', port: silent.port }, request());
    await until(() => expect(none.errors[0]?.message).toMatch(/timed out/));
    expect(running.closed).toHaveLength(2);
  });

  it('takes a stranger only for so long as it says nothing', async () => {
    const running = await start({ ...at('ws'), admission: nobody, streams: { first: 150 } });
    const { socket } = await client(running);
    const closed = vi.fn();
    socket.on('close', closed);
    const chatter = setInterval(() => socket.send('\r\n\r\n'), 30);
    await until(() => expect(closed).toHaveBeenCalled());
    clearInterval(chatter);
  });
});
