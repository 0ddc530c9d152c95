import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { App, Core } from '../../../src/sip-engine/dialog/types.ts';
import { createClients } from '../../../src/sip-engine/drachtio/clients.ts';
import { createOutbound } from '../../../src/sip-engine/drachtio/outbound.ts';
import type { SipEngineOptions } from '../../../src/sip-engine/types.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { type AppSocket, speak } from './app-socket.ts';
import { callIn, deferred, type Harness, pause, SECRET, startHarness, until } from './harness.ts';
import { createCall, sdp } from './peer.ts';
import { type Dialog, newSrf, type Srf } from './srf.ts';

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

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A drachtio-srf application that waits for the engine. */
const listen = async (
  prepare: (srf: Srf) => void,
  more: { secret?: string; tls?: { key: string; cert: string } } = {},
): Promise<number> => {
  const srf = newSrf();
  prepare(srf);
  srf.on('error', () => {});
  const server = srf.listen({ host: '127.0.0.1', port: 0, secret: SECRET, ...more });
  await once(server, 'listening');
  closers.push(() => server.close());
  return portOf(server);
};

/** A raw application that waits for the engine. */
const listenRaw = async (accept: (socket: Socket) => void): Promise<number> => {
  const server = createServer(accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return portOf(server);
};

const handledBy = async (url: string, more: object = {}): Promise<void> => {
  harness = await start({ requestHandlers: [{ sipMethod: 'INVITE', url }], ...more });
};

describe('a call for an application that listens', () => {
  it('is brought to it, and stays there', async () => {
    const answered = deferred<Dialog>();
    const destroyed = deferred<void>();
    const infos: string[] = [];
    const port = await listen((srf) =>
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp() });
        dialog.on('info', (info: { body: string }, answer: { send(status: number): void }) => {
          infos.push(info.body);
          answer.send(200);
        });
        dialog.on('destroy', () => {
          srf.endSession(req);
          destroyed.resolve();
        });
        answered.resolve(dialog);
      }),
    );
    await handledBy(`tcp://127.0.0.1:${port}`);
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    await answered.promise;
    expect((await harness.engine.stats()).applications).toBe(2);
    peer.send(call.request('INFO', { body: 'v=hello' }), harness.port);
    await peer.next('INFO 200');
    expect(infos).toEqual(['v=hello']);
    peer.send(call.request('BYE'), harness.port);
    await peer.next('BYE 200');
    await destroyed.promise;
    await until(async () => (await harness.engine.stats()).applications === 1);
    expect((await harness.engine.stats()).dialogs).toBe(0);
  });

  it('has a connection of its own', async () => {
    const sockets: AppSocket[] = [];
    const port = await listenRaw((socket) => {
      const app = speak(socket);
      sockets.push(app);
      app.ask(`authenticate|${SECRET}|`).then(async ({ fields }) => {
        expect(fields[3]).toBe('OK');
        const invite = await app.request('INVITE');
        app.send(`x|sip|${invite.fields[8]}|\r\nSIP/2.0 486 Busy\r\n\r\n`);
      });
    });
    await handledBy(`tcp://127.0.0.1:${port}`);
    const peer = await harness.peer();
    for (const _ of [1, 2]) {
      peer.send(createCall(peer, harness.port).invite(), harness.port);
      await peer.next('INVITE 486');
    }
    expect(sockets).toHaveLength(2);
    for (const { frames } of sockets)
      expect(frames.filter(({ fields }) => fields[1] === 'sip')).toHaveLength(1);
  });

  it('goes over TLS to one whose certificate is good, and to no other', async () => {
    const authority = await makeAuthority();
    const tls = await authority.issue({ addresses: ['127.0.0.1'] });
    const port = await listen((srf) => srf.invite((_req, res) => res.send(486)), { tls });
    await handledBy(`tls://127.0.0.1:${port}`, { tls: { ...tls, ca: authority.ca } });
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await peer.next('INVITE 486');
    const stranger = await makeAuthority();
    await harness.engine.setTls({ ...tls, ca: stranger.ca });
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await peer.next('INVITE 480');
  });
});

describe('480 is for the caller when the application', () => {
  it('is not there', async () => {
    const port = await listenRaw(() => {});
    await closers.pop()?.();
    await handledBy(`tcp://127.0.0.1:${port}`);
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await peer.next('INVITE 480');
  });

  it('has another secret', async () => {
    const port = await listen((srf) => srf.invite((_req, res) => res.send(200)), { secret: 'another' });
    await handledBy(`tcp://127.0.0.1:${port}`);
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await peer.next('INVITE 480');
  });

  it('says nothing', async () => {
    const port = await listenRaw((socket) => closers.push(() => socket.destroy()));
    await handledBy(`tcp://127.0.0.1:${port}`);
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await peer.next('INVITE 480');
    expect((await harness.engine.stats()).applications).toBe(1);
  });

  it('goes away before it has answered', async () => {
    const port = await listenRaw((socket) => {
      const app = speak(socket);
      app.ask(`authenticate|${SECRET}|`);
      app.request('INVITE').then(() => socket.destroy());
    });
    await handledBy(`tcp://127.0.0.1:${port}`);
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await peer.next('INVITE 480');
  });
});

it('a connection with nothing to do is closed after a while, one with a dialog is not', async () => {
  const gone: App[] = [];
  const clients = await createClients(
    { address: '127.0.0.1', port: 0, secret: SECRET },
    (app) => gone.push(app),
    0,
  );
  const dialogs: { app: App }[] = [];
  const core = {
    incoming: new Map(),
    outgoing: new Map(),
    dialogs: { all: () => dialogs },
  } as unknown as Core;
  clients.serve(core, { hostports: 'udp/127.0.0.1:5060', version: 'v0.9.9', local: '' });
  const outbound = createOutbound(core, clients, 200);
  closers.push(outbound.close, clients.close);
  const sockets: Socket[] = [];
  const port = await listenRaw((socket) => {
    sockets.push(socket);
    speak(socket).ask(`authenticate|${SECRET}|`);
  });
  const place = { host: '127.0.0.1', port, secure: false };
  const [idle, busy] = [await outbound.connect(place), await outbound.connect(place)];
  if (idle === undefined || busy === undefined) throw new Error('not connected');
  dialogs.push({ app: busy });
  await until(() => gone.includes(idle));
  await pause(600);
  expect(gone).toEqual([idle]);
  expect(idle.open).toBe(false);
  expect(busy.open).toBe(true);
  dialogs.pop();
  await until(() => gone.includes(busy));
  for (const socket of sockets) socket.destroy();
});
