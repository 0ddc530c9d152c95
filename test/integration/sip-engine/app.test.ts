import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createSipEngine, startSipEngineThread } from '../../../src/sip-engine/index.ts';
import {
  callIn,
  callOut,
  deferred,
  type Harness,
  nextInvite,
  SECRET,
  startHarness,
  until,
} from './harness.ts';
import { createCall, createPeer, newBranch, sdp, tagIn } from './peer.ts';
import { connectSrf, type Dialog } from './srf.ts';

let harness: Harness;
afterEach(() => harness?.close());

/** A raw connection to the engine's port for applications. */
const dial = async (
  port: number,
): Promise<{ socket: Socket; send(payload: string): void; frames: string[]; ended: Promise<unknown> }> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const frames: string[] = [];
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const hash = rest.indexOf('#');
      if (hash < 0) return;
      const end = hash + 1 + Number(rest.toString('latin1', 0, hash));
      if (rest.length < end) return;
      frames.push(rest.toString('utf8', hash + 1, end));
      rest = rest.subarray(end);
    }
  });
  socket.on('error', () => {});
  return {
    socket,
    frames,
    send: (payload) => socket.write(`${Buffer.byteLength(payload)}#${payload}`),
    ended: once(socket, 'close'),
  };
};

describe('the port for applications', () => {
  it('takes nothing before the secret, and no wrong secret', async () => {
    harness = await startHarness();
    for (const payload of ['1|route|invite', '1|authenticate|wrong|', '1|ping', '1']) {
      const raw = await dial(harness.engine.admin.port);
      raw.send(payload);
      await raw.ended;
      expect(raw.frames).toHaveLength(1);
      expect(raw.frames[0]?.split('|').slice(1, 4)).toEqual(['response', '1', 'NO']);
    }
  });

  it('answers every message once, and survives what an application gets wrong', async () => {
    harness = await startHarness();
    const raw = await dial(harness.engine.admin.port);
    raw.send(`a|authenticate|${SECRET}|`);
    raw.send('b|ping');
    raw.send('c|route|INVITE');
    raw.send('d|route|cdr:start');
    raw.send('e|remove_route|invite');
    raw.send('f|proxy|txn||||serial|||sip:x@y\r\nINVITE sip:x@y SIP/2.0\r\n\r\n');
    raw.send('g|sip|no-such-txn|\r\nSIP/2.0 200 OK\r\n\r\n');
    raw.send('h|sip||no-such-dialog\r\nBYE sip:placeholder SIP/2.0\r\n\r\n');
    raw.send('i|sip||no-such-dialog\r\nACK sip:x@y SIP/2.0\r\n\r\n');
    raw.send('j|sip||\r\nINVITE nonsense SIP/2.0\r\n\r\n');
    raw.send('k|sip|x|\r\nCANCEL sip:x@y SIP/2.0\r\n\r\n');
    raw.send('l|sip||\r\nOPTIONS sip:x@127.0.0.1:9 SIP/2.0\r\nX Y: z\r\n\r\n');
    raw.send('m|sip||\r\nOPTIONS sip:x@127.0.0.1:9 SIP/2.0\r\nX-Y: z\rBad: 1\r\n\r\n');
    await until(() => raw.frames.length >= 13);
    const results = raw.frames.map((frame) => frame.split('\r\n')[0]?.split('|').slice(2, 5).join('|'));
    expect(results).toEqual([
      expect.stringMatching(/^a\|OK\|udp\/127\.0\.0\.1:\d+$/),
      'b|OK|pong',
      'c|OK',
      'd|OK',
      'e|OK',
      expect.stringMatching(/^f\|NOK\|/),
      'g|NOK|Response not sent due to unknown transaction',
      'h|NOK|Server error: unable to find dialog for dialog id provided',
      expect.stringMatching(/^i\|NOK\|Server error: ACK for non-success final response/),
      'j|NOK|invalid request-uri: INVITE nonsense SIP/2.0',
      'k|NOK|unable to cancel unknown transaction id: x',
      'l|NOK|invalid sip message',
      'm|NOK|invalid sip message',
    ]);
    raw.send('z|dance');
    await raw.ended;
  });

  it('closes on what is no frame', async () => {
    harness = await startHarness();
    for (const bytes of ['abc#x', '0#', '999999#', '70000#x']) {
      const raw = await dial(harness.engine.admin.port);
      raw.socket.write(bytes);
      await raw.ended;
      expect(raw.frames).toEqual([]);
    }
  });

  it('takes turns between applications', async () => {
    harness = await startHarness();
    const counts = [0, 0];
    await Promise.all(
      counts.map((_, index) =>
        harness.app((srf) =>
          srf.invite((_req, res) => {
            counts[index] = (counts[index] ?? 0) + 1;
            res.send(486);
          }),
        ),
      ),
    );
    const peer = await harness.peer();
    for (let call = 0; call < 4; call += 1) {
      peer.send(createCall(peer, harness.port).invite(), harness.port);
      await peer.next('INVITE 486');
    }
    expect(counts).toEqual([2, 2]);
  });
});

describe('an application that leaves requests unanswered', () => {
  const SHORT = { timers: { t1: 20, t2: 80, t4: 100 } };

  it('has its INVITE answered with 480', async () => {
    harness = await startHarness(SHORT, (srf) => srf.invite(() => {}));
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await peer.next('INVITE 480');
  });

  it('sees requests of an early dialog with its id, and has BYE answered with 200', async () => {
    harness = await startHarness(SHORT);
    const raw = await dial(harness.engine.admin.port);
    raw.send(`a|authenticate|${SECRET}|`);
    raw.send('b|route|invite');
    raw.send('c|route|info');
    await until(() => raw.frames.length === 3);
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    peer.send(call.invite(), harness.port);
    /** Fields of the leader of the request with this method. */
    const fields = async (method: string): Promise<string[]> => {
      const find = () => raw.frames.find((frame) => frame.split('\r\n')[1]?.startsWith(`${method} `));
      await until(() => find() !== undefined);
      return find()?.split('\r\n')[0]?.split('|') ?? [];
    };
    const [, , , , , , , , txn] = await fields('INVITE');
    raw.send(`d|sip|${txn}|\r\nSIP/2.0 180 Ringing\r\n\r\n`);
    call.remoteTag = tagIn((await peer.next('INVITE 180')).header('To'));
    peer.send(call.request('INFO'), harness.port);
    const info = await fields('INFO');
    expect(info[9]).toMatch(new RegExp(`^${call.id};from-tag=`));
    raw.send(`e|sip|${info[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    await peer.next('INFO 200');
    raw.send(`f|sip|${txn}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    await peer.next('INVITE 200');
    peer.send(call.request('ACK', { cseq: 1 }), harness.port);
    peer.send(call.request('BYE', { cseq: 9 }), harness.port);
    await fields('BYE');
    await peer.next('BYE 200');
    expect((await harness.engine.stats()).dialogs).toBe(0);
    raw.socket.destroy();
  });
});

describe('when the application goes away', () => {
  it('its calls get 480, CANCEL or, after 5 s, BYE', async () => {
    const seen = nextInvite();
    const answered = deferred<Dialog>();
    harness = await startHarness({}, (srf) => {
      srf.invite(async (req, res) => {
        if (req.uri.includes('pending')) return seen.handler(req, res);
        answered.resolve(await srf.createUAS(req, res, { localSdp: sdp() }));
      });
    });
    const peer = await harness.peer();
    const caller = await harness.peer();
    const callee = await harness.peer();
    const { call } = await callIn(harness, peer);
    await answered.promise;
    caller.send(
      createCall(caller, harness.port).invite({ uri: `sip:pending@127.0.0.1:${harness.port}` }),
      harness.port,
    );
    await seen.taken;
    harness.srf.createUAC(`sip:x@127.0.0.1:${callee.port}`, { localSdp: sdp() }).catch(() => {});
    const invite = await callee.next('INVITE');
    callee.send(createCall(callee, harness.port).respond(invite, 180, 'Ringing'), harness.port);
    await until(async () => (await harness.engine.stats()).responsesIn['INVITE 180'] === 1);
    harness.srf.disconnect();
    await caller.next('INVITE 480');
    await callee.next('CANCEL');
    peer.send(call.request('INFO'), harness.port);
    await peer.next('INFO 481');
    const bye = await peer.next('BYE');
    peer.send(call.respond(bye, 200, 'OK'), harness.port);
    await until(async () => (await harness.engine.stats()).dialogs <= 1);
  });

  it('a call that is answered meanwhile is acknowledged and ended', async () => {
    harness = await startHarness();
    const callee = await harness.peer();
    harness.srf.createUAC(`sip:x@127.0.0.1:${callee.port}`, { localSdp: sdp() }).catch(() => {});
    const invite = await callee.next('INVITE');
    harness.srf.disconnect();
    await until(async () => (await harness.engine.stats()).clientTransactions === 1);
    const call = createCall(callee, harness.port);
    callee.send(call.respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    await callee.next('ACK');
    await callee.next('BYE');
  });
});

it('close ends every call and leaves nothing behind', async () => {
  harness = await startHarness({}, (srf) => {
    srf.invite(async (req, res) => {
      if (req.uri.includes('ring')) res.send(180);
      else await srf.createUAS(req, res, { localSdp: sdp() });
    });
  });
  const peer = await createPeer();
  const { call } = await callIn(harness, peer);
  await callOut(harness, await harness.peer());
  peer.send(
    createCall(peer, harness.port).invite({ branch: newBranch(), uri: `sip:ring@127.0.0.1:${harness.port}` }),
    harness.port,
  );
  await peer.next('INVITE 180');
  const closed = harness.engine.close();
  await peer.next('INVITE 503');
  peer.send(call.respond(await peer.next('BYE'), 200, 'OK'), harness.port);
  await closed;
  expect((await harness.engine.stats()).timers).toBe(0);
  const again = await createSipEngine({
    listen: [{ protocol: 'udp', address: '127.0.0.1', port: harness.port }],
    admin: { address: '127.0.0.1', port: harness.engine.admin.port, secret: SECRET },
  });
  await again.close();
  await peer.close();
});

it('an address that is taken fails the start, and nothing stays open', async () => {
  harness = await startHarness();
  const options = {
    listen: [{ protocol: 'udp' as const, address: '127.0.0.1', port: harness.port }],
    admin: { address: '127.0.0.1', port: 0, secret: SECRET },
  };
  await expect(createSipEngine(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(startSipEngineThread(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

it('runs in a thread of its own', async () => {
  const engine = await startSipEngineThread({
    listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
    admin: { address: '127.0.0.1', port: 0, secret: SECRET },
  });
  const exits: Error[] = [];
  engine.onExit((error) => exits.push(error));
  const port = Number(engine.hostports[0]?.split(':').at(-1));
  const srf = await connectSrf(engine.admin, SECRET, (app) => app.options((_req, res) => res.send(200)));
  const peer = await createPeer();
  peer.send(createCall(peer, port).request('OPTIONS'), port);
  await peer.next('OPTIONS 200');
  engine.setAdmission({ sources: [{ cidr: '10.0.0.0/8' }], realms: [] });
  await until(async () => {
    peer.send(createCall(peer, port).request('OPTIONS'), port);
    return (await engine.stats()).droppedStrangers > 0;
  });
  srf.disconnect();
  await engine.close();
  await peer.close();
  expect(exits).toEqual([]);
});

describe('a thread that ends by itself', () => {
  const KILLED: readonly (readonly [string, (worker: Worker) => unknown])[] = [
    ['terminated', (worker) => worker.terminate()],
    // Its handler reads a property of this and throws.
    ['by an error that nobody catches', (worker) => worker.postMessage(null)],
  ];

  it.each(KILLED)('%s, is told once to its listeners, also late ones', async (_how, kill) => {
    const made = once(process, 'worker') as Promise<[Worker]>;
    const engine = await startSipEngineThread({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      admin: { address: '127.0.0.1', port: 0, secret: SECRET },
    });
    const [worker] = await made;
    const told = deferred<Error>();
    let count = 0;
    engine.onExit((error) => {
      count += 1;
      told.resolve(error);
    });
    const gone = deferred<void>();
    worker.on('exit', () => gone.resolve());
    await kill(worker);
    expect(await told.promise).toBeInstanceOf(Error);
    await gone.promise;
    const late = deferred<Error>();
    engine.onExit(late.resolve);
    expect(await late.promise).toBe(await told.promise);
    expect(count).toBe(1);
    await expect(engine.stats()).rejects.toThrow();
    await engine.close();
  });
});
