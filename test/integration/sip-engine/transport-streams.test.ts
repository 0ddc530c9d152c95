import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../../src/sip-engine/transport/index.ts';
import type { BanChange } from '../../../src/sip-engine/types.ts';
import type { Offence, Wall } from '../../../src/sip-engine/wall/types.ts';
import {
  at,
  callIds,
  closeAll,
  ended,
  nobody,
  open,
  portOf,
  request,
  sendTo,
  start,
  tcpListener,
  tcpPeer,
  until,
} from './transport-stage.ts';

afterEach(closeAll);

describe('slow peers', () => {
  it('have to say something whole soon, or a stranger is sent away', async () => {
    const running = await start({ ...at('tcp'), admission: nobody, streams: { first: 150 } });
    const peer = await tcpPeer(portOf(running, 'tcp'));
    const over = ended(peer.socket);
    const drip = setInterval(() => peer.socket.write('\r\n\r\n'), 20);
    await over;
    clearInterval(drip);
    await until(() => expect(running.transports.connections).toBe(0));
  });

  it('have to finish what they began, whoever they are', async () => {
    const running = await start({ ...at('tcp'), streams: { wholeOfKnown: 200 } });
    const slow = await tcpPeer(portOf(running, 'tcp'));
    const quick = await tcpPeer(portOf(running, 'tcp'));
    const over = ended(slow.socket);
    slow.socket.write(request({ callId: 'whole' }));
    const drip = setInterval(() => slow.socket.write('X'), 20);
    quick.socket.write(`${request({ callId: 'quick' })}\r\n`);
    await over;
    clearInterval(drip);
    expect(callIds(running.received).sort()).toEqual(['quick', 'whole']);
    expect(quick.socket.destroyed).toBe(false);
  });

  it('keep a connection that they use: a message each time starts the clock anew', async () => {
    const running = await start({
      ...at('tcp'),
      admission: nobody,
      streams: { first: 400, strangerIdle: 400 },
    });
    const peer = await tcpPeer(portOf(running, 'tcp'));
    const started = performance.now();
    const over = ended(peer.socket);
    const talk = setInterval(() => peer.socket.write(request({ method: 'BYE', toTag: 'x' })), 50);
    await delay(1200);
    expect(peer.socket.destroyed).toBe(false);
    clearInterval(talk);
    await over;
    expect(performance.now() - started).toBeGreaterThan(1200);
  });
});

describe('limits', () => {
  it('of connections are counted by name, those we would open included', async () => {
    const running = await start({ ...at('tcp'), limits: { connections: 1 } });
    const first = await tcpPeer(portOf(running, 'tcp'));
    await until(() => expect(running.transports.connections).toBe(1));
    const second = await tcpPeer(portOf(running, 'tcp'));
    await ended(second.socket);
    const { errors } = sendTo(running, { protocol: 'tcp', address: '127.0.0.1', port: 9 }, request());
    await until(() => expect(errors[0]?.message).toBe('too many connections'));
    expect(running.counters.refusedByLimit).toEqual({ connections: 2 });
    expect(first.socket.destroyed).toBe(false);
  });

  it('of strangers, of message size and of header lines are counted too', async () => {
    const running = await start({
      listen: [
        { protocol: 'tcp', address: '127.0.0.1', port: 0 },
        { protocol: 'udp', address: '127.0.0.1', port: 0 },
      ],
      admission: { sources: [], realms: ['example.org'] },
      limits: { connectionsPerStranger: 1, messageBytes: 1500, headers: 8 },
    });
    await tcpPeer(portOf(running, 'tcp'));
    await until(() => expect(running.transports.connections).toBe(1));
    const second = await tcpPeer(portOf(running, 'tcp'));
    await ended(second.socket);
    expect(running.counters.refusedByLimit).toEqual({ connectionsPerStranger: 1 });
    running.transports.setAdmission(undefined);
    const known = await tcpPeer(portOf(running, 'tcp'));
    known.socket.write(request({ more: 'X: 1\r\nX: 2\r\nX: 3\r\n' }));
    await until(() => expect(callIds(running.received)).toEqual(['refused 400']));
    known.socket.write(request({ body: 'x'.repeat(1500) }));
    await until(() => expect(callIds(running.received)).toEqual(['refused 400', 'refused 513']));
    expect(running.counters.refusedByLimit).toEqual({
      connectionsPerStranger: 1,
      headers: 1,
      messageBytes: 1,
    });
  });
});

describe('keep-alives', () => {
  it('go out on connections that we opened; a peer that stops to answer is left', async () => {
    const running = await start({ ...at('tcp'), keepAliveSeconds: 0.1, streams: { pong: 200 } });
    const listener = await tcpListener();
    const remote: Endpoint = { protocol: 'tcp', address: '127.0.0.1', port: listener.port };
    sendTo(running, remote, 'hello');
    // A peer that has never answered may go on not to.
    await until(() => expect(listener.text()).toMatch(/^hello(\r\n\r\n){5}/));
    expect(running.transports.connections).toBe(1);
    let answers = 0;
    listener.sockets[0]?.on('data', () => {
      if (answers < 3) listener.sockets[0]?.write('\r\n');
      answers += 1;
    });
    await until(() => expect(running.closed).toHaveLength(1));
    expect(answers).toBeGreaterThanOrEqual(4);
    expect(running.received).toEqual([]);
  });

  it('do not go out on connections of others, nor when switched off', async () => {
    const running = await start({ ...at('tcp'), keepAliveSeconds: 0.05 });
    const peer = await tcpPeer(portOf(running, 'tcp'));
    const silent = await start({ ...at('tcp'), keepAliveSeconds: 0 });
    const listener = await tcpListener();
    sendTo(silent, { protocol: 'tcp', address: '127.0.0.1', port: listener.port }, 'hello');
    await delay(400);
    expect(peer.text()).toBe('');
    expect(listener.text()).toBe('hello');
  });

  it('of the peer are answered on connections of either side', async () => {
    const running = await start(at('tcp'));
    const listener = await tcpListener();
    sendTo(running, { protocol: 'tcp', address: '127.0.0.1', port: listener.port }, 'hello');
    await until(() => expect(listener.text()).toBe('hello'));
    listener.sockets[0]?.write('\r\n\r\n');
    await until(() => expect(listener.text()).toBe('hello\r\n'));
  });
});

describe('connections', () => {
  it('of a peer are used for what goes to its place, by protocol', async () => {
    const running = await start(at('tcp'));
    const peer = await tcpPeer(portOf(running, 'tcp'));
    await until(() => expect(running.transports.connections).toBe(1));
    const { localPort: port = 0 } = peer.socket;
    sendTo(running, { protocol: 'tcp', address: '127.0.0.1', port }, 'back');
    await until(() => expect(peer.text()).toBe('back'));
    expect(running.transports.connections).toBe(1);
  });

  it('work over IPv6', async () => {
    const [one, two] = [await start(at('ws', '::1')), await start(at('ws', '::1'))];
    sendTo(one, { protocol: 'ws', address: '::1', port: portOf(two, 'ws') }, request());
    await until(() => expect(callIds(two.received)).toEqual(['call-1']));
    expect(two.received[0]?.remote.address).toBe('::1');
  });

  it('to a port that is none fail as any other', async () => {
    const running = await start();
    for (const protocol of ['tcp', 'udp'] as const) {
      const { errors } = sendTo(running, { protocol, address: '127.0.0.1', port: 70_000 }, 'x');
      expect(errors).toEqual([]);
      await until(() => expect(errors).toHaveLength(1));
    }
    expect(running.transports.connections).toBe(0);
  });
});

describe('UDP', () => {
  it('tells of a datagram too large to send', async () => {
    const running = await start();
    const { errors } = sendTo(
      running,
      { protocol: 'udp', address: '127.0.0.1', port: 9 },
      'x'.repeat(66_000),
    );
    await until(() => expect(errors[0]?.message).toMatch(/EMSGSIZE/));
  });
});

/** A wall that keeps out one port's worth of peers at the word of the test. */
const fakeWall = () => {
  const offences: Offence[] = [];
  const listeners: ((change: BanChange) => void)[] = [];
  const state = { closed: false };
  const wall: Wall = {
    admits: () => !state.closed,
    isBanned: () => state.closed,
    offence: (_address, kind) => {
      offences.push(kind);
      return false;
    },
    welcome: () => {},
    partner: () => {},
    setKnown: () => {},
    bans: () => [],
    size: 0,
    ban: () => {},
    unban: () => false,
    onChange: (listener) => listeners.push(listener),
    droppedBanned: 0,
    droppedOverRate: 0,
    close: () => {},
  };
  const ban = (cidr: string): void => {
    state.closed = true;
    const told = { cidr, reason: 'test', by: 'hand', since: 0, until: undefined, count: 1 } as const;
    for (const listener of listeners) listener({ type: 'banned', ban: told });
  };
  return { wall, offences, ban };
};

describe('the wall', () => {
  it('hears of strangers and of what is no SIP', async () => {
    const { wall, offences } = fakeWall();
    const running = await start({ admission: { sources: [], realms: ['calls.example'] }, wall });
    const peer = await tcpPeer(portOf(running, 'tcp'));
    peer.socket.write(request());
    await until(() => expect(offences).toEqual(['stranger']));
    peer.socket.write('garbage\r\n\r\n');
    await until(() => expect(offences).toEqual(['stranger', 'malformed']));
    expect(running.counters.droppedStrangers).toBe(2);
  });

  it('keeps out datagrams, messages and connections, and ends those that stand', async () => {
    const { wall, ban } = fakeWall();
    const running = await start({ wall });
    const standing = await tcpPeer(portOf(running, 'tcp'));
    standing.socket.write(request({ callId: 'before' }));
    await until(() => expect(callIds(running.received)).toEqual(['before']));
    ban('127.0.0.0/8');
    await ended(standing.socket);
    const late = await tcpPeer(portOf(running, 'tcp'));
    await ended(late.socket);
    const datagrams = createSocket('udp4');
    open.push({ close: () => datagrams.close() });
    const sent = vi.fn();
    datagrams.send(request({ callId: 'after' }), portOf(running, 'udp'), '127.0.0.1', sent);
    await until(() => expect(sent).toHaveBeenCalled());
    await delay(50);
    expect(callIds(running.received)).toEqual(['before']);
    expect(running.transports.connections).toBe(0);
  });
});
