import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildResponse, headerValue, serializeMessage } from '../../../src/sip-engine/message/index.ts';
import { createTransports, type Endpoint } from '../../../src/sip-engine/transport/index.ts';
import {
  callIds,
  closeAll,
  ignore,
  nobody,
  open,
  portOf,
  request,
  start,
  tcpListener,
  tcpPeer,
  until,
} from './transport-stage.ts';

afterEach(closeAll);

const udpPeer = async (
  address = '127.0.0.1',
): Promise<{ socket: Datagrams; port: number; texts: string[] }> => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const texts: string[] = [];
  socket.on('message', (bytes) => texts.push(bytes.toString()));
  socket.bind(0, address);
  await once(socket, 'listening');
  open.push({ close: () => socket.close() });
  return { socket, port: socket.address().port, texts };
};

describe('UDP', () => {
  it('receives with Via filled in, and answers from the same port', async () => {
    const running = await start();
    const peer = await udpPeer();
    const port = portOf(running, 'udp');
    peer.socket.send(request(), port, '127.0.0.1');
    await until(() => expect(running.received).toHaveLength(1));
    const [first] = running.received;
    if (!first?.result.ok) throw new Error('refused');
    expect(first).toMatchObject({
      remote: { protocol: 'udp', address: '127.0.0.1', port: peer.port },
      stranger: false,
      flow: undefined,
    });
    expect(first.localAddress).toBe('127.0.0.1');
    expect(headerValue(first.result.message, 'via')).toBe(
      `SIP/2.0/UDP client.invalid:5060;branch=z9hG4bK1;received=127.0.0.1;rport=${peer.port}`,
    );
    const response = serializeMessage(buildResponse(first.result.message, 200));
    running.transports.send(response, first, ignore);
    await until(() => expect(peer.texts[0]).toMatch(/^SIP\/2.0 200 OK\r\n/));
  });

  it('works over IPv6', async () => {
    const running = await start({ listen: [{ protocol: 'udp', address: '::1', port: 0 }] });
    const peer = await udpPeer('::1');
    peer.socket.send(request(), portOf(running, 'udp'), '::1');
    await until(() => expect(running.received).toHaveLength(1));
    expect(running.received[0]?.remote.address).toBe('::1');
    const local = running.transports.select({ protocol: 'udp', address: '::1', port: peer.port });
    if (!local) throw new Error('no listening point');
    running.transports.send(
      Buffer.from('hello'),
      { local, remote: { protocol: 'udp', address: '::1', port: peer.port } },
      ignore,
    );
    await until(() => expect(peer.texts).toEqual(['hello']));
  });

  it('hands up what must be refused, drops what can not be answered, and takes keep-alives silently', async () => {
    const running = await start();
    const peer = await udpPeer();
    const port = portOf(running, 'udp');
    for (const text of [
      '\r\n\r\n',
      '\0',
      '',
      'garbage',
      request({ more: 'CSeq: 2 OPTIONS\r\n' }),
      request({ callId: 'last' }),
    ])
      peer.socket.send(text, port, '127.0.0.1');
    await until(() => expect(callIds(running.received)).toEqual(['refused 400', 'last']));
    expect(running.counters).toMatchObject({
      droppedStrangers: 0,
      droppedMalformed: 1,
      rejectedMalformed: 1,
    });
    const [refused] = running.received;
    if (!refused || refused.result.ok) throw new Error('accepted');
    expect(refused.result.request.headers[0]?.value).toContain(`rport=${peer.port}`);
  });

  it('outlives a peer that is not there', async () => {
    const running = await start();
    const peer = await udpPeer();
    const local = running.transports.listenPoints[0];
    if (!local) throw new Error('no listening point');
    for (let turn = 0; turn < 5; turn += 1)
      running.transports.send(
        Buffer.from('x'),
        { local, remote: { protocol: 'udp', address: '127.0.0.1', port: 9 } },
        ignore,
      );
    peer.socket.send(request(), local.port, '127.0.0.1');
    await until(() => expect(running.received).toHaveLength(1));
  });
});

describe('admission', () => {
  it('gives strangers silence, but passes what may belong to a call', async () => {
    const running = await start({ admission: nobody });
    const peer = await udpPeer();
    const port = portOf(running, 'udp');
    const messages = [
      request({ method: 'INVITE', callId: 'scan' }),
      'garbage',
      request({ callId: 'bad', toTag: 'x', more: 'CSeq: 9 OPTIONS\r\n' }),
      request({ method: 'BYE', callId: 'in-dialog', toTag: 'x' }),
      request({ callId: 'answer', toTag: 'x' }).replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n'),
    ];
    for (const text of messages) peer.socket.send(text, port, '127.0.0.1');
    await until(() => expect(callIds(running.received)).toEqual(['in-dialog', 'answer']));
    expect(running.received.every(({ stranger }) => stranger)).toBe(true);
    expect(running.counters).toMatchObject({
      droppedStrangers: 3,
      droppedMalformed: 0,
      rejectedMalformed: 0,
    });
    expect(peer.texts).toEqual([]);
  });

  it('serves sources, and requests that name a realm', async () => {
    const running = await start({ admission: { sources: [], realms: ['calls.example'] } });
    const peer = await udpPeer();
    const port = portOf(running, 'udp');
    peer.socket.send(request({ callId: 'other' }), port, '127.0.0.1');
    peer.socket.send(request({ callId: 'from', from: 'CALLS.example' }), port, '127.0.0.1');
    peer.socket.send(request({ callId: 'uri', uri: 'sip:1@calls.example' }), port, '127.0.0.1');
    await until(() => expect(callIds(running.received)).toEqual(['from', 'uri']));
    expect(running.received.some(({ stranger }) => stranger)).toBe(false);
    running.transports.setAdmission({ sources: [{ cidr: '127.0.0.0/8', port: peer.port }], realms: [] });
    peer.socket.send(request({ callId: 'source' }), port, '127.0.0.1');
    await until(() => expect(callIds(running.received)).toContain('source'));
    expect(running.counters.droppedStrangers).toBe(1);
  });

  it('parses only so much of a flood, unless it answers something sent', async () => {
    const running = await start({ admission: nobody, strangersPerSecond: 0.001 });
    const peer = await udpPeer();
    const port = portOf(running, 'udp');
    const flood = request({ method: 'BYE', callId: 'flood', toTag: 'x' });
    for (let turn = 0; turn < 20; turn += 1) peer.socket.send(flood, port, '127.0.0.1');
    await until(() => expect(running.counters.droppedStrangers).toBe(20));
    expect(running.received).toEqual([]);
    const local = running.transports.listenPoints[0];
    if (!local) throw new Error('no listening point');
    const remote: Endpoint = { protocol: 'udp', address: '127.0.0.1', port: peer.port };
    running.transports.send(Buffer.from('OPTIONS'), { local, remote }, ignore);
    await until(() => expect(peer.texts).toHaveLength(1));
    peer.socket.send(flood, port, '127.0.0.1');
    await until(() => expect(running.received).toHaveLength(1));
    expect(running.received[0]?.stranger).toBe(true);
  });

  it('closes idle connections of strangers, and takes few of them', async () => {
    const running = await start({ admission: nobody, streams: { perStranger: 2, strangerIdle: 300 } });
    const port = portOf(running, 'tcp');
    const peers = [await tcpPeer(port), await tcpPeer(port), await tcpPeer(port)];
    const ended = peers.map(({ socket }) => once(socket, 'close'));
    await ended[2];
    expect(running.transports.connections).toBe(2);
    await Promise.all(ended);
    await until(() => expect(running.transports.connections).toBe(0));
    const again = await tcpPeer(port);
    await until(() => expect(running.transports.connections).toBe(1));
    expect(again.text()).toBe('');
  });
});

describe('TCP', () => {
  it('puts messages together from single bytes', async () => {
    const running = await start();
    const peer = await tcpPeer(portOf(running, 'tcp'));
    peer.socket.setNoDelay(true);
    for (const byte of Buffer.from(request({ body: 'äöü' }))) peer.socket.write(Buffer.of(byte));
    await until(() => expect(running.received).toHaveLength(1));
    const [first] = running.received;
    expect(first?.result.ok && first.result.message.body.toString()).toBe('äöü');
    expect(first?.flow?.open).toBe(true);
  });

  it('takes messages apart that stick together, with keep-alives between them', async () => {
    const running = await start();
    const peer = await tcpPeer(portOf(running, 'tcp'));
    const text = `${request({ callId: '1' })}\r\n\r\n${request({ callId: '2', body: 'x' })}\r\n\r\n${request({ callId: '3' })}`;
    peer.socket.write(text);
    await until(() => expect(callIds(running.received)).toEqual(['1', '2', '3']));
    await until(() => expect(peer.text()).toBe('\r\n\r\n'));
  });

  it('answers on the connection of the request, and tells when it ends', async () => {
    const running = await start();
    const peer = await tcpPeer(portOf(running, 'tcp'));
    peer.socket.write(request());
    await until(() => expect(running.received).toHaveLength(1));
    const [first] = running.received;
    if (!first?.result.ok) throw new Error('refused');
    running.transports.send(serializeMessage(buildResponse(first.result.message, 200)), first, ignore);
    await until(() => expect(peer.text()).toMatch(/^SIP\/2.0 200 OK/));
    peer.socket.end();
    await until(() => expect(running.closed).toEqual([first.flow]));
    expect(first.flow?.open).toBe(false);
    expect(running.transports.connections).toBe(0);
  });

  it('refuses a broken frame, then closes', async () => {
    const running = await start({
      parseLimits: { message: 2000, line: 500, headers: 50, items: 10, vias: 5 },
    });
    for (const [length, status] of [
      ['5000', 513],
      ['-1', 400],
    ] as const) {
      const peer = await tcpPeer(portOf(running, 'tcp'));
      const count = running.received.length;
      const ended = once(peer.socket, 'close');
      peer.socket.write(request().replace('Content-Length: 0', `Content-Length: ${length}`));
      await until(() => expect(running.received.length).toBe(count + 1));
      expect(running.received.at(-1)?.result).toMatchObject({ ok: false, status });
      await ended;
    }
  });

  it('opens one connection for many messages and uses it again', async () => {
    const running = await start();
    const listener = await tcpListener();
    const remote: Endpoint = { protocol: 'tcp', address: '127.0.0.1', port: listener.port };
    const local = running.transports.select(remote);
    if (!local) throw new Error('no listening point');
    const failed = vi.fn();
    running.transports.send(Buffer.from('one '), { local, remote }, failed);
    running.transports.send(Buffer.from('two '), { local, remote }, failed);
    await until(() => expect(listener.text()).toBe('one two '));
    running.transports.send(Buffer.from('three'), { local, remote }, failed);
    await until(() => expect(listener.text()).toBe('one two three'));
    expect(listener.sockets).toHaveLength(1);
    listener.sockets[0]?.write(request({ callId: 'back' }));
    await until(() => expect(callIds(running.received)).toEqual(['back']));
    expect(failed).not.toHaveBeenCalled();
  });

  it('reports a refused connection once for each message, never at once', async () => {
    const running = await start();
    const listener = await tcpListener();
    await open.pop()?.close();
    const remote: Endpoint = { protocol: 'tcp', address: '127.0.0.1', port: listener.port };
    const local = running.transports.select(remote);
    if (!local) throw new Error('no listening point');
    const failed = vi.fn();
    running.transports.send(Buffer.from('a'), { local, remote }, failed);
    running.transports.send(Buffer.from('b'), { local, remote }, failed);
    expect(failed).not.toHaveBeenCalled();
    await until(() => expect(failed).toHaveBeenCalledTimes(2));
    expect(String(failed.mock.calls[0]?.[0])).toContain('ECONNREFUSED');
    await delay(20);
    expect(failed).toHaveBeenCalledTimes(2);
  });
});

describe('points', () => {
  it('chooses, advertises and knows its own addresses', async () => {
    const listen = [
      { protocol: 'udp', address: '127.0.0.1', port: 0 },
      { protocol: 'udp', address: '0.0.0.0', port: 0, externalAddress: '198.51.100.1' },
    ] as const;
    const { transports } = await start({ listen });
    const [loopback, everywhere] = transports.listenPoints;
    if (!loopback || !everywhere) throw new Error('no listening points');
    expect(everywhere.advertised).toEqual({ address: '198.51.100.1', port: everywhere.port });
    expect(transports.select({ protocol: 'udp', address: '203.0.113.1', port: 5060 })).toBe(everywhere);
    expect(transports.select({ protocol: 'udp', address: '127.0.0.1', port: 5060 })).toBe(loopback);
    expect(transports.select({ protocol: 'tcp', address: '127.0.0.1', port: 5060 })).toBeUndefined();
    expect(transports.advertisedTo(everywhere, '127.0.0.1').address).toBe('127.0.0.1');
    expect(transports.advertisedTo(everywhere, '203.0.113.1').address).toBe('198.51.100.1');
    expect(transports.isOwnAddress('198.51.100.1', everywhere.port)).toBe(true);
    expect(transports.isOwnAddress('127.0.0.1', loopback.port)).toBe(true);
    expect(transports.isOwnAddress('127.0.0.1', undefined)).toBe(false);
    expect(transports.isOwnAddress('example.com', everywhere.port)).toBe(false);
    expect([1300, 1301].map(transports.fitsUdp)).toEqual([true, false]);
  });

  it('binds all or nothing', async () => {
    const taken = await udpPeer();
    const failing = createTransports(
      {
        listen: [
          { protocol: 'tcp', address: '127.0.0.1', port: 0 },
          { protocol: 'udp', address: '127.0.0.1', port: taken.port },
        ],
      },
      { received: ignore, flowClosed: ignore },
    );
    await expect(failing).rejects.toThrow(/EADDRINUSE/);
  });

  it('leaves nothing open', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => /TCP|UDP|Timeout/.test(name)).length;
    const running = await start();
    const peer = await tcpPeer(portOf(running, 'tcp'));
    peer.socket.write(request());
    await until(() => expect(running.received).toHaveLength(1));
    const local = running.transports.listenPoints[1];
    if (!local) throw new Error('no listening point');
    const unreachable: Endpoint = { protocol: 'tcp', address: '127.0.0.1', port: 9 };
    running.transports.send(Buffer.from('x'), { local, remote: unreachable }, ignore);
    const ended = once(peer.socket, 'close');
    await running.transports.close();
    await ended;
    const failed = vi.fn();
    for (const point of running.transports.listenPoints)
      running.transports.send(
        Buffer.from('x'),
        { local: point, remote: { ...unreachable, protocol: point.protocol } },
        failed,
      );
    await until(() => expect(failed).toHaveBeenCalledTimes(2));
    await until(() => {
      const after = process.getActiveResourcesInfo().filter((name) => /TCP|UDP|Timeout/.test(name)).length;
      expect(after).toBeLessThanOrEqual(before);
    });
  });
});
