import { afterEach, describe, expect, it } from 'vitest';
import { host, type NameServer, openNameServer, srv } from '../../support/name-server.ts';
import { type AppSocket, join } from './app-socket.ts';
import { calleeOf, type Harness, pause, startHarness, until } from './harness.ts';
import { createPeer, type Peer, sdp } from './peer.ts';
import { command, responseTo } from './raw-call.ts';

let harness: Harness;
let names: NameServer | undefined;
afterEach(async () => {
  await harness?.close();
  await names?.close();
  names = undefined;
});

const openNames = async (): Promise<NameServer> => {
  names = await openNameServer();
  return names;
};

/** A domain with two servers, the first preferred. */
const start = async (
  options: object = {},
): Promise<{ readonly app: AppSocket; readonly first: Peer; readonly second: Peer }> => {
  const { zone, address } = await openNames();
  harness = await startHarness({
    nameServers: [address],
    timers: { t1: 40, t2: 80, t4: 100 },
    ...options,
  });
  const [first, second] = [await harness.peer(), await harness.peer()];
  Object.assign(zone, {
    'SRV _sip._udp.trunk.test': [srv('one.trunk.test', first.port, 1), srv('two.trunk.test', second.port, 2)],
    'A one.trunk.test': [host('127.0.0.1')],
    'A two.trunk.test': [host('127.0.0.1')],
  });
  return { app: await join(harness.engine.admin.port), first, second };
};

const send = async (app: AppSocket, method: string, uri = 'sip:bob@trunk.test'): Promise<string> => {
  const fields = await command(app, '|', [`${method} ${uri} SIP/2.0`], method === 'INVITE' ? sdp() : '');
  expect(fields[3]).toBe('OK');
  return fields[10] ?? '';
};

describe('a domain of several servers', () => {
  it('one that says 503 is passed over, and comes last from then on', async () => {
    const { app, first, second } = await start();
    const txn = await send(app, 'INVITE');
    const refused = await first.next('INVITE');
    const other = calleeOf(harness, first, refused);
    first.send(other.respond(refused, 180, 'Ringing', { tag: 'gone' }), harness.port);
    await responseTo(app, txn, 180);
    first.send(other.respond(refused, 503, 'Service Unavailable', { tag: 'gone' }), harness.port);
    const invite = await second.next('INVITE');
    expect(invite.header('Call-ID')).toBe(refused.header('Call-ID'));
    expect(invite.header('Via')).not.toBe(refused.header('Via'));
    second.send(calleeOf(harness, second, invite).respond(invite, 486, 'Busy Here'), harness.port);
    await responseTo(app, txn, 486);
    expect((await harness.engine.stats()).dialogs).toBe(0);
    await send(app, 'MESSAGE');
    await second.next('MESSAGE');
    expect(first.count('MESSAGE')).toBe(0);
  });

  it.each(['INVITE', 'OPTIONS'])('one that is silent is passed over after 64·T1: %s', async (method) => {
    const { app, first, second } = await start();
    const txn = await send(app, method);
    await first.next(method);
    const request = await second.next(method);
    second.send(calleeOf(harness, second, request).respond(request, 404, 'Not Found'), harness.port);
    await responseTo(app, txn, 404);
  });

  it('all silent: one local 408, after the time of two', async () => {
    const { app, first, second } = await start();
    const { zone } = names ?? (await openNames());
    zone['SRV _sip._udp.trunk.test'] = [1, 2, 3].flatMap((priority) => [
      srv('one.trunk.test', first.port, priority * 2),
      srv('two.trunk.test', second.port, priority * 2 + 1),
    ]);
    const began = Date.now();
    await responseTo(app, await send(app, 'MESSAGE'), 408);
    expect(Date.now() - began).toBeGreaterThan(2 * 64 * 40 - 100);
    const branches = new Set([...first.log, ...second.log].map((message) => message.header('Via')));
    expect(branches.size).toBe(2);
  });

  it('one that rings is not passed over when it falls silent, and one that was cancelled neither', async () => {
    const { app, first, second } = await start({ timers: { t1: 40, t2: 80, t4: 100, c: 200 } });
    const txn = await send(app, 'INVITE');
    const invite = await first.next('INVITE');
    first.send(calleeOf(harness, first, invite).respond(invite, 180, 'Ringing'), harness.port);
    await responseTo(app, txn, 180);
    await first.next('CANCEL');
    await responseTo(app, txn, 408);
    const later = await send(app, 'INVITE');
    await until(() => first.count('INVITE') > 1);
    await command(app, later, ['CANCEL sip:bob@trunk.test SIP/2.0']);
    await responseTo(app, later, 408);
    await pause(50);
    expect(second.count('INVITE')).toBe(0);
  });
});

describe('an outbound proxy', () => {
  it('takes what goes to its domain, the Request-URI unchanged; a route of the application comes before', async () => {
    const proxy = await createPeer();
    harness = await startHarness({
      outboundProxies: [{ domain: 'example.test', uri: `sip:127.0.0.1:${proxy.port}` }],
    });
    const app = await join(harness.engine.admin.port);
    const other = await harness.peer();
    await send(app, 'MESSAGE', 'sip:jo@example.test');
    expect((await proxy.next('MESSAGE')).startLine).toBe('MESSAGE sip:jo@example.test SIP/2.0');
    await command(app, `||127.0.0.1:${other.port}`, ['MESSAGE sip:jo@example.test SIP/2.0']);
    await other.next('MESSAGE');
    await proxy.close();
  });
});
