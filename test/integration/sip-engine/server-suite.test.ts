import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppSocket, join } from './app-socket.ts';
import { callIn, callOut, deferred, type Harness, pause, startHarness, until } from './harness.ts';
import { createCall, type Peer, sdp, tagIn } from './peer.ts';
import { answered, arrive, command, place, responseTo } from './raw-call.ts';
import type { Dialog, Req, Res } from './srf.ts';
import { connectStream } from './stream-peer.ts';

/** What drachtio-server tests of itself, and is tested nowhere else here. */

let harness: Harness;
afterEach(() => harness?.close());

const QUICK = { timers: { t1: 20, t2: 80, t4: 100 } };

describe('what an application gets wrong is told in the words of drachtio-server', () => {
  let app: AppSocket;
  let peer: Peer;
  beforeEach(async () => {
    harness = await startHarness();
    peer = await harness.peer();
    app = await join(harness.engine.admin.port, ['invite']);
  });

  const reasonOf = async (
    leader: string,
    lines: readonly string[],
    body = '',
  ): Promise<readonly (string | undefined)[]> => (await command(app, leader, lines, body)).slice(3);

  it('outside dialogs', async () => {
    const uri = `sip:x@127.0.0.1:${peer.port}`;
    expect(await reasonOf('|', ['OPTIONS sip:x@127.0.0.1;transport=tcp SIP/2.0'])).toEqual([
      'NOK',
      'requested protocol/transport not available',
    ]);
    expect(await reasonOf('|', [`OPTIONS sip:x@127.0.0.1:${harness.port} SIP/2.0`])).toEqual([
      'NOK',
      'can not send request to myself',
    ]);
    expect(await reasonOf('|', ['OPTIONS nothing SIP/2.0'])).toEqual([
      'NOK',
      'invalid request-uri: OPTIONS nothing SIP/2.0',
    ]);
    expect(await reasonOf('|', [`OPTIONS ${uri} SIP/2.0`, 'From: <sip:x'])).toEqual([
      'NOK',
      'invalid from value provided by client: <sip:x',
    ]);
    expect(await reasonOf('|', [`MESSAGE ${uri} SIP/2.0`], 'what kind is this?')).toEqual([
      'NOK',
      'missing content-type',
    ]);
  });

  it('inside dialogs', async () => {
    const { dialogId } = await place(harness, app, peer);
    expect(await reasonOf('|none;from-tag=x', ['INFO sip:placeholder SIP/2.0'])).toEqual([
      'NOK',
      'Server error: unable to find dialog for dialog id provided',
    ]);
    expect(await reasonOf(`|${dialogId}`, ['PRACK sip:placeholder SIP/2.0'])).toEqual([
      'NOK',
      'Server error: unable to find IIP when sending PRACK',
    ]);
    expect(await reasonOf(`|${dialogId}`, ['INFO sip:placeholder SIP/2.0'], 'what?')).toEqual([
      'NOK',
      'Server error: missing content-type',
    ]);
  });
});

it('a Call-ID of a kilobyte goes through a whole call', async () => {
  harness = await startHarness();
  const app = await join(harness.engine.admin.port, ['invite', 'bye']);
  const peer = await harness.peer();
  const id = `${'a1b2-'.repeat(204)}@here`;
  const call = createCall(peer, harness.port, { id });
  peer.send(call.invite(), harness.port);
  const { fields } = await app.request('INVITE');
  const reply = await command(app, `${fields[8]}|`, ['SIP/2.0 200 OK'], sdp());
  expect(reply[11]).toMatch(new RegExp(`^${id};from-tag=`));
  const ok = await peer.next('INVITE 200');
  expect(ok.header('Call-ID')).toBe(id);
  call.remoteTag = tagIn(ok.header('To'));
  peer.send(call.request('ACK'), harness.port);
  peer.send(call.request('BYE'), harness.port);
  expect((await app.request('BYE')).fields[9]).toBe(reply[11]);
});

it('names beyond ASCII come and go as they are', async () => {
  const seen = deferred<Req>();
  harness = await startHarness({}, (srf) =>
    srf.invite((req, res) => {
      seen.resolve(req);
      res.send(302, { headers: { Contact: '"Björk Guðmundsdóttir" <sip:björk@127.0.0.1>;q=0.5' } });
    }),
  );
  const peer = await harness.peer();
  const text = createCall(peer, harness.port).invite({ headers: ['Subject: 電話 ☎'], contact: false });
  peer.send(
    text
      .replace('From: <', 'From: Jörg Müller <')
      .replace('Call-ID', 'Contact: "Jörg" <sip:jörg@h>\r\nCall-ID'),
    harness.port,
  );
  const req = await seen.promise;
  expect(req.get('From')).toContain('"Jörg Müller" <');
  expect(req.get('Contact')).toContain('"Jörg" <sip:jörg@h>');
  expect(req.get('Subject')).toBe('電話 ☎');
  const moved = await peer.next('INVITE 302');
  expect(moved.header('Contact')).toBe('"Björk Guðmundsdóttir" <sip:björk@127.0.0.1>;q=0.5');
  expect(moved.header('From')).toContain('Müller');
  const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, {
    localSdp: sdp('grüße'),
    callingName: 'Zoë',
    headers: { From: '"Zoë Ωmega" <sip:zoe@localhost>', Subject: 'naïve ☎' },
  });
  placed.catch(() => {});
  const invite = await peer.next('INVITE');
  expect(invite.header('From')).toContain('"Zoë Ωmega" <');
  expect(invite.header('Subject')).toBe('naïve ☎');
  expect(invite.body).toContain('s=grüße');
  expect(invite.header('Content-Length')).toBe(String(Buffer.byteLength(invite.body)));
});

it('an SDP of 12 kB goes by TCP, both ways', async () => {
  const long = sdp() + 'a=candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\n'.repeat(280);
  expect(long.length).toBeGreaterThan(12_000);
  const received = deferred<string>();
  harness = await startHarness({ listen: [{ protocol: 'tcp', address: '127.0.0.1', port: 0 }] }, (srf) =>
    srf.invite((req, res) => {
      received.resolve(req.body);
      res.send(200, { body: long });
    }),
  );
  const caller = await connectStream(harness.port);
  try {
    const call = createCall({ port: 9 } as Peer, harness.port);
    caller.send(call.invite({ body: long }));
    expect(await received.promise).toBe(long);
    expect((await caller.next('INVITE 200')).body).toBe(long);
  } finally {
    await caller.close();
  }
});

describe('provisional responses', () => {
  it('of the application all go out, in order', async () => {
    harness = await startHarness({}, (srf) =>
      srf.invite((_req, res) => {
        for (const status of [180, 183, 180, 181, 182]) res.send(status);
        res.send(486);
      }),
    );
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    await peer.next('INVITE 486');
    expect(peer.log.map(({ status }) => status)).toEqual([100, 180, 183, 180, 181, 182, 486]);
    expect(new Set(peer.log.slice(1).map((each) => tagIn(each.header('To')))).size).toBe(1);
  });

  it('of a callee all come in, in order', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const app = await join(harness.engine.admin.port);
    const fields = await command(app, '|', [`INVITE sip:x@127.0.0.1:${peer.port} SIP/2.0`], sdp());
    const invite = await peer.next('INVITE');
    const call = createCall(peer, harness.port, { id: invite.header('Call-ID') });
    for (const status of [100, 180, 183, 181, 180, 199, 404])
      peer.send(call.respond(invite, status, 'x'), harness.port);
    await responseTo(app, fields[10] ?? '', 404);
    const seen = app.frames.filter((frame) => frame.fields[8] === fields[10]);
    expect(seen.map(({ text }) => text.slice(8, 11))).toEqual(['180', '183', '181', '180', '199', '404']);
  });
});

it('a refusal that is never acknowledged is repeated until timer H, and nobody hears of it', async () => {
  harness = await startHarness(QUICK);
  const app = await join(harness.engine.admin.port, ['invite']);
  const peer = await harness.peer();
  const { txn } = await arrive(harness, app, peer);
  await command(app, `${txn}|`, ['SIP/2.0 486 Busy Here']);
  const before = app.frames.length;
  await until(() => peer.count('INVITE 486') > 5);
  await until(async () => (await harness.engine.stats()).serverTransactions === 0);
  const sent = peer.count('INVITE 486');
  await pause(200);
  expect(peer.count('INVITE 486')).toBe(sent);
  expect(app.frames).toHaveLength(before);
  expect((await harness.engine.stats()).dialogs).toBe(0);
});

it('a BYE that overtakes the ACK ends the call, and the ACK does no harm', async () => {
  const ended = deferred<void>();
  harness = await startHarness(QUICK, (srf) =>
    srf.invite(async (req, res) => {
      const dialog = await srf.createUAS(req, res, { localSdp: sdp() });
      dialog.on('destroy', () => ended.resolve());
    }),
  );
  const peer = await harness.peer();
  const { call } = await callIn(harness, peer, { ack: false });
  const ack = call.request('ACK');
  peer.send(call.request('BYE'), harness.port);
  peer.send(ack, harness.port);
  await peer.next('BYE 200');
  await ended.promise;
  const sent = peer.count('INVITE 200');
  await pause(300);
  expect(peer.count('INVITE 200')).toBe(sent);
  expect(peer.count('BYE')).toBe(0);
  await until(async () => (await harness.engine.stats()).dialogs === 0);
});

describe('a re-INVITE', () => {
  /** A call in which the application answers a re-INVITE as told. */
  const answering = async (answer: (res: Res) => void): Promise<{ peer: Peer; reinvite: () => void }> => {
    const ready = deferred<Dialog>();
    harness = await startHarness(QUICK, (srf) =>
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp() });
        dialog.on('modify', (_req: Req, again: Res) => answer(again));
        ready.resolve(dialog);
      }),
    );
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    await ready.promise;
    return {
      peer,
      reinvite: () =>
        peer.send(
          call.request('INVITE', { body: sdp('again'), headers: ['Supported: 100rel'] }),
          harness.port,
        ),
    };
  };

  it.each([
    [180, 200],
    [183, 200],
    [183, 488],
  ])('gets the application’s %i, then its %i', async (early, final) => {
    const { peer, reinvite } = await answering((res) => {
      res.send(early, early === 183 ? { body: sdp('early') } : {});
      setTimeout(() => res.send(final, final === 200 ? { body: sdp('final') } : {}), 30);
    });
    reinvite();
    const progress = await peer.next(`INVITE ${early}`);
    expect(tagIn(progress.header('To'))).not.toBe('');
    if (final === 200) await peer.next('INVITE 200');
    const answered = final === 200 ? await peer.next('INVITE 200') : await peer.next('INVITE 488');
    expect(answered.header('CSeq')).toBe(progress.header('CSeq'));
    expect((await harness.engine.stats()).dialogs).toBe(1);
  });

  it('gets a reliable 183 of the application, whose PRACK it is told of', async () => {
    harness = await startHarness(QUICK);
    const app = await join(harness.engine.admin.port, ['invite', 'prack']);
    const peer = await harness.peer();
    const { call, dialogId } = await answered(harness, app, peer);
    peer.send(call.request('INVITE', { body: sdp('again'), headers: ['Supported: 100rel'] }), harness.port);
    const txn = (await app.request('INVITE')).fields[8] ?? '';
    await command(app, `${txn}|${dialogId}`, ['SIP/2.0 183 Progress', 'Require: 100rel'], sdp('early'));
    const progress = await peer.next('INVITE 183');
    expect(progress.header('Require')).toBe('100rel');
    const rack = `${progress.header('RSeq')} ${progress.header('CSeq')}`;
    peer.send(call.request('PRACK', { headers: [`RAck: ${rack}`] }), harness.port);
    const prack = await app.request('PRACK');
    expect(prack.fields[9]).toBe(dialogId);
    expect(prack.text).toContain(`RAck: ${rack}\r\n`);
    await command(app, `${prack.fields[8]}|${dialogId}`, ['SIP/2.0 200 OK']);
    await peer.next('PRACK 200');
    await command(app, `${txn}|${dialogId}`, ['SIP/2.0 200 OK'], sdp('final'));
    // The first INVITE's 200 may have been sent again before its ACK came.
    let final = await peer.next('INVITE 200');
    while (final.header('CSeq') !== progress.header('CSeq')) final = await peer.next('INVITE 200');
    expect(final.body).toContain('s=final');
  });

  it.each([
    [180, 200],
    [183, 200],
    [183, 488],
  ])('of the application gets %i, then %i', async (early, final) => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    const change = dialog.modify(sdp('again')).then(
      () => 200,
      ({ status }: { status: number }) => status,
    );
    const invite = await peer.next('INVITE');
    peer.send(call.respond(invite, early, 'Early', { body: sdp('early') }), harness.port);
    await pause(30);
    peer.send(
      call.respond(invite, final, 'Final', { body: final === 200 ? sdp('final') : '' }),
      harness.port,
    );
    expect(await change).toBe(final);
    expect((await peer.next('ACK')).header('CSeq').split(' ')[0]).toBe(invite.header('CSeq').split(' ')[0]);
  });

  it('of the application gets a reliable 183, which it can acknowledge', async () => {
    harness = await startHarness();
    const app = await join(harness.engine.admin.port);
    const peer = await harness.peer();
    const { call, dialogId } = await place(harness, app, peer);
    const fields = await command(app, `|${dialogId}`, ['INVITE sip:placeholder SIP/2.0'], sdp('again'));
    const invite = await peer.next('INVITE');
    const headers = ['Require: 100rel', 'RSeq: 5'];
    peer.send(call.respond(invite, 183, 'Progress', { headers, body: sdp('early') }), harness.port);
    await responseTo(app, fields[10] ?? '', 183);
    const rack = `5 ${invite.header('CSeq')}`;
    const sent = await command(app, `|${dialogId}`, ['PRACK sip:placeholder SIP/2.0', `RAck: ${rack}`]);
    expect(sent[3]).toBe('OK');
    const prack = await peer.next('PRACK');
    expect(prack.header('RAck')).toBe(rack);
    peer.send(call.respond(prack, 200, 'OK'), harness.port);
    peer.send(call.respond(invite, 200, 'OK', { body: sdp('final') }), harness.port);
    await responseTo(app, fields[10] ?? '', 200);
    await command(app, `|${dialogId}`, ['ACK sip:placeholder SIP/2.0']);
    await peer.next('ACK');
  });
});
