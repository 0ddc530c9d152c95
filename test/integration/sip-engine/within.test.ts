import { afterEach, describe, expect, it } from 'vitest';
import { calleeOf, callIn, callOut, deferred, type Harness, pause, startHarness, until } from './harness.ts';
import { createCall, sdp, tagIn } from './peer.ts';
import type { Dialog, Req, Res, SipMessage } from './srf.ts';

let harness: Harness;
afterEach(() => harness?.close());

const answering = async (
  onDialog: (dialog: Dialog) => void = () => {},
): Promise<{ readonly dialog: Promise<Dialog> }> => {
  const answered = deferred<Dialog>();
  harness = await startHarness({}, (srf) => {
    srf.invite(async (req, res) => {
      const dialog = await srf.createUAS(req, res, { localSdp: sdp('app') });
      onDialog(dialog);
      answered.resolve(dialog);
    });
  });
  return { dialog: answered.promise };
};

describe('re-INVITE', () => {
  it('of the caller is delivered, answered and acknowledged', async () => {
    const modified = deferred<string>();
    const ready = await answering((dialog) => {
      dialog.on('modify', (req: Req, res: Res) => {
        modified.resolve(req.body);
        res.send(200, { body: sdp('new answer') });
      });
    });
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    await ready.dialog;
    peer.send(call.request('INVITE', { body: sdp('moved', 5000) }), harness.port);
    await peer.next('INVITE 100');
    const ok = await peer.next('INVITE 200');
    expect(ok.body).toContain('s=new answer');
    expect(ok.header('Contact')).toBe(`<sip:127.0.0.1:${harness.port}>`);
    peer.send(call.request('ACK'), harness.port);
    expect(await modified.promise).toContain('s=moved');
    await pause(100);
    expect(peer.count('INVITE 200')).toBe(2);
  });

  it('of the caller without SDP is answered with an offer; its ACK brings the answer', async () => {
    await answering();
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    peer.send(call.request('INVITE'), harness.port);
    expect((await peer.next('INVITE 200')).body).toContain('s=app');
    peer.send(call.request('ACK', { body: sdp('late answer') }), harness.port);
  });

  it('of the application changes the session; later ones wait their turn', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call, invite } = await callOut(harness, peer);
    const numbers = [Number.parseInt(invite.header('CSeq'), 10)];
    const changes = Promise.all([dialog.modify(sdp('a')), dialog.modify(sdp('b')), dialog.modify(sdp('c'))]);
    for (const name of ['a', 'b', 'c']) {
      const change = await peer.next('INVITE');
      expect(change.body).toContain(`s=${name}`);
      expect(tagIn(change.header('To'))).toBe(dialog.sip.remoteTag);
      numbers.push(Number.parseInt(change.header('CSeq'), 10));
      peer.send(call.respond(change, 180, 'Ringing'), harness.port);
      peer.send(call.respond(change, 200, 'OK', { body: sdp(`re-${name}`) }), harness.port);
      const ack = await peer.next('ACK');
      expect(Number.parseInt(ack.header('CSeq'), 10)).toBe(numbers.at(-1));
    }
    expect((await changes).map((answer) => /s=(\S+)/.exec(answer)?.[1])).toEqual(['re-a', 're-b', 're-c']);
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2, 3]);
  });

  it('of the application without SDP lets it answer in the ACK', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    const change = dialog.modify({ noAck: true });
    const invite = await peer.next('INVITE');
    expect(invite.body).toBe('');
    peer.send(call.respond(invite, 200, 'OK', { body: sdp('offer') }), harness.port);
    const { sdp: offer, ack } = await change;
    expect(offer).toContain('s=offer');
    ack(sdp('answer'));
    expect((await peer.next('ACK')).body).toContain('s=answer');
  });

  it('that is refused leaves the dialog and is acknowledged by the engine', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    const refused = expect(dialog.modify(sdp('x'))).rejects.toMatchObject({ status: 488 });
    const change = await peer.next('INVITE');
    peer.send(call.respond(change, 488, 'Not Acceptable Here'), harness.port);
    await refused;
    expect((await peer.next('ACK')).header('Via')).toBe(change.header('Via'));
    const again = dialog.request({ method: 'INVITE', body: sdp('y') });
    const second = await peer.next('INVITE');
    peer.send(call.respond(second, 200, 'OK', { body: sdp() }), harness.port);
    expect((await again).status).toBe(200);
    await peer.next('ACK');
  });

  it('meets 491 while one of ours is out, and is taken after it', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    const change = dialog.modify(sdp('ours'));
    const ours = await peer.next('INVITE');
    peer.send(call.request('INVITE', { body: sdp('theirs') }), harness.port);
    await peer.next('INVITE 491');
    peer.send(call.respond(ours, 200, 'OK', { body: sdp('answer') }), harness.port);
    await change;
    await peer.next('ACK');
    peer.send(call.request('INVITE', { body: sdp('theirs') }), harness.port);
    await peer.next('INVITE 200');
  });

  it('gets 500 with Retry-After while another of the peer is unanswered, or with an old CSeq', async () => {
    const ready = await answering((dialog) => dialog.on('modify', () => {}));
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    await ready.dialog;
    peer.send(call.request('INVITE', { body: sdp('one') }), harness.port);
    await peer.next('INVITE 100', 2000);
    peer.send(call.request('INVITE', { body: sdp('two') }), harness.port);
    expect((await peer.next('INVITE 500')).header('Retry-After')).toMatch(/^(\d|10)$/);
    peer.send(call.request('INFO', { cseq: 1 }), harness.port);
    await peer.next('INFO 500');
  });

  it('gets 500 with Retry-After while the call itself is unanswered', async () => {
    harness = await startHarness({}, (srf) => srf.invite((_req, res) => res.send(180)));
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    peer.send(call.invite(), harness.port);
    call.remoteTag = tagIn((await peer.next('INVITE 180')).header('To'));
    peer.send(call.request('INVITE', { body: sdp('two') }), harness.port);
    expect((await peer.next('INVITE 500')).header('Retry-After')).toMatch(/^(\d|10)$/);
    expect((await harness.engine.stats()).dialogs).toBe(1);
  });

  it('gets 491 while the call of ours is unanswered', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const placed = harness.srf.createUAC(`sip:x@127.0.0.1:${peer.port}`, { localSdp: sdp() });
    const invite = await peer.next('INVITE');
    const call = calleeOf(harness, peer, invite);
    peer.send(call.respond(invite, 180, 'Ringing'), harness.port);
    await until(async () => (await harness.engine.stats()).dialogs === 1);
    peer.send(call.request('INVITE', { body: sdp('theirs') }), harness.port);
    await peer.next('INVITE 491');
    peer.send(call.respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    await placed;
  });
});

describe('other requests in a dialog', () => {
  it('INFO both ways', async () => {
    const info = deferred<SipMessage>();
    const ready = await answering((dialog) => {
      dialog.on('info', (req: Req, res: Res) => {
        info.resolve(req);
        res.send(200);
      });
    });
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    const dialog = await ready.dialog;
    peer.send(call.request('INFO', { headers: ['X-Test: in'] }), harness.port);
    await peer.next('INFO 200');
    expect((await info.promise).get('X-Test')).toBe('in');
    const sent = dialog.request({
      method: 'INFO',
      headers: { 'Content-Type': 'application/dtmf-relay' },
      body: 'Signal=1',
    });
    const out = await peer.next('INFO');
    expect([out.body, out.header('Content-Type'), out.header('Content-Length')]).toEqual([
      'Signal=1',
      'application/dtmf-relay',
      '8',
    ]);
    peer.send(call.respond(out, 200, 'OK'), harness.port);
    expect((await sent).status).toBe(200);
  });

  it('UPDATE of the callee, also directly after the ACK', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { call } = await callOut(harness, peer);
    peer.send(call.request('UPDATE', { body: sdp('refreshed') }), harness.port);
    expect((await peer.next('UPDATE 200')).header('Contact')).toContain(`127.0.0.1:${harness.port}`);
  });

  it('of an unknown method get 501, REGISTER 405, both with Allow', async () => {
    const ready = await answering();
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    await ready.dialog;
    peer.send(call.request('DANCE'), harness.port);
    expect((await peer.next('DANCE 501')).header('Allow')).toContain('INVITE');
    peer.send(call.request('REGISTER'), harness.port);
    expect((await peer.next('REGISTER 405')).header('Allow')).toContain('INVITE');
  });

  it('an unknown dialog is told as such', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    peer.send(call.request('BYE'), harness.port);
    await peer.next('BYE 200');
    await expect(dialog.request({ method: 'INFO' })).rejects.toMatchObject({ code: 'ENODIALOG' });
  });

  it("a body of unknown kind is the application's mistake", async () => {
    harness = await startHarness();
    const { dialog } = await callOut(harness, await harness.peer());
    await expect(dialog.request({ method: 'INFO', body: 'Signal=1' })).rejects.toThrow(
      'missing content-type',
    );
  });

  it('BYE of the application ends the changes under way, of both sides', async () => {
    const ready = await answering((dialog) => dialog.on('modify', () => {}));
    const peer = await harness.peer();
    const { call } = await callIn(harness, peer);
    const dialog = await ready.dialog;
    peer.send(call.request('INVITE', { body: sdp('unanswered') }), harness.port);
    await until(async () => (await harness.engine.stats()).responsesOut['INVITE 100'] === 2);
    const done = dialog.destroy();
    peer.send(call.respond(await peer.next('BYE'), 200, 'OK'), harness.port);
    await peer.next('INVITE 487');
    await done;
  });

  it('BYE crossing BYE', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const { dialog, call } = await callOut(harness, peer);
    const done = dialog.destroy();
    const bye = await peer.next('BYE');
    peer.send(call.request('BYE'), harness.port);
    await peer.next('BYE 200');
    peer.send(call.respond(bye, 481, 'Gone'), harness.port);
    await done;
  });

  it('follows the peer to its new Contact', async () => {
    const ready = await answering();
    const peer = await harness.peer();
    const moved = await harness.peer();
    const { call } = await callIn(harness, peer);
    const dialog = await ready.dialog;
    const before = call.request('INVITE', {
      body: sdp(),
      contact: false,
      headers: [`Contact: <sip:moved@127.0.0.1:${moved.port}>`],
    });
    peer.send(before, harness.port);
    await peer.next('INVITE 200');
    peer.send(call.request('ACK'), harness.port);
    dialog.destroy().catch(() => {});
    const bye = await moved.next('BYE');
    expect(bye.startLine).toContain(`sip:moved@127.0.0.1:${moved.port}`);
    moved.send(call.respond(bye, 200, 'OK'), harness.port);
  });

  it('subscriptions: 202, two NOTIFYs, the last one ends them', async () => {
    const accepted = deferred<Dialog>();
    harness = await startHarness({}, (srf) => {
      srf.subscribe(async (req, res) =>
        accepted.resolve(await srf.createUAS(req, res, { headers: { Expires: '60' } })),
      );
    });
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    peer.send(call.request('SUBSCRIBE', { headers: ['Event: dialog', 'Expires: 60'] }), harness.port);
    const ok = await peer.next('SUBSCRIBE 202');
    call.remoteTag = tagIn(ok.header('To'));
    expect(ok.header('Contact')).not.toBe('');
    const dialog = await accepted.promise;
    for (const state of ['active', 'terminated']) {
      const sent = dialog.request({
        method: 'NOTIFY',
        headers: { 'Subscription-State': state, Event: 'dialog' },
      });
      const notify = await peer.next('NOTIFY');
      peer.send(call.respond(notify, 200, 'OK'), harness.port);
      await sent;
    }
    expect((await harness.engine.stats()).dialogs).toBe(0);
  });
});

describe('reliable provisional responses', () => {
  it('of the callee are acknowledged by PRACK, repeats absorbed', async () => {
    harness = await startHarness();
    const peer = await harness.peer();
    const seen: number[] = [];
    const placed = harness.srf.createUAC(
      `sip:peer@127.0.0.1:${peer.port}`,
      { localSdp: sdp() },
      { cbProvisional: (res: SipMessage) => seen.push(res.status) },
    );
    const invite = await peer.next('INVITE');
    const call = calleeOf(harness, peer, invite);
    // No Contact: the PRACK goes to the Request-URI.
    const ringing = call.respond(invite, 180, 'Ringing', {
      contact: false,
      headers: ['Require: 100rel', 'RSeq: 7'],
    });
    peer.send(ringing, harness.port);
    const prack = await peer.next('PRACK');
    expect(prack.header('RAck')).toBe(`7 ${invite.header('CSeq')}`);
    expect(prack.startLine).toBe(`PRACK sip:peer@127.0.0.1:${peer.port} SIP/2.0`);
    peer.send(ringing, harness.port);
    peer.send(call.respond(prack, 200, 'OK'), harness.port);
    peer.send(
      call.respond(invite, 183, 'Progress', { headers: ['Require: 100rel', 'RSeq: 9'] }),
      harness.port,
    );
    peer.send(
      call.respond(invite, 183, 'Progress', { headers: ['Require: 100rel', 'RSeq: 8'] }),
      harness.port,
    );
    expect((await peer.next('PRACK')).header('RAck')).toMatch(/^8 /);
    peer.send(call.respond(invite, 200, 'OK', { body: sdp() }), harness.port);
    await placed;
    expect(seen).toEqual([180, 183]);
  });

  const ringReliably = async (): Promise<{ res: Promise<Res>; pracks: SipMessage[] }> => {
    const taken = deferred<Res>();
    const pracks: SipMessage[] = [];
    harness = await startHarness({ timers: { t1: 40, t2: 160, t4: 200 } }, (srf) => {
      srf.invite((_req, res) => {
        res.send(183, { headers: { Require: '100rel' }, body: sdp('early') }, undefined, (ack) =>
          pracks.push(ack),
        );
        taken.resolve(res);
      });
    });
    return { res: taken.promise, pracks };
  };

  it('of ours are repeated until the PRACK, which the application sees', async () => {
    const { res, pracks } = await ringReliably();
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    peer.send(call.invite({ headers: ['Supported: 100rel'], cseq: 5 }), harness.port);
    const progress = await peer.next('INVITE 183');
    await until(() => peer.count('INVITE 183') >= 3);
    const rseq = progress.header('RSeq');
    expect(progress.header('Contact')).not.toBe('');
    call.remoteTag = tagIn(progress.header('To'));
    peer.send(call.request('PRACK', { headers: [`RAck: ${Number(rseq) + 1} 5 INVITE`] }), harness.port);
    await peer.next('PRACK 481');
    peer.send(call.request('PRACK', { headers: [`RAck: ${rseq} 5 INVITE`] }), harness.port);
    await peer.next('PRACK 200');
    await until(() => pracks.length === 1);
    await pause(50);
    const seen = peer.count('INVITE 183');
    await pause(400);
    expect(peer.count('INVITE 183')).toBe(seen);
    (await res).send(486);
    await peer.next('INVITE 486');
  });

  it('may be acknowledged after the answer, which needs no application', async () => {
    const { res, pracks } = await ringReliably();
    const peer = await harness.peer();
    const call = createCall(peer, harness.port);
    peer.send(call.invite({ headers: ['Supported: 100rel'], cseq: 5 }), harness.port);
    const progress = await peer.next('INVITE 183');
    (await res).send(200, { body: sdp() });
    await peer.next('INVITE 200');
    call.remoteTag = tagIn(progress.header('To'));
    const headers = [`RAck: ${progress.header('RSeq')} 5 INVITE`];
    peer.send(call.request('PRACK', { headers }), harness.port);
    await peer.next('PRACK 200');
    expect(pracks).toHaveLength(0);
  });

  it('are refused to the application when the peer can not take them', async () => {
    const reason = deferred<unknown>();
    harness = await startHarness({}, (srf) => {
      srf.invite((_req, res) =>
        res.send(180, { headers: { Require: '100rel' } }, (error) => reason.resolve(error)),
      );
    });
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite(), harness.port);
    expect(await reason.promise).toBe('Remote endpoint does not support 100rel');
  });

  it('that are never acknowledged end the call with 504', async () => {
    await ringReliably();
    const peer = await harness.peer();
    peer.send(createCall(peer, harness.port).invite({ headers: ['Supported: 100rel'] }), harness.port);
    await peer.next('INVITE 504');
  });
});
