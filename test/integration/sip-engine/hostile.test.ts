import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createSipEngine, type SipEngine, type SipEngineOptions } from '../../../src/sip-engine/index.ts';
import { closeAll, open, portOf, type Running, request, sendTo, start, until } from './transport-stage.ts';

/** Peers and applications that take more than their share. */

const OFFICE = '127.0.0.11';
const HOG = '127.0.0.66';

const sockets: Socket[] = [];
const engines: SipEngine[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const engine of engines.splice(0)) await engine.close();
  await closeAll();
});

type Line = { readonly socket: Socket; text(): string };

const lineFrom = async (localAddress: string, port: number): Promise<Line> => {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  sockets.push(socket);
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString();
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return { socket, text: () => text };
};

const isOpen = ({ socket }: Line): boolean => !socket.destroyed;

const manyFrom = (count: number, address: string, port: number): Promise<Line[]> =>
  Promise.all(Array.from({ length: count }, () => lineFrom(address, port)));

const tcp = (limits: NonNullable<SipEngineOptions['limits']>, admission?: SipEngineOptions['admission']) =>
  start({
    listen: [{ protocol: 'tcp', address: '127.0.0.1', port: 0 }],
    limits,
    ...(admission && { admission }),
  });

describe('connections', () => {
  it('of an address that has most make room for those of others', async () => {
    const running = await tcp({ connections: 10 });
    const port = portOf(running, 'tcp');
    const hog = await manyFrom(30, HOG, port);
    await until(() => expect(hog.filter(isOpen)).toHaveLength(10));
    const office = await manyFrom(3, OFFICE, port);
    await until(() => expect(hog.filter(isOpen)).toHaveLength(7));
    expect(office.filter(isOpen)).toHaveLength(3);
    expect(running.transports.connections).toBe(10);
  });

  it('of strangers make room for those of known peers, and for those we open', async () => {
    const running = await tcp(
      { connections: 4, connectionsPerStranger: 1 },
      { sources: [{ cidr: OFFICE }], realms: ['example.org'] },
    );
    const port = portOf(running, 'tcp');
    const strangers = (
      await Promise.all([1, 2, 3, 4, 5].map((last) => manyFrom(1, `127.0.9.${last}`, port)))
    ).flat();
    await until(() => expect(strangers.filter(isOpen)).toHaveLength(4));
    const office = await manyFrom(2, OFFICE, port);
    await until(() => expect(strangers.filter(isOpen)).toHaveLength(2));
    expect(office.filter(isOpen)).toHaveLength(2);
    const carrier = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    open.push({ close: () => carrier.close() });
    await once(carrier, 'listening');
    const { port: far } = carrier.address() as AddressInfo;
    sendTo(running, { protocol: 'tcp', address: '127.0.0.1', port: far }, request());
    await until(() => expect(strangers.filter(isOpen)).toHaveLength(1));
  });
});

const webPeer = async (
  running: Running,
): Promise<{ socket: WebSocket; closed: () => number | undefined }> => {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(running, 'ws')}/`, ['sip']);
  open.push({ close: () => socket.terminate() });
  let code: number | undefined;
  socket.on('close', (given) => {
    code = given;
  });
  await once(socket, 'open');
  return { socket, closed: () => code };
};

describe('messages in pieces', () => {
  it('are bounded in number over WebSocket, since each costs more than its bytes', async () => {
    const running = await start({ listen: [{ protocol: 'ws', address: '127.0.0.1', port: 0 }] });
    const few = await webPeer(running);
    const text = `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: pieces\r\nCSeq: 1 OPTIONS\r\n\r\n`;
    const half = text.length / 2;
    few.socket.send(text.slice(0, half), { fin: false });
    few.socket.send(text.slice(half));
    await until(() => expect(running.received).toHaveLength(1));
    const many = await webPeer(running);
    for (let piece = 0; piece < 300; piece += 1) many.socket.send('x', { fin: false });
    await until(() => expect(many.closed()).toBe(1008));
    expect(few.closed()).toBeUndefined();
  });

  it('keep-alives that come by the thousand are all answered', async () => {
    const running = await start();
    const peer = await lineFrom(OFFICE, portOf(running, 'tcp'));
    peer.socket.write('\r\n\r\n'.repeat(5000));
    await until(() => expect(peer.text()).toBe('\r\n'.repeat(5000)));
  });
});

const frame = (payload: string): string => `${Buffer.byteLength(payload)}#${payload}`;

describe('the admin point', () => {
  it('has room for an application however many connect and say nothing', async () => {
    const engine = await createSipEngine({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      admin: { address: '127.0.0.1', port: 0, secret: 'right' },
    });
    engines.push(engine);
    const silent = await manyFrom(150, HOG, engine.admin.port);
    const app = await lineFrom(OFFICE, engine.admin.port);
    app.socket.write(frame('1|authenticate|right|'));
    await until(() => expect(app.text()).toContain('|response|1|OK|'));
    await until(() => expect(silent.filter(isOpen)).toHaveLength(99));
    expect(isOpen(app)).toBe(true);
  });
});

type UdpPeer = { readonly socket: UdpSocket; readonly port: number; statuses(): string[] };

const udpFrom = async (address: string): Promise<UdpPeer> => {
  const socket = createSocket('udp4');
  open.push({ close: () => socket.close() });
  const heard: string[] = [];
  socket.on('message', (bytes) => heard.push(bytes.toString('latin1', 8, 11)));
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, port: socket.address().port, statuses: () => heard };
};

let asked = 0;

const ask = ({ socket }: UdpPeer, port: number): void => {
  asked += 1;
  const text = request({ method: 'MESSAGE', callId: `asked-${asked}` }).replace(
    'z9hG4bK1',
    `z9hG4bK-${asked}`,
  );
  socket.send(text, port, '127.0.0.1');
};

describe('whoever names a domain of ours', () => {
  it('fills half of the room with requests that wait, and known peers have the rest', async () => {
    const engine = await createSipEngine({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      admin: { address: '127.0.0.1', port: 0, secret: 'right' },
      admission: { sources: [{ cidr: OFFICE }], realms: ['example.org'] },
      limits: { transactions: 4 },
    });
    engines.push(engine);
    const port = Number(engine.hostports[0]?.split(':').at(-1));
    const app = await lineFrom(OFFICE, engine.admin.port);
    app.socket.write(frame('1|authenticate|right|') + frame('2|route|message'));
    await until(() => expect(app.text()).toContain('|response|2|OK'));
    const arrived = (): number => app.text().split('|sip|network|').length - 1;
    const guest = await udpFrom(HOG);
    for (let count = 0; count < 5; count += 1) ask(guest, port);
    await until(() => expect(guest.statuses()).toEqual(['503', '503', '503']));
    const known = await udpFrom(OFFICE);
    for (let count = 0; count < 3; count += 1) ask(known, port);
    await until(() => expect(known.statuses()).toEqual(['503']));
    await until(() => expect(arrived()).toBe(4));
  });

  it('is not freed from the rate of strangers by a challenge, but by a success', async () => {
    const running = await start({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      admission: { sources: [], realms: ['example.org'] },
      strangersPerSecond: 2,
    });
    const peer = await udpFrom(HOG);
    const to = { protocol: 'udp', address: HOG, port: peer.port } as const;
    const burst = async (status: string): Promise<number> => {
      const before = running.received.length + running.counters.droppedStrangers;
      const taken = running.received.length;
      sendTo(running, to, `SIP/2.0 ${status}\r\n\r\n`);
      for (let count = 0; count < 20; count += 1) ask(peer, portOf(running, 'udp'));
      await until(() =>
        expect(running.received.length + running.counters.droppedStrangers).toBe(before + 20),
      );
      return running.received.length - taken;
    };
    for (const status of ['100 Trying', '401 Unauthorized', '503 Service Unavailable'])
      expect(await burst(status)).toBeLessThan(10);
    expect(await burst('180 Ringing')).toBe(20);
  });
});
