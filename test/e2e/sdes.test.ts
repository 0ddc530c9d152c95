import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mediaWorkers } from '../support/media-workers.ts';
import type { CallRow } from '../support/records.ts';
import {
  bothHear,
  CARRIER_TONE,
  expectNoise,
  hear,
  INTRUDER_TONE,
  LINE_TONE,
  mediaOf,
  openSdesStage,
  protectionOf,
  type SdesStage,
  SECURE,
  SUITES,
  WISH,
} from '../support/sdes-stage.ts';
import type { SipPeer } from '../support/sip-peer.ts';
import { cryptoLines, type SrtpPeer } from '../support/srtp-peer.ts';
import { type Answered, DID, LINE, STRANGER } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Carriers that encrypt with keys in SDP (RFC 4568), over TLS, from end to end. */

let stage: SdesStage;
beforeAll(async () => {
  stage = await openSdesStage();
});
afterAll(() => stage?.close());

/** A carrier with SRTP calls the plain line. */
const incoming = async (
  phone: SrtpPeer,
  { from = stage.secure, rekey = false }: { readonly from?: SipPeer; readonly rekey?: boolean } = {},
): Promise<Answered> => {
  const near = mediaOf(phone, rekey);
  const far = await stage.phone(LINE, { frequency: LINE_TONE, telephoneEvent: 101 });
  const arriving = stage.nextCall();
  const call = from.invite({ to: stage.tls, did: DID.first, media: near });
  const refused = call.final().then((final) => {
    if (final.status !== 200) throw new Error(`the gateway answered ${final.startLine}`);
  });
  const line = await Promise.race([arriving, refused.then(() => arriving)]);
  line.accept(far);
  await refused;
  near.start();
  return { call, line, near, far };
};

const hangUp = async ({ call, line, near, far }: Answered): Promise<CallRow> => {
  await call.bye();
  near.stop();
  far.stop();
  await line.ended();
  return stage.record(call);
};

describe('a carrier that encrypts', () => {
  test.each(SUITES)('calls a plain line with %s; nothing readable is on the wire', async (suite) => {
    const phone = await stage.secret(SECURE, { suites: [suite] });
    const talk = await incoming(phone);
    await bothHear(talk);
    await expectNoise(phone);
    const listening = hear(talk.far, [CARRIER_TONE]);
    await phone.intrude(INTRUDER_TONE, 40, { address: STRANGER });
    await listening;
    phone.spoil('plain');
    await sleep(400);
    await hear(talk.far, []);
    const row = await hangUp(talk);
    expect(row.call).toMatchObject({ status: 'answered', trunk_id: 'secure', hangup_by: 'caller' });
    expect(protectionOf(row)).toEqual([
      ['sdes', suite],
      ['none', null],
    ]);
  });

  test('presses keys and hears them', async () => {
    const phone = await stage.secret(SECURE);
    const talk = await incoming(phone);
    await bothHear(talk);
    await Promise.all([phone.press('42#'), talk.far.press('19')]);
    await until('keys at the line', () => talk.far.digitsHeard(101) === '42#');
    await until('keys at the carrier', () => phone.digitsHeard(101) === '19');
    await hangUp(talk);
  });

  test.each([false, true])('holds and comes back, with new keys: %s', async (rekey) => {
    const phone = await stage.secret(SECURE);
    const talk = await incoming(phone, { rekey });
    await bothHear(talk);
    const held = await talk.call.reinvite({ sdp: talk.near.sdp({ direction: 'sendonly' }) });
    expect(held.status).toBe(200);
    expect(held.body).toMatch(/RTP\/SAVP.*a=recvonly/s);
    await Promise.all([hear(talk.near, []), hear(talk.far, [CARRIER_TONE])]);
    expect((await talk.call.reinvite()).status).toBe(200);
    await bothHear(talk);
    expect(phone.refused()).toBe(0);
    const row = await hangUp(talk);
    expect(row.call.hold_ms).toBeGreaterThan(400);
  });

  test('is asked for an offer in the ACK (late offer), and takes the gateway’s keys', async () => {
    const phone = await stage.secret(SECURE);
    const near = mediaOf(phone);
    const far = await stage.phone(LINE, { frequency: LINE_TONE, telephoneEvent: 101 });
    const arriving = stage.nextCall();
    const call = stage.secure.invite({ to: stage.tls, did: DID.first, media: near, lateOffer: true });
    const line = await arriving;
    line.accept(far);
    const final = await call.final();
    expect(cryptoLines(final.body).length).toBeGreaterThan(2);
    near.start();
    const talk = { call, line, near, far };
    await bothHear(talk);
    await hangUp(talk);
  });

  test('goes on after its worker was killed, under new keys', async () => {
    const phone = await stage.secret(SECURE);
    const talk = await incoming(phone);
    await bothHear(talk);
    const before = mediaWorkers(stage.gateway.pid());
    expect(before).toHaveLength(1);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    const { message } = await until('the re-INVITE', () =>
      talk.call.requests.find(({ message: each }) => each.method === 'INVITE'),
    );
    expect(message.body).toContain('RTP/SAVP');
    await bothHear(talk);
    const row = await hangUp(talk);
    expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
    expect(row.events.map(({ type }) => type)).toContain('media-moved');
    expect(protectionOf(row)[0]).toEqual(['sdes', 'AES_CM_128_HMAC_SHA1_80']);
  });

  test('is hung up on with a reason when its worker was killed and it takes no new keys', async () => {
    const phone = await stage.secret(SECURE);
    const talk = await incoming(phone);
    await bothHear(talk);
    talk.call.onRequest((request, answer) => {
      if (request.method !== 'INVITE') return false;
      answer(488, 'Not Acceptable Here');
      return true;
    });
    for (const pid of mediaWorkers(stage.gateway.pid())) process.kill(pid, 'SIGKILL');
    await Promise.all([talk.call.ended(), talk.line.ended()]);
    const row = await stage.record(talk.call);
    expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'gateway' });
    expect(JSON.stringify(row)).toMatch(/media worker died/i);
  });

  test('that offers plain audio is refused with a reason', async () => {
    const near = await stage.phone(SECURE, { frequency: CARRIER_TONE });
    const call = stage.secure.invite({ to: stage.tls, did: DID.first, media: near });
    expect((await call.final()).status).toBe(488);
    const row = await stage.record(call);
    expect(row.call).toMatchObject({ status: 'failed', sip_code: 488 });
    expect(JSON.stringify([row.call, row.events])).toMatch(/no keys for encrypted audio, and it is required/);
  });

  test('that offers suites nobody knows is refused with a reason', async () => {
    const phone = await stage.secret(SECURE);
    const sdp = phone.offer().replaceAll('AES_CM_128_HMAC_SHA1_80', 'F8_128_HMAC_SHA1_80');
    const call = stage.secure.invite({ to: stage.tls, did: DID.first, sdp });
    expect((await call.final()).status).toBe(488);
    expect(JSON.stringify((await stage.record(call)).events)).toMatch(/in no suite of ours/);
  });
});

describe('a carrier that may encrypt', () => {
  test('calls with keys', async () => {
    const talk = await incoming(await stage.secret(WISH, { suites: ['AEAD_AES_256_GCM'] }), {
      from: stage.wish,
    });
    await bothHear(talk);
    expect(protectionOf(await hangUp(talk))[0]).toEqual(['sdes', 'AEAD_AES_256_GCM']);
  });

  test('calls without', async () => {
    const talk = await stage.answered({
      through: stage.wish,
      to: stage.tls,
      nearPhone: { address: WISH, frequency: CARRIER_TONE },
    });
    await bothHear(talk);
    expect(protectionOf(await hangUp(talk))[0]).toEqual(['none', null]);
  });

  test('changes from plain audio to keys and back in a call', async () => {
    const talk = await stage.answered({ through: stage.wish, to: stage.tls, nearPhone: { address: WISH } });
    await bothHear(talk);
    const phone = await stage.secret(WISH);
    talk.near.stop();
    const near = mediaOf(phone);
    talk.call.media = near;
    expect((await talk.call.reinvite()).body).toContain('RTP/SAVP');
    near.start();
    await bothHear({ near, far: talk.far });
    near.stop();
    talk.call.media = talk.near;
    expect((await talk.call.reinvite()).body).toContain('RTP/AVP');
    talk.near.start();
    await bothHear(talk);
    expect(protectionOf(await hangUp(talk))[0]).toEqual(['none', null]);
  });
});
