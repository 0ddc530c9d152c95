import { afterEach, expect, it } from 'vitest';
import { calleeOf, callIn, callOut, deferred, type Harness, pause, startHarness, until } from './harness.ts';
import { sdp } from './peer.ts';
import type { Dialog, SipMessage } from './srf.ts';

const TIMED = { sessionExpires: 2, minimumSessionExpires: 1 };
let harness: Harness;
afterEach(() => harness?.close());

const answering = async (options: object = TIMED): Promise<void> => {
  harness = await startHarness(options, (srf) => {
    srf.invite(async (req, res) => {
      await srf.createUAS(req, res, { localSdp: sdp('app') });
    });
  });
};

it('a caller that knows timers is asked to refresh; without its refresh the call ends', async () => {
  const ended = deferred<string>();
  harness = await startHarness(TIMED, (srf) => {
    srf.invite(async (req, res) => {
      const dialog = await srf.createUAS(req, res, { localSdp: sdp() });
      dialog.on('destroy', (_bye: SipMessage, why: string) => ended.resolve(why));
    });
  });
  const peer = await harness.peer();
  const { ok } = await callIn(harness, peer, { headers: ['Supported: timer'] });
  expect(ok.header('Session-Expires')).toBe('2;refresher=uac');
  expect(ok.headers('Require')).toContain('timer');
  const bye = await peer.next('BYE');
  expect(bye.header('Reason')).toContain('Session timer expired');
  expect(await ended.promise).toBe('Session timer expired');
});

it('its refresh, by re-INVITE or UPDATE, keeps the call', async () => {
  await answering();
  const peer = await harness.peer();
  const { call } = await callIn(harness, peer, {
    headers: ['Supported: timer', 'Session-Expires: 2;refresher=uac'],
  });
  for (const method of ['UPDATE', 'INVITE', 'UPDATE']) {
    await pause(700);
    peer.send(
      call.request(method, {
        headers: ['Supported: timer', 'Session-Expires: 2;refresher=uac'],
        body: method === 'INVITE' ? sdp() : '',
      }),
      harness.port,
    );
    const ok = await peer.next(`${method} 200`);
    expect(ok.header('Session-Expires')).toBe('2;refresher=uac');
    if (method === 'INVITE') peer.send(call.request('ACK'), harness.port);
  }
  expect(peer.count('BYE')).toBe(0);
});

it('asked to refresh, the engine sends a re-INVITE with its last SDP, unknown to the application', async () => {
  const dialogs = deferred<Dialog>();
  harness = await startHarness(TIMED, (srf) => {
    srf.invite(async (req, res) =>
      dialogs.resolve(await srf.createUAS(req, res, { localSdp: sdp('remembered') })),
    );
  });
  const peer = await harness.peer();
  const { call, ok } = await callIn(harness, peer, {
    headers: ['Supported: timer', 'Session-Expires: 2;refresher=uas'],
  });
  expect(ok.header('Session-Expires')).toBe('2;refresher=uas');
  for (let round = 0; round < 2; round += 1) {
    const refresh = await peer.next('INVITE');
    expect(refresh.body).toContain('s=remembered');
    expect(refresh.header('Session-Expires')).toBe('2;refresher=uac');
    peer.send(
      call.respond(refresh, 200, 'OK', {
        body: sdp(),
        headers: ['Session-Expires: 2;refresher=uac', 'Require: timer'],
      }),
      harness.port,
    );
    await peer.next('ACK');
  }
  expect(peer.count('BYE')).toBe(0);
});

it('a refresh that meets 491 is tried again, one that fails ends the call', async () => {
  const reason = deferred<string>();
  harness = await startHarness(TIMED);
  const peer = await harness.peer();
  const { dialog, call } = await callOut(
    harness,
    peer,
    {},
    { headers: ['Session-Expires: 2;refresher=uac', 'Require: timer'] },
  );
  dialog.on('destroy', (_bye: SipMessage, why: string) => reason.resolve(why));
  peer.send(call.respond(await peer.next('INVITE'), 491, 'Request Pending'), harness.port);
  const again = await peer.next('INVITE');
  peer.send(call.respond(again, 500, 'Server Internal Error'), harness.port);
  await peer.next('BYE');
  expect(await reason.promise).toBe('Session timer expired');
});

it('a refresh that comes too early for the peer is sent again when it says', async () => {
  harness = await startHarness(TIMED);
  const peer = await harness.peer();
  const granted = ['Session-Expires: 2;refresher=uac', 'Require: timer'];
  const { call } = await callOut(harness, peer, {}, { headers: granted });
  const early = await peer.next('INVITE');
  peer.send(call.respond(early, 500, 'Too Early', { headers: ['Retry-After: 0'] }), harness.port);
  const again = await peer.next('INVITE');
  expect(again.header('CSeq')).not.toBe(early.header('CSeq'));
  peer.send(call.respond(again, 200, 'OK', { body: sdp(), headers: granted }), harness.port);
  await peer.next('ACK');
  expect(peer.count('BYE')).toBe(0);
});

it('a refresh that the peer knows no call for ends ours, with BYE', async () => {
  const reason = deferred<string>();
  harness = await startHarness(TIMED);
  const peer = await harness.peer();
  const granted = ['Session-Expires: 2;refresher=uac', 'Require: timer'];
  const { call, dialog } = await callOut(harness, peer, {}, { headers: granted });
  dialog.on('destroy', (_bye: SipMessage, why: string) => reason.resolve(why));
  peer.send(call.respond(await peer.next('INVITE'), 481, 'Gone'), harness.port);
  await peer.next('BYE');
  expect(await reason.promise).toBe('Session timer expired');
});

it('of a call of ours: our refreshes keep it, by re-INVITE with the last SDP', async () => {
  harness = await startHarness(TIMED);
  const peer = await harness.peer();
  const granted = ['Session-Expires: 2;refresher=uac', 'Require: timer'];
  const { call, dialog } = await callOut(harness, peer, {}, { headers: granted });
  let ended = false;
  dialog.on('destroy', () => {
    ended = true;
  });
  for (let round = 0; round < 3; round += 1) {
    const refresh = await peer.next('INVITE');
    expect(refresh.body).toContain('s=app');
    expect(refresh.header('Session-Expires')).toBe('2;refresher=uac');
    peer.send(call.respond(refresh, 200, 'OK', { body: sdp('answer'), headers: granted }), harness.port);
    await peer.next('ACK');
  }
  expect([ended, peer.count('BYE')]).toEqual([false, 0]);
});

it('of a call of ours that the callee refreshes: kept by its refreshes, ended with BYE without them', async () => {
  const reason = deferred<string>();
  harness = await startHarness(TIMED);
  const peer = await harness.peer();
  const granted = ['Session-Expires: 2;refresher=uas', 'Require: timer'];
  const { call, dialog } = await callOut(harness, peer, {}, { headers: granted });
  dialog.on('destroy', (_bye: SipMessage, why: string) => reason.resolve(why));
  for (const method of ['UPDATE', 'INVITE', 'UPDATE']) {
    await pause(600);
    const headers = ['Supported: timer', 'Session-Expires: 2;refresher=uac'];
    peer.send(call.request(method, { headers, body: method === 'INVITE' ? sdp() : '' }), harness.port);
    await peer.next(`${method} 200`);
    if (method === 'INVITE') peer.send(call.request('ACK'), harness.port);
  }
  expect(peer.count('BYE')).toBe(0);
  expect((await peer.next('BYE')).header('Reason')).toContain('Session timer expired');
  expect(await reason.promise).toBe('Session timer expired');
});

it('an offered interval that is too small is offered again as the peer wants it', async () => {
  harness = await startHarness({ sessionExpires: 100 });
  const peer = await harness.peer();
  const placed = harness.srf.createUAC(`sip:peer@127.0.0.1:${peer.port}`, { localSdp: sdp() });
  const first = await peer.next('INVITE');
  expect(first.header('Session-Expires')).toBe('100');
  const call = calleeOf(harness, peer, first);
  peer.send(
    call.respond(first, 422, 'Session Interval Too Small', { headers: ['Min-SE: 3600'], contact: false }),
    harness.port,
  );
  const second = await peer.next('INVITE');
  expect([second.header('Session-Expires'), second.header('Min-SE')]).toEqual(['3600', '3600']);
  expect(second.header('Call-ID')).toBe(first.header('Call-ID'));
  expect(Number.parseInt(second.header('CSeq'), 10)).toBe(Number.parseInt(first.header('CSeq'), 10) + 1);
  peer.send(call.respond(second, 200, 'OK', { body: sdp() }), harness.port);
  const dialog = await placed;
  await peer.next('ACK');
  const done = dialog.destroy();
  const bye = await peer.next('BYE');
  expect(Number.parseInt(bye.header('CSeq'), 10)).toBe(Number.parseInt(second.header('CSeq'), 10) + 1);
  peer.send(call.respond(bye, 200, 'OK'), harness.port);
  await done;
});

it('none where the peer does not know timers, or where they are off', async () => {
  await answering();
  const peer = await harness.peer();
  const { ok } = await callIn(harness, peer);
  expect(ok.header('Session-Expires')).toBe('');
  await harness.close();
  await answering({ sessionExpires: 0 });
  const other = await harness.peer();
  const answered = await callIn(harness, other, { headers: ['Supported: timer', 'Session-Expires: 1800'] });
  expect(answered.ok.header('Session-Expires')).toBe('');
  await until(async () => (await harness.engine.stats()).dialogs === 1);
});
