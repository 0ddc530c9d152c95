import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type BanChange,
  type SipEngine,
  type SipEngineOptions,
  startSipEngineThread,
} from '../../../src/sip-engine/index.ts';
import { type Harness, pause, SECRET, startHarness, until } from './harness.ts';
import type { Srf } from './srf.ts';

const SCANNER = '127.0.0.66';
const CARRIER = '127.0.0.2';
const OTHER = '127.0.0.77';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const start = async (
  options: Partial<SipEngineOptions>,
  prepare: (srf: Srf) => void = () => {},
): Promise<Harness> => {
  const harness = await startHarness(options, prepare);
  closers.push(() => harness.close());
  return harness;
};

let serial = 0;
type Wish = { readonly to?: string; readonly headers?: readonly string[] };

/** A bare socket on an address of its own that asks and keeps what comes back. */
const openAsker = async (address: string, port: number) => {
  const socket = createSocket('udp4');
  const answers: string[] = [];
  socket.on('message', (bytes) => answers.push(bytes.toString()));
  socket.bind(0, address);
  await once(socket, 'listening');
  closers.push(() => socket.close());
  const here = `${address}:${socket.address().port}`;
  const send = (text: string): Promise<void> =>
    new Promise((resolve) => socket.send(text, port, '127.0.0.1', () => resolve()));
  const text = (method: string, { to = 'sip:100@127.0.0.1', headers = [] }: Wish): string => {
    serial += 1;
    return [
      `${method} ${to} SIP/2.0`,
      `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${serial};rport`,
      'Max-Forwards: 70',
      `From: <sip:100@${address}>;tag=${serial}`,
      `To: <${to}>`,
      `Call-ID: call-${serial}@${address}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:100@${here}>`,
      ...headers,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
  };
  return {
    answers,
    here,
    send,
    /** Sends a request and waits for its final response; undefined when none comes in time. */
    async ask(method: string, wish: Wish = {}, ms = 2000): Promise<number | undefined> {
      const before = answers.length;
      await send(text(method, wish));
      const final = (): string | undefined =>
        answers.slice(before).find((answer) => /^SIP\/2\.0 [2-6]/.test(answer));
      const limit = Date.now() + ms;
      while (final() === undefined && Date.now() < limit) await pause(5);
      return final() === undefined ? undefined : Number(final()?.slice(8, 11));
    },
    tell: (method: string, wish: Wish = {}): Promise<void> => send(text(method, wish)),
  };
};

const answering =
  (status: number | ((credentials: boolean) => number)) =>
  (srf: Srf): void => {
    for (const method of ['register', 'options', 'message']) {
      srf.use(method, (req, res) => {
        const given = typeof status === 'number' ? status : status(req.has('Authorization'));
        res.send(given);
      });
    }
  };

const CREDENTIALS = ['Authorization: Digest username="100", realm="r", nonce="n", uri="sip:r", response="0"'];

describe('a scanner', () => {
  it('is banned by its first request and gets no byte, then or later', async () => {
    const { engine, port } = await start({ wall: {} }, answering(200));
    const changes: BanChange[] = [];
    engine.onBan((change) => changes.push(change));
    const scanner = await openAsker(SCANNER, port);
    expect(await scanner.ask('OPTIONS', { headers: ['User-Agent: friendly-scanner'] }, 300)).toBeUndefined();
    expect(await scanner.ask('OPTIONS', {}, 300)).toBeUndefined();
    expect(scanner.answers).toEqual([]);
    expect(await engine.bans()).toMatchObject([{ cidr: SCANNER, by: 'wall', count: 1, dropped: 1 }]);
    expect(await engine.stats()).toMatchObject({ bans: 1, droppedBanned: 1 });
    expect(changes).toMatchObject([{ type: 'banned', ban: { cidr: SCANNER } }]);
    const other = await openAsker(OTHER, port);
    expect(await other.ask('OPTIONS')).toBe(200);
    expect(await engine.unban(SCANNER)).toBe(true);
    expect(await scanner.ask('OPTIONS')).toBe(200);
  });

  it('is banned though the admission would not have answered it anyway', async () => {
    const { engine, port } = await start({
      wall: {},
      admission: { sources: [{ cidr: CARRIER }], realms: ['r'] },
    });
    const scanner = await openAsker(SCANNER, port);
    await scanner.tell('OPTIONS', { headers: ['User-Agent: sipcli/v1.8'] });
    await until(async () => (await engine.bans()).length === 1);
    expect(scanner.answers).toEqual([]);
  });

  it('is served at a known or trusted address', async () => {
    const { engine, port } = await start(
      {
        wall: { trusted: [OTHER] },
        admission: { sources: [{ cidr: CARRIER }, { cidr: OTHER }], realms: [] },
      },
      answering(200),
    );
    for (const address of [CARRIER, OTHER]) {
      const tool = await openAsker(address, port);
      expect(await tool.ask('OPTIONS', { headers: ['User-Agent: sipsak 0.9.7'] })).toBe(200);
    }
    expect(await engine.bans()).toEqual([]);
  });
});

describe('wrong credentials', () => {
  it('ban at the tenth, a challenge alone never', async () => {
    const { engine, port } = await start({ wall: {} }, answering(401));
    const guesser = await openAsker(SCANNER, port);
    for (let at = 0; at < 20; at += 1) expect(await guesser.ask('REGISTER')).toBe(401);
    for (let at = 0; at < 10; at += 1)
      expect(await guesser.ask('REGISTER', { headers: CREDENTIALS })).toBe(401);
    expect(await guesser.ask('REGISTER', {}, 300)).toBeUndefined();
    expect(await engine.bans()).toMatchObject([{ cidr: SCANNER }]);
    expect((await engine.bans())[0]?.reason).toContain('wrong credentials');
  });

  it('are forgotten when they are right at last', async () => {
    let right = false;
    const { engine, port } = await start(
      { wall: {} },
      answering((credentials) => (credentials && right ? 200 : 401)),
    );
    const phone = await openAsker(OTHER, port);
    for (let round = 0; round < 3; round += 1) {
      right = false;
      for (let at = 0; at < 8; at += 1) await phone.ask('REGISTER', { headers: CREDENTIALS });
      right = true;
      expect(await phone.ask('REGISTER', { headers: CREDENTIALS })).toBe(200);
    }
    expect(await engine.bans()).toEqual([]);
  });
});

describe('numbers that do not exist', () => {
  it('ban an unknown address, and never a source of the admission', async () => {
    const { engine, port } = await start(
      { wall: {}, admission: { sources: [{ cidr: CARRIER }], realms: ['127.0.0.1'] } },
      answering(404),
    );
    const carrier = await openAsker(CARRIER, port);
    for (let at = 0; at < 100; at += 1)
      expect(await carrier.ask('MESSAGE', { to: `sip:${at}@127.0.0.1` })).toBe(404);
    expect(await engine.bans()).toEqual([]);
    const stranger = await openAsker(OTHER, port);
    for (let at = 0; at < 10; at += 1)
      expect(await stranger.ask('MESSAGE', { to: `sip:${at}@127.0.0.1` })).toBe(404);
    expect(await stranger.ask('MESSAGE', {}, 300)).toBeUndefined();
  });

  it('may become known later', async () => {
    const { engine, port } = await start(
      { wall: {}, admission: { sources: [], realms: [] } },
      answering(200),
    );
    const peer = await openAsker(OTHER, port);
    for (let at = 0; at < 10; at += 1) await peer.tell('OPTIONS');
    await until(async () => (await engine.bans()).length === 1);
    engine.setAdmission({ sources: [{ cidr: OTHER }], realms: [] });
    expect(await engine.bans()).toEqual([]);
    expect(await peer.ask('OPTIONS')).toBe(200);
  });
});

describe('the rate of an address', () => {
  it('is held, and whoever passes it for long is banned', async () => {
    const { engine, port } = await start({ wall: { messagesPerSecond: 20, offences: 50 } }, answering(200));
    const flooder = await openAsker(SCANNER, port);
    for (let at = 0; at < 500; at += 1) {
      await flooder.tell('OPTIONS');
      if (at % 50 === 0) await pause(5);
    }
    await until(async () => (await engine.bans()).length === 1);
    const { droppedOverRate } = await engine.stats();
    expect(droppedOverRate).toBeGreaterThanOrEqual(50);
    expect(flooder.answers.length).toBeLessThan(150);
  });

  it('does not hold for whom we call: its answers and requests are wanted', async () => {
    const { engine, srf } = await start({ wall: { messagesPerSecond: 1, offences: 1 } }, answering(200));
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.88');
    await once(socket, 'listening');
    closers.push(() => socket.close());
    socket.on('message', (bytes, from) => {
      const text = bytes.toString();
      if (!text.startsWith('OPTIONS')) return;
      const lines = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
      socket.send(
        ['SIP/2.0 200 OK', ...lines, 'Content-Length: 0', '', ''].join('\r\n'),
        from.port,
        from.address,
      );
    });
    for (let at = 0; at < 30; at += 1) {
      const request = await srf.request(`sip:x@127.0.0.88:${socket.address().port}`, { method: 'OPTIONS' });
      const answer = await new Promise<{ status: number }>((resolve) => request.on('response', resolve));
      expect(answer.status).toBe(200);
    }
    expect(await engine.bans()).toEqual([]);
  });
});

describe('bans by hand', () => {
  it('end what is connected, and refuse new connections without a byte', async () => {
    const { engine } = await start(
      { wall: {}, listen: [{ protocol: 'tcp', address: '127.0.0.1', port: 0 }] },
      answering(200),
    );
    const port = Number(engine.hostports[0]?.split(':').at(-1));
    const dial = () => connect({ host: '127.0.0.1', port, localAddress: OTHER });
    const first = dial();
    await once(first, 'connect');
    await engine.ban({
      cidr: OTHER,
      reason: 'test',
      by: 'hand',
      since: Date.now(),
      until: undefined,
      count: 1,
    });
    await once(first.resume(), 'close');
    const second = dial();
    const bytes: Buffer[] = [];
    second.on('data', (data) => bytes.push(data));
    second.on('error', () => {});
    await once(second, 'close');
    expect(bytes).toEqual([]);
  });
});

describe('in a thread', () => {
  const startThread = async (): Promise<SipEngine> => {
    const engine = await startSipEngineThread({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      admin: { address: '127.0.0.1', port: 0, secret: SECRET },
      wall: {},
    });
    closers.push(() => engine.close());
    return engine;
  };

  it('tells of bans, lists them and refuses what is no network', async () => {
    const engine = await startThread();
    const changes: BanChange[] = [];
    engine.onBan((change) => changes.push(change));
    const ban = {
      cidr: '203.0.113.7/24',
      reason: 'r',
      by: 'hand',
      since: 1,
      until: undefined,
      count: 1,
    } as const;
    await engine.ban(ban);
    expect(await engine.bans()).toMatchObject([{ cidr: '203.0.113.0/24', reason: 'r', dropped: 0 }]);
    await expect(engine.ban({ ...ban, cidr: 'nowhere' })).rejects.toThrow('nowhere');
    expect(await engine.unban('203.0.113.0/24')).toBe(true);
    expect(await engine.unban('203.0.113.0/24')).toBe(false);
    await until(() => changes.length === 2);
    expect(changes.map(({ type }) => type)).toEqual(['banned', 'lifted']);
  });
});
