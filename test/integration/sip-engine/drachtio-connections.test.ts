import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createSipEngine } from '../../../src/sip-engine/index.ts';
import type { SipEngineOptions } from '../../../src/sip-engine/types.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { type AppSocket, dial, frameOf, join } from './app-socket.ts';
import { deferred, type Harness, pause, SECRET, startHarness, until } from './harness.ts';
import { createCall } from './peer.ts';
import { newSrf } from './srf.ts';

let harness: Harness;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const start = async (options?: Partial<SipEngineOptions>): Promise<Harness> => {
  const started = await startHarness(options);
  closers.unshift(started.close);
  return started;
};

const result = ({ fields }: { readonly fields: readonly string[] }): string => fields.slice(3, 5).join('|');

describe('authenticate', () => {
  it('may be tried three times on a connection', async () => {
    harness = await start();
    const { port } = harness.engine.admin;
    const second = await dial(port);
    expect(result(await second.ask('authenticate|wrong|'))).toBe('NO|incorrect secret');
    expect(result(await second.ask(`authenticate|${SECRET}|`))).toMatch(/^OK\|udp/);
    expect(result(await second.ask('ping'))).toBe('OK|pong');

    const third = await dial(port);
    for (const _ of [1, 2, 3]) third.send('x|authenticate|wrong|');
    third.send(`x|authenticate|${SECRET}|`);
    await third.ended;
    expect(third.frames.map(result)).toEqual(Array.from({ length: 3 }, () => 'NO|incorrect secret'));
  });

  it('takes no tag that could not be routed to', async () => {
    harness = await start();
    const app = await dial(harness.engine.admin.port);
    expect(result(await app.ask(`authenticate|${SECRET}|a,b c`))).toBe('NO|invalid tags');
    expect(result(await app.ask('route|invite'))).toBe('NO|not authenticated');
    await app.ended;
  });

  it('comes first: all else ends the connection, and what follows is not read', async () => {
    harness = await start();
    const app = await dial(harness.engine.admin.port);
    const commands = ['1|sip||\r\nOPTIONS sip:a@127.0.0.1:9 SIP/2.0\r\n\r\n', `2|authenticate|${SECRET}|`];
    app.socket.write(commands.map(frameOf).join(''));
    await app.ended;
    expect(app.frames.map(result)).toEqual(['NO|not authenticated']);
    expect((await harness.engine.stats()).requestsOut).toEqual({});
  });
});

describe('what an application says wrong', () => {
  it.each([
    ['dance', 'NO|Unknown message type'],
    ['route|dance', 'NO|Route request includes unsupported verb'],
    ['remove_route|', 'NO|Route request includes unsupported verb'],
    ['sip||\r\nSIP/2.0 200 OK\r\n\r\n', 'NO|transaction id missing'],
  ])('%j is told and ends the connection', async (command, told) => {
    harness = await start();
    const app = await join(harness.engine.admin.port);
    expect(result(await app.ask(command))).toBe(told);
    await app.ended;
  });

  it('without a type is no message', async () => {
    harness = await start();
    const app = await join(harness.engine.admin.port);
    app.send('alone');
    const { fields } = await app.next(({ fields: [, , ref] }) => ref === 'alone');
    expect(fields.slice(3)).toEqual(['NO', 'Invalid message format']);
    await app.ended;
  });

  it('what stands before a broken frame is answered', async () => {
    harness = await start();
    const app = await join(harness.engine.admin.port);
    app.socket.write(`${frameOf('last|ping')}0#`);
    await app.ended;
    expect(app.frames.at(-1)?.fields.slice(2)).toEqual(['last', 'OK', 'pong']);
  });

  it('a frame of 64 KiB is taken, a longer one is not', async () => {
    harness = await start();
    const app = await join(harness.engine.admin.port);
    const head = 'large|sip|no-such-txn|\r\nSIP/2.0 200 OK\r\n\r\n';
    app.send(head + 'x'.repeat(65_536 - head.length));
    await app.next(({ fields }) => fields[2] === 'large');
    app.send(head + 'x'.repeat(65_537 - head.length));
    await app.ended;
  });
});

describe('routes', () => {
  it('are given up verb by verb, and may be asked for twice', async () => {
    harness = await start();
    const app = await join(harness.engine.admin.port, ['OPTIONS', 'options', 'message']);
    const peer = await harness.peer();
    const ask = (method: string) => peer.send(createCall(peer, harness.port).request(method), harness.port);
    const answer = async (method: string) => {
      const { fields } = await app.request(method);
      app.send(`a|sip|${fields[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
      await peer.next(`${method} 200`);
    };
    ask('OPTIONS');
    await answer('OPTIONS');
    expect(result(await app.ask('remove_route|options'))).toBe('OK');
    ask('OPTIONS');
    await peer.next('OPTIONS 503');
    ask('MESSAGE');
    await answer('MESSAGE');
    expect(app.frames.filter(({ fields }) => fields[1] === 'sip')).toHaveLength(2);
  });

  it('end with the connection', async () => {
    harness = await start();
    const [one, other] = [
      await join(harness.engine.admin.port, ['options']),
      await join(harness.engine.admin.port, ['options']),
    ];
    expect((await harness.engine.stats()).applications).toBe(3);
    one.socket.destroy();
    await until(async () => (await harness.engine.stats()).applications === 2);
    const peer = await harness.peer();
    for (const _ of [1, 2]) {
      peer.send(createCall(peer, harness.port).request('OPTIONS'), harness.port);
      const { fields } = await other.request('OPTIONS');
      other.send(`a|sip|${fields[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
      await peer.next('OPTIONS 200');
    }
  });
});

describe('an application that does not read', () => {
  /** Fills the way to an application, and 10 MiB more: a reply is as long as the id of its message. */
  const clog = async (app: AppSocket): Promise<void> => {
    app.socket.pause();
    for (let sent = 0; sent < 320; sent += 1) {
      if (!app.socket.write(frameOf(`${'x'.repeat(60_000)}|ping`))) await once(app.socket, 'drain');
    }
  };

  it('gets no new requests, and is dropped when it goes on', async () => {
    harness = await start({
      admin: { address: '127.0.0.1', port: 0, secret: SECRET, drainWithin: 4000 },
    });
    const { port } = harness.engine.admin;
    const wedged = await join(port, ['options']);
    const good = await join(port, ['options']);
    await clog(wedged);
    await pause(1500);
    const peer = await harness.peer();
    for (const _ of [1, 2, 3]) {
      peer.send(createCall(peer, harness.port).request('OPTIONS'), harness.port);
      const { fields } = await good.request('OPTIONS');
      good.send(`a|sip|${fields[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
      await peer.next('OPTIONS 200');
    }
    await until(async () => (await harness.engine.stats()).applications === 2);
    wedged.socket.destroy();
  });
});

describe('over TLS', () => {
  it('an application is served as in the clear', async () => {
    const authority = await makeAuthority();
    const { key, cert } = await authority.issue({ addresses: ['127.0.0.1'] });
    harness = await start({
      admin: { address: '127.0.0.1', port: 0, secret: SECRET, tls: { port: 0, key, cert } },
    });
    const { tlsPort } = harness.engine.admin;
    expect(tlsPort).toBeGreaterThan(0);
    const srf = newSrf();
    srf.options((_req, res) => res.send(200));
    const connected = deferred<Error | null>();
    srf.on('connect', connected.resolve);
    srf.on('error', () => {});
    srf.connect({ host: '127.0.0.1', port: tlsPort ?? 0, secret: SECRET, tls: { ca: authority.ca } });
    expect(await connected.promise).toBeNull();
    const peer = await harness.peer();
    await until(async () => {
      peer.send(createCall(peer, harness.port).request('OPTIONS'), harness.port);
      return peer.count('OPTIONS 200') > 0;
    });
    srf.disconnect();
  });

  it('who does not speak it keeps nothing from closing', async () => {
    const { key, cert } = await (await makeAuthority()).issue({ addresses: ['127.0.0.1'] });
    const engine = await createSipEngine({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      admin: { address: '127.0.0.1', port: 0, secret: SECRET, tls: { port: 0, key, cert } },
    });
    const silent = await dial(engine.admin.tlsPort ?? 0);
    await engine.close();
    await silent.ended;
  });

  it('a certificate that can not be used fails the start, and nothing stays open', async () => {
    harness = await start();
    const { port } = harness.engine.admin;
    await harness.engine.close();
    const admin = { address: '127.0.0.1', port, secret: SECRET };
    const listen = [{ protocol: 'udp', address: '127.0.0.1', port: 0 }] as const;
    const tls = { port: 0, key: 'no key', cert: 'no certificate' };
    await expect(createSipEngine({ listen, admin: { ...admin, tls } })).rejects.toThrow();
    const again = await createSipEngine({ listen, admin });
    const app = await dial(again.admin.port);
    app.socket.end();
    await once(app.socket, 'close');
    await again.close();
  });
});
