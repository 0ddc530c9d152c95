import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { join } from './app-socket.ts';
import { callIn, callOut, deferred, type Harness, startHarness, until } from './harness.ts';
import { createCall, type Peer, read, sdp, tagIn } from './peer.ts';
import type { Req, Srf } from './srf.ts';

let harness: Harness;
afterEach(() => harness?.close());

const uriOf = (peer: Peer): string => `sip:peer@127.0.0.1:${peer.port}`;

/** Answers the INVITE that comes to a peer. */
const answer = async (peer: Peer, status: number): Promise<void> => {
  const invite = await peer.next('INVITE');
  const call = createCall(peer, harness.port, { id: invite.header('Call-ID') });
  peer.send(call.respond(invite, status, 'Text', { body: status < 300 ? sdp() : '' }), harness.port);
};

describe("an application's proxying", () => {
  it('tells it of every final response and of the end', async () => {
    const taken = deferred<Req>();
    harness = await startHarness({}, (srf) => srf.invite((req) => taken.resolve(req)));
    const [caller, one, two] = [await harness.peer(), await harness.peer(), await harness.peer()];
    caller.send(createCall(caller, harness.port).invite(), harness.port);
    const req = await taken.promise;
    const proxied = req.proxy({
      destination: [uriOf(one), uriOf(two)],
      remainInDialog: true,
      headers: { 'X-Kept': 'yes' },
    });
    await answer(one, 404);
    await answer(two, 200);
    const result = await proxied;
    expect(result.connected).toBe(true);
    expect(result.finalStatus).toBe(200);
    // Which one each came from, drachtio-srf 5.0 puts together wrongly.
    expect(result.responses.flatMap(({ msgs }) => msgs.map(({ status }) => status))).toEqual([404, 200]);
    await caller.next('INVITE 200');
    expect(two.log[0]?.header('X-Kept')).toBe('yes');
    expect(two.log[0]?.header('Record-Route')).toContain(';lr');
  });

  it('is refused in words when the request is answered already', async () => {
    const refused = deferred<unknown>();
    harness = await startHarness({}, (srf) =>
      srf.invite((req, res) => {
        res.send(486);
        req.proxy({ destination: 'sip:a@127.0.0.1' }).catch(refused.resolve);
      }),
    );
    const caller = await harness.peer();
    caller.send(createCall(caller, harness.port).invite(), harness.port);
    await caller.next('INVITE 486');
    expect(await refused.promise).toMatch(/^Unknown transaction id: /);
  });
});

it('a web server may have a call proxied, of which no application is told', async () => {
  const web = createServer((_request, response) => {
    const data = { destination: [uriOf(callee)], remainInDialog: true };
    response.end(JSON.stringify({ action: 'proxy', data }));
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`;
  harness = await startHarness({ requestHandlers: [{ sipMethod: 'INVITE', url }] });
  const app = await join(harness.engine.admin.port, ['invite', 'bye']);
  const [caller, callee] = [await harness.peer(), await harness.peer()];
  const call = createCall(caller, harness.port);
  caller.send(call.invite(), harness.port);
  await answer(callee, 200);
  const ok = await caller.next('INVITE 200');
  expect(tagIn(ok.header('To'))).not.toBe('');
  expect(app.frames.some(({ fields }) => fields[1] === 'sip')).toBe(false);
  app.socket.destroy();
  web.closeAllConnections();
  web.close();
});

describe("a call's course", () => {
  type Told = readonly [type: string, source: string, more: string | undefined, startLine: string];

  /** Has an application note what it is told. */
  const noteIn =
    (told: Told[]) =>
    (srf: Srf): void => {
      srf.on('cdr:attempt', (source: string, _time: string, message: object) =>
        told.push(['attempt', source, undefined, read(String(message)).startLine.split(' ')[0] ?? '']),
      );
      for (const type of ['start', 'stop']) {
        srf.on(`cdr:${type}`, (source: string, _time: string, more: string, message: object) =>
          told.push([type, source, more, read(String(message)).startLine.slice(0, 11)]),
        );
      }
    };

  it('is told of calls that come in', async () => {
    const told: Told[] = [];
    harness = await startHarness({}, (srf) => {
      noteIn(told)(srf);
      srf.invite((req, res) => {
        if (req.uri.includes('busy')) res.send(486);
        else srf.createUAS(req, res, { localSdp: sdp() });
      });
    });
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    peer.send(call.request('BYE'), harness.port);
    await peer.next('BYE 200');
    await until(() => told.length === 3);
    peer.send(
      createCall(peer, harness.port).invite({ uri: `sip:busy@127.0.0.1:${harness.port}` }),
      harness.port,
    );
    await until(() => told.length === 5);
    expect(told).toEqual([
      ['attempt', 'network', undefined, 'INVITE'],
      ['start', 'application', 'uas', 'SIP/2.0 200'],
      ['stop', 'network', 'normal-release', expect.stringMatching(/^BYE /)],
      ['attempt', 'network', undefined, 'INVITE'],
      ['stop', 'application', 'call-rejected', 'SIP/2.0 486'],
    ]);
  });

  it('is told of calls that go out', async () => {
    const told: Told[] = [];
    harness = await startHarness({}, noteIn(told));
    const peer = await harness.peer();
    const { dialog } = await callOut(harness, peer);
    const ended = dialog.destroy();
    const bye = await peer.next('BYE');
    peer.send(createCall(peer, harness.port).respond(bye, 200, 'OK'), harness.port);
    await ended;
    await until(() => told.length === 3);
    expect(told).toEqual([
      ['attempt', 'application', undefined, 'INVITE'],
      ['start', 'network', 'uac', 'SIP/2.0 200'],
      ['stop', 'application', 'normal-release', expect.stringMatching(/^BYE /)],
    ]);
  });

  it('is told to one application at a time, in turn, and to none that has not asked', async () => {
    harness = await startHarness();
    const { port } = harness.engine.admin;
    const [one, two, other] = [
      await join(port, ['cdr:attempt', 'invite']),
      await join(port, ['cdr:attempt']),
      await join(port, ['cdr:stop']),
    ];
    const peer = await harness.peer();
    for (const _ of [1, 2, 3]) {
      peer.send(createCall(peer, harness.port).invite(), harness.port);
      const { fields } = await one.request('INVITE');
      await one.ask(`sip|${fields[8]}|\r\nSIP/2.0 486 Busy Here\r\n\r\n`);
    }
    const count = (app: typeof one, type: string): number =>
      app.frames.filter(({ fields }) => fields[1] === type).length;
    await until(() => count(other, 'cdr:stop') === 3);
    expect([count(one, 'cdr:attempt'), count(two, 'cdr:attempt')]).toEqual([2, 1]);
    expect(count(one, 'cdr:stop') + count(two, 'cdr:stop')).toBe(0);
    const attempt = two.frames.find(({ fields }) => fields[1] === 'cdr:attempt');
    expect(attempt?.fields).toHaveLength(4);
    expect(attempt?.fields.slice(1, 3)).toEqual(['cdr:attempt', 'network']);
    expect(attempt?.text).toMatch(/^INVITE .*\r\n\r\n/s);
    for (const { socket } of [one, two, other]) socket.destroy();
  });
});
