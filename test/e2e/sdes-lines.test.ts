import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rms } from '../support/audio.ts';
import { mediaWorkers } from '../support/media-workers.ts';
import type { CallRow } from '../support/records.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import {
  bothHear,
  CARRIER_TONE,
  expectNoise,
  hear,
  LINE_TONE,
  mediaOf,
  openSdesStage,
  protectionOf,
  type SdesStage,
  SECURE,
  SUITES,
  TO,
  toSuite,
  WISH,
} from '../support/sdes-stage.ts';
import type { PeerCall, SipPeer } from '../support/sip-peer.ts';
import { cryptoLines } from '../support/srtp-peer.ts';
import type { Answered } from '../support/stage.ts';
import { until } from '../support/wait.ts';

/** Lines behind trunks that encrypt with keys in SDP (RFC 4568), over TLS, from end to end. */

let stage: SdesStage;
beforeAll(async () => {
  stage = await openSdesStage();
});
afterAll(() => stage?.close());

const hangUp = async ({ call, line, near, far }: Answered): Promise<CallRow> => {
  await call.bye();
  near.stop();
  far.stop();
  await line.ended();
  return stage.record(call);
};

/** A plain caller rings a line behind a trunk; `answerLine` answers there. */
const dialled = async (
  did: string,
  at: SipPeer,
  far: RtpPeer,
  answerLine: (line: PeerCall) => PeerCall | Promise<PeerCall>,
): Promise<Answered> => {
  const near = await stage.phone('127.0.0.2', { frequency: CARRIER_TONE, telephoneEvent: 101 });
  const arriving = stage.nextCall(at);
  const call = stage.dial({ did, media: near });
  const line = await answerLine(await arriving);
  line.accept(far);
  expect((await call.final()).status).toBe(200);
  await line.acked();
  near.start();
  return { call, line, near, far };
};

describe('a line behind a trunk that encrypts', () => {
  test.each(SUITES)('is dialled with %s', async (suite) => {
    const phone = await stage.secret(SECURE, { suites: [suite], frequency: LINE_TONE });
    const talk = await dialled(toSuite(suite), stage.secure, mediaOf(phone), (line) => {
      expect(cryptoLines(line.invite.body).map((each) => each.suite)).toEqual([suite]);
      return line;
    });
    await bothHear(talk);
    await expectNoise(phone);
    expect(protectionOf(await hangUp(talk))).toEqual([
      ['none', null],
      ['sdes', suite],
    ]);
  });

  test('early media with keys is heard, and the answer after it', async () => {
    const phone = await stage.secret(SECURE, { frequency: LINE_TONE });
    const far = mediaOf(phone);
    const near = await stage.phone('127.0.0.2', { frequency: CARRIER_TONE, telephoneEvent: 101 });
    const arriving = stage.nextCall(stage.secure);
    const call = stage.dial({ did: TO.secure, media: near });
    const line = await arriving;
    far.follow(line.invite.body);
    const sdp = far.sdp();
    line.respond(183, 'Session Progress', { sdp });
    far.start();
    near.start();
    await hear(near, [LINE_TONE]);
    line.media = far;
    line.respond(200, 'OK', { sdp });
    expect((await call.final()).status).toBe(200);
    await bothHear({ near, far });
    const row = await hangUp({ call, line, near, far });
    expect(protectionOf(row)[1]?.[0]).toBe('sdes');
    expect(row.legs[1]?.early_media).toBe(1);
  });

  test('answers in plain audio: the call fails and says why', async () => {
    const near = await stage.phone('127.0.0.2', { frequency: CARRIER_TONE });
    const far = await stage.phone(SECURE, { frequency: LINE_TONE });
    const arriving = stage.nextCall(stage.secure);
    const call = stage.dial({ did: TO.secure, media: near });
    (await arriving).accept(far);
    expect((await call.final()).status).toBeGreaterThanOrEqual(400);
    far.stop();
    const row = await stage.record(call);
    expect(row.legs[1]).toMatchObject({ outcome: 'failed', sip_code: 488, q850_cause: 88 });
    expect(row.legs[1]?.sip_reason).toMatch(/no keys for encrypted audio/);
  });

  test('that refuses keys is not dialled again without', async () => {
    const near = await stage.phone('127.0.0.2', { frequency: CARRIER_TONE });
    const seen: PeerCall[] = [];
    stage.secure.onCall((line) => {
      seen.push(line);
      line.respond(488, 'Not Acceptable Here');
    });
    const call = stage.dial({ did: TO.secure, media: near });
    expect((await call.final()).status).toBeGreaterThanOrEqual(400);
    expect(seen).toHaveLength(1);
    expect((await stage.record(call)).legs).toHaveLength(2);
  });
});

describe('a line behind a trunk that may encrypt', () => {
  test('takes keys', async () => {
    const phone = await stage.secret(WISH, { frequency: LINE_TONE });
    const talk = await dialled(TO.wish, stage.wish, mediaOf(phone), (line) => line);
    await bothHear(talk);
    expect(protectionOf(await hangUp(talk))[1]).toEqual(['sdes', 'AES_CM_128_HMAC_SHA1_80']);
  });

  test('refuses them with 488 and is dialled again in plain', async () => {
    const far = await stage.phone(WISH, { frequency: LINE_TONE, telephoneEvent: 101 });
    const talk = await dialled(TO.wish, stage.wish, far, async (line) => {
      expect(line.invite.body).toContain('RTP/SAVP');
      const again = stage.nextCall(stage.wish);
      line.respond(488, 'Not Acceptable Here');
      const second = await again;
      expect(second.invite.body).toMatch(/RTP\/AVP/);
      expect(second.invite.body).not.toContain('crypto');
      return second;
    });
    await bothHear(talk);
    const row = await hangUp(talk);
    expect(row.legs).toHaveLength(2);
    expect(row.legs[1]).toMatchObject({ outcome: 'answered', media_security: 'none', srtp_suite: null });
    expect(row.events.map(({ type }) => type)).toContain('unencrypted');
  });

  test('answers the offer of keys in plain audio', async () => {
    const far = await stage.phone(WISH, { frequency: LINE_TONE, telephoneEvent: 101 });
    const talk = await dialled(TO.wish, stage.wish, far, (line) => line);
    await bothHear(talk);
    expect(protectionOf(await hangUp(talk))[1]).toEqual(['none', null]);
  });

  test('a worker killed while it rings: whoever answers is heard', async () => {
    const phone = await stage.secret(WISH, { frequency: LINE_TONE });
    const talk = await dialled(TO.wish, stage.wish, mediaOf(phone), async (line) => {
      line.respond(180, 'Ringing');
      const before = mediaWorkers(stage.gateway.pid());
      for (const pid of before) process.kill(pid, 'SIGKILL');
      await until('another worker', () =>
        mediaWorkers(stage.gateway.pid()).some((pid) => !before.includes(pid)),
      );
      return line;
    });
    await bothHear(talk);
    expect(protectionOf(await hangUp(talk))[1]?.[0]).toBe('sdes');
  });
});

test('a trunk on each side: keys of one never meet the other', async () => {
  const nearPhone = await stage.secret(SECURE, { suites: ['AEAD_AES_128_GCM'] });
  const farPhone = await stage.secret(WISH, { suites: ['AES_CM_128_HMAC_SHA1_32'], frequency: LINE_TONE });
  const [near, far] = [mediaOf(nearPhone), mediaOf(farPhone)];
  const arriving = stage.nextCall(stage.wish);
  const call = stage.secure.invite({ to: stage.tls, did: TO.wish, media: near });
  const line = await arriving;
  line.accept(far);
  const final = await call.final();
  expect(final.status).toBe(200);
  near.start();
  const talk = { call, line, near, far };
  await bothHear(talk);
  const keys = [final.body, line.invite.body].flatMap((sdp) =>
    cryptoLines(sdp).map(({ key }) => key.toString('hex')),
  );
  expect(new Set(keys).size).toBe(keys.length);
  await expectNoise(nearPhone);
  await expectNoise(farPhone);
  expect(rms(near.audio())).toBeGreaterThan(-30);
  expect(protectionOf(await hangUp(talk))).toEqual([
    ['sdes', 'AEAD_AES_128_GCM'],
    ['sdes', 'AES_CM_128_HMAC_SHA1_32'],
  ]);
  expect(stage.gateway.log()).not.toMatch(/inline:/);
});
