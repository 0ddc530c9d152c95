import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { callIn, deferred, type Harness, nextInvite, pause, startHarness, until } from './harness.ts';
import { createCall, newBranch, sdp, tagIn } from './peer.ts';
import { connectSrf, type Dialog, type SipMessage } from './srf.ts';

const SHORT = { timers: { t1: 40, t2: 160, t4: 200 } };
let harness: Harness;
afterEach(() => harness?.close());

describe('an incoming call', () => {
  it('is answered, acknowledged and ended by the caller', async () => {
    const answered = deferred<Dialog>();
    const ended = deferred<void>();
    const seen = nextInvite();
    harness = await startHarness({}, (srf) => {
      srf.invite(async (req, res) => {
        seen.handler(req, res);
        const dialog = await srf.createUAS(req, res, { localSdp: sdp('app') });
        dialog.on('destroy', () => ended.resolve());
        answered.resolve(dialog);
      });
    });
    const peer = await harness.peer();
    const { call, ok } = await callIn(harness, peer, {
      headers: ['Record-Route: <sip:10.0.0.1;lr>', 'Record-Route: <sip:10.0.0.2;lr>'],
    });
    const { req } = await seen.taken;
    expect(req.source_address).toBe('127.0.0.1');
    expect(Number(req.source_port)).toBe(peer.port);
    expect(req.receivedOn).toBe(`127.0.0.1:${harness.port}`);
    expect(req.get('Via')).toContain(`rport=${peer.port}`);
    expect(peer.count('INVITE 100')).toBe(1);
    expect(ok.header('Contact')).toBe(`<sip:127.0.0.1:${harness.port}>`);
    expect(ok.headers('Record-Route')).toEqual(['<sip:10.0.0.1;lr>', '<sip:10.0.0.2;lr>']);
    expect(ok.header('Content-Type')).toBe('application/sdp');
    const dialog = await answered.promise;
    expect(dialog.id).toBe(`${call.id};from-tag=${dialog.sip.remoteTag}`);
    expect(dialog.sip.localTag).toBe(call.remoteTag);
    peer.send(call.request('BYE'), harness.port);
    await peer.next('BYE 200');
    await ended.promise;
    expect((await harness.engine.stats()).dialogs).toBe(0);
  });

  it('is ended by the application', async () => {
    const answered = deferred<Dialog>();
    harness = await startHarness({}, (srf) => {
      srf.invite(async (req, res) => answered.resolve(await srf.createUAS(req, res, { localSdp: sdp() })));
    });
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    const dialog = await answered.promise;
    const done = dialog.destroy({ headers: { 'X-Reason': 'test' } });
    const bye = await peer.next('BYE');
    expect(bye.header('X-Reason')).toBe('test');
    expect(bye.startLine).toBe(`BYE sip:peer@127.0.0.1:${peer.port} SIP/2.0`);
    expect(tagIn(bye.header('From'))).toBe(call.remoteTag);
    peer.send(call.respond(bye, 200, 'OK'), harness.port);
    await done;
    await until(async () => (await harness.engine.stats()).dialogs === 0);
  });

  it('is refused; the ACK is absorbed and the response repeated until it comes', async () => {
    harness = await startHarness(SHORT, (srf) => srf.invite((_req, res) => res.send(404)));
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    const branch = newBranch();
    peer.send(call.invite({ branch }), harness.port);
    const refusal = await peer.next('INVITE 404');
    await until(() => peer.count('INVITE 404') >= 3);
    peer.send(call.request('ACK', { branch, toTag: tagIn(refusal.header('To')) }), harness.port);
    await pause(50);
    const seen = peer.count('INVITE 404');
    await pause(500);
    expect(peer.count('INVITE 404')).toBe(seen);
    await until(async () => (await harness.engine.stats()).serverTransactions === 0);
  });

  it('repeats its last response for a repeated INVITE', async () => {
    harness = await startHarness({}, (srf) => srf.invite((_req, res) => res.send(180)));
    const peer = await harness.peer();
    const invite = createCall(peer, harness.port).invite();
    peer.send(invite, harness.port);
    await peer.next('INVITE 180');
    peer.send(invite, harness.port);
    await peer.next('INVITE 180');
    expect((await harness.engine.stats()).retransmissionsIn).toBe(1);
  });

  it('repeats the 200 until the ACK, and delivers the ACK once', async () => {
    let acks = 0;
    harness = await startHarness(SHORT, (srf) => {
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp() });
        dialog.on('ack', () => {
          acks += 1;
        });
      });
    });
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer, { ack: false });
    await until(() => peer.count('INVITE 200') >= 3);
    peer.send(call.request('ACK'), harness.port);
    peer.send(call.request('ACK'), harness.port);
    await until(() => acks === 1);
    const seen = peer.count('INVITE 200');
    await pause(500);
    expect(peer.count('INVITE 200')).toBe(seen);
    expect(acks).toBe(1);
  });

  it('ends with BYE and "ACK timeout" when no ACK ever comes', async () => {
    const reason = deferred<string>();
    harness = await startHarness({ timers: { t1: 20, t2: 80, t4: 100 } }, (srf) => {
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp() });
        dialog.on('destroy', (_bye: SipMessage, why: string) => reason.resolve(why));
      });
    });
    const peer = await harness.peer();
    await callIn(harness, peer, { ack: false });
    const bye = await peer.next('BYE');
    expect(bye.header('Reason')).toBe('SIP ;cause=200 ;text="ACK timeout"');
    expect(await reason.promise).toBe('ACK timeout');
  });

  it('gets 503 where no application takes it, 480 where the application is gone', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const first = createCall(peer, harness.port);
    const branch = newBranch();
    peer.send(first.invite({ branch }), harness.port);
    const refusal = await peer.next('INVITE 503');
    peer.send(first.request('ACK', { branch, toTag: tagIn(refusal.header('To')) }), harness.port);
    const seen = nextInvite();
    const app = await connectSrf(harness.engine.admin, 'only for tests', (srf) => srf.invite(seen.handler));
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await seen.taken;
    app.disconnect();
    await peer.next('INVITE 480');
  });

  it('keeps the tag that the application puts into To', async () => {
    harness = await startHarness({}, (srf) => {
      srf.invite((_req, res) => res.send(486, { headers: { To: '<sip:a@b>;tag=mine' } }));
    });
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    expect(tagIn((await peer.next('INVITE 486')).header('To'))).toBe('mine');
  });
});

describe('CANCEL', () => {
  const cancelled = async (response?: 180): Promise<void> => {
    const seen = nextInvite();
    const cancel = deferred<SipMessage>();
    harness = await startHarness({}, (srf) => {
      srf.invite((req, res) => {
        req.on('cancel', (message: SipMessage) => cancel.resolve(message));
        if (response !== undefined) res.send(response);
        seen.handler(req, res);
      });
    });
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    const branch = newBranch();
    peer.send(call.invite({ branch }), harness.port);
    const { res } = await seen.taken;
    if (response !== undefined) await peer.next(`INVITE ${response}`);
    peer.send(
      call.request('CANCEL', { branch, toTag: '', headers: ['Reason: SIP;cause=487;text="gave up"'] }),
      harness.port,
    );
    await peer.next('CANCEL 200');
    const refusal = await peer.next('INVITE 487');
    peer.send(call.request('ACK', { branch, toTag: tagIn(refusal.header('To')) }), harness.port);
    expect((await cancel.promise).get('Reason')).toContain('gave up');
    const late = deferred<unknown>();
    res.send(487, {}, (error) => late.resolve(error));
    expect(await late.promise).toBe('Response not sent due to unknown transaction');
    expect((await harness.engine.stats()).dialogs).toBe(0);
  };

  it('before any answer', () => cancelled());
  it('while it rings', () => cancelled(180));

  it('that crosses the 200 ends the call', async () => {
    const reason = deferred<string>();
    harness = await startHarness({}, (srf) => {
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp() });
        dialog.on('destroy', (_bye: SipMessage, why: string) => reason.resolve(why));
      });
    });
    const peer = await harness.peer();
    const branch = newBranch();
    const { call } = await callIn(harness, peer, { ack: false, branch });
    peer.send(call.request('CANCEL', { branch, toTag: '' }), harness.port);
    await peer.next('CANCEL 481');
    await peer.next('BYE');
    expect(await reason.promise).toBe('CANCEL after 200 OK');
  });

  it('that belongs to nothing gets 481', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).request('CANCEL', { cseq: 1 }), harness.port);
    await peer.next('CANCEL 481');
  });

  it('has the same effect as a BYE in the early dialog', async () => {
    const cancel = deferred<SipMessage>();
    harness = await startHarness({}, (srf) => {
      srf.invite((req, res) => {
        req.on('cancel', (message: SipMessage) => cancel.resolve(message));
        res.send(180);
      });
    });
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    peer.send(call.invite(), harness.port);
    call.remoteTag = tagIn((await peer.next('INVITE 180')).header('To'));
    peer.send(call.request('BYE'), harness.port);
    await peer.next('BYE 200');
    await peer.next('INVITE 487');
    expect((await cancel.promise).method).toBe('CANCEL');
  });
});

describe('requests that are refused before any application', () => {
  const refused = async (
    what: string,
    request: (call: ReturnType<typeof createCall>) => string,
  ): Promise<ReturnType<typeof createCall>> => {
    harness = await startHarness({}, (srf) => srf.invite((_req, res) => res.send(180)));
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    peer.send(request(call), harness.port);
    await peer.next(what);
    return call;
  };

  it('481 to a BYE of no dialog', () =>
    refused('BYE 481', (call) => call.request('BYE', { toTag: 'nobody' })));
  it('481 to a re-INVITE of no dialog', () =>
    refused('INVITE 481', (call) => call.invite({ toTag: 'nobody' })));
  it('416 to an unknown scheme', () =>
    refused('INVITE 416', (call) => call.invite({ uri: 'nobodyKnowsThis:totallyopaque' })));
  it('420 to an unknown extension', () =>
    refused('INVITE 420', (call) => call.invite({ headers: ['Require: 100rel, novelty'] })));
  it('483 at the end of the forwards', () =>
    refused('INVITE 483', (call) => call.invite().replace('Max-Forwards: 70', 'Max-Forwards: 0')));
  it('501 to an unknown method', () => refused('DANCE 501', (call) => call.request('DANCE', { toTag: '' })));
  it('481 to a PRACK of no dialog', () =>
    refused('PRACK 481', (call) => call.request('PRACK', { toTag: '' })));
  it('503 to OPTIONS without an application for it', () =>
    refused('OPTIONS 503', (call) => call.request('OPTIONS', { toTag: '' })));
  it('405 to a REFER that no application takes; others get it', async () => {
    await refused('REFER 405', (call) => call.request('REFER', { toTag: '' }));
    await harness.app((srf) => srf.use('refer', (_req, res) => res.send(202)));
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).request('REFER', { toTag: '' }), harness.port);
    await peer.next('REFER 202');
  });
  it('422 to a session that is too short', () =>
    refused('INVITE 422', (call) => call.invite({ headers: ['Supported: timer', 'Session-Expires: 20'] })));

  it('482 to a merged request', async () => {
    harness = await startHarness({}, (srf) => srf.invite((_req, res) => res.send(180)));
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    peer.send(call.invite({ cseq: 1 }), harness.port);
    await peer.next('INVITE 180');
    peer.send(call.invite({ cseq: 1 }), harness.port);
    await peer.next('INVITE 482');
  });
});

it('strangers get no answer', async () => {
  harness = await startHarness({ admission: { sources: [{ cidr: '10.0.0.0/8' }], realms: [] } }, (srf) =>
    srf.invite((_req, res) => res.send(180)),
  );
  const peer = await harness.peer();
  const call = createCall(peer, harness.port);
  for (const request of [
    call.invite(),
    call.request('OPTIONS', { toTag: '' }),
    call.request('BYE', { toTag: 'x' }),
    call.request('CANCEL'),
    call.invite({ toTag: 'x', headers: ['Require: novelty'] }),
  ]) {
    peer.send(request, harness.port);
  }
  await until(async () => (await harness.engine.stats()).droppedStrangers >= 5);
  expect(peer.log).toEqual([]);
});

it('a page that asks for a call of before the restart is told that there is none', async () => {
  harness = await startHarness(
    {
      listen: [{ protocol: 'ws', address: '127.0.0.1', port: 0 }],
      admission: { sources: [{ cidr: '10.0.0.0/8' }], realms: [] },
    },
    (srf) => srf.invite((_req, res) => res.send(180)),
  );
  const socket = new WebSocket(`ws://127.0.0.1:${harness.port}`, 'sip');
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  await once(socket, 'open');
  const lines = (method: string, toTag: string): string =>
    [
      `${method} sip:x@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/WS page.invalid;branch=${newBranch()}`,
      'Max-Forwards: 70',
      'From: <sip:visitor@anonymous.invalid>;tag=a',
      `To: <sip:x@127.0.0.1>${toTag}`,
      'Call-ID: of-before',
      `CSeq: 2 ${method}`,
      'Contact: <sip:page.invalid;transport=ws>',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
  socket.send(lines('OPTIONS', ''));
  socket.send(lines('INVITE', ';tag=gone'));
  await until(() => heard.length > 0);
  expect(heard.map((text) => text.split('\r\n', 1)[0])).toEqual([
    'SIP/2.0 481 Call/Transaction Does Not Exist',
  ]);
  socket.close();
});
