import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SdpError } from '../../../src/sdp/index.ts';
import { findTone, rms } from '../../support/audio.ts';
import { decode } from '../../support/g711.ts';
import { cryptoLines } from '../../support/srtp-peer.ts';
import { sleep, until } from '../../support/wait.ts';
import {
  CARRIER_TONE,
  hearEachOther,
  hears,
  LINE_TONE,
  openSdesScene,
  type SdesScene,
  SUITES,
} from './sdes-scene.ts';

const INTRUDER_TONE = 2_000;

let scene: SdesScene;

beforeAll(async () => {
  scene = await openSdesScene(1);
});

afterEach(async () => {
  await scene?.clear();
});

afterAll(async () => {
  await scene?.end();
});

/** What follows the header and its extension. */
const payloadOf = (packet: Buffer): Buffer => {
  const extended = ((packet[0] ?? 0) & 0x10) !== 0;
  return packet.subarray(extended ? 16 + packet.readUInt16BE(14) * 4 : 12);
};

describe('audio over SDES-SRTP', () => {
  it.each(SUITES)('goes both ways under %s when the peer offers it', async (suite) => {
    const call = await scene.incoming({ suites: [suite] });
    await hearEachOther(call);
    expect(call.sdp).toMatch(/^m=audio \d+ RTP\/SAVP 0 101\r$/m);
    expect(cryptoLines(call.sdp).map((line) => [line.tag, line.suite])).toEqual([[1, suite]]);
    expect(call.leg.security).toEqual({ type: 'sdes', suite });
    expect(call.carrier.refused()).toBe(0);
  });

  it.each(SUITES)('goes both ways under %s when the peer takes it from our offer', async (suite) => {
    const call = await scene.outgoing({ suites: [suite] });
    expect(cryptoLines(call.sdp).map((line) => line.suite)).toEqual(SUITES);
    expect(new Set(cryptoLines(call.sdp).map((line) => line.key.toString('hex'))).size).toBe(SUITES.length);
    await hearEachOther(call);
    expect(call.leg.security).toEqual({ type: 'sdes', suite });
  });

  it("takes our best suite of those offered, under the offer's tag", async () => {
    const call = await scene.incoming(
      { suites: ['AES_CM_128_HMAC_SHA1_32', 'AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_256_GCM'] },
      { suites: ['AEAD_AES_256_GCM', 'AES_CM_128_HMAC_SHA1_80'] },
    );
    expect(cryptoLines(call.sdp).map((line) => [line.tag, line.suite])).toEqual([[3, 'AEAD_AES_256_GCM']]);
    await hearEachOther(call);
  });

  it('carries digits both ways, under the payload type that the peer wants', async () => {
    const call = await scene.incoming({ telephoneEvent: 96 });
    await hearEachOther(call);
    const digits: string[] = [];
    call.session.on('dtmf', (leg, digit) => digits.push(`${leg.label} ${digit}`));
    await call.carrier.press('5#');
    await call.line.peer.press('9');
    await until('the digits', () => digits.length === 3);
    expect(digits).toEqual(['caller 5', 'caller #', 'line 9']);
    expect(call.line.peer.digitsHeard(101)).toBe('5#');
    expect(call.carrier.digitsHeard(96)).toBe('9');
  });

  it('follows the peer to another SSRC', async () => {
    const call = await scene.incoming();
    await hearEachOther(call);
    call.carrier.changeSsrc();
    await hearEachOther(call);
  });

  it('keeps its rollover counter over hold: sequence numbers wrap, and the key stays', async () => {
    const call = await scene.incoming({ sequence: 65_500 });
    await hearEachOther(call);
    await until('the wrap', () => call.carrier.sentCount() > 60);
    await hears(call.line.peer, CARRIER_TONE);
    const [before] = cryptoLines(call.sdp);

    call.carrier.stop();
    const held = await call.leg.acceptOffer(call.carrier.offer({ direction: 'sendonly' }));
    call.carrier.takeAnswer(held);
    expect(call.leg.held).toBe(true);
    expect(held).toContain('a=recvonly');
    // What was under way arrives.
    await sleep(150);
    call.carrier.forget();
    await sleep(200);
    expect(findTone(call.carrier.audio(), LINE_TONE).seconds).toBe(0);

    const resumed = await call.leg.acceptOffer(call.carrier.offer());
    call.carrier.takeAnswer(resumed);
    call.carrier.start();
    expect(cryptoLines(resumed)).toEqual([before]);
    await hearEachOther(call);
    expect(call.carrier.refused()).toBe(0);
  });
});

describe('the wire', () => {
  it('shows nothing that decodes as G.711', async () => {
    const call = await scene.incoming();
    await hears(call.carrier, LINE_TONE, 1);
    const payloads = call.carrier.captured.map((packet) => payloadOf(packet).subarray(0, 160));
    expect(payloads.length).toBeGreaterThan(40);
    for (const law of ['PCMU', 'PCMA'] as const) {
      const samples = decode(law, Buffer.concat(payloads));
      expect(findTone(samples, LINE_TONE).seconds).toBe(0);
      // Noise at full level, where the tone lies at -12 dB.
      expect(rms(samples)).toBeGreaterThan(-11);
    }
  });

  it('is silent for a peer with another key than it said, and its packets are not heard', async () => {
    const call = await scene.incoming();
    await hearEachOther(call);
    call.carrier.spoil('key');
    await sleep(100);
    call.line.peer.forget();
    await sleep(400);
    expect(findTone(call.line.peer.audio(), CARRIER_TONE).seconds).toBe(0);
  });

  it('refuses plain RTP, from the peer and from strangers', async () => {
    const call = await scene.incoming();
    await hearEachOther(call);
    call.carrier.spoil('plain');
    await sleep(100);
    call.line.peer.forget();
    await call.carrier.intrude(INTRUDER_TONE, 20);
    const heard = call.line.peer.audio();
    expect(findTone(heard, INTRUDER_TONE).seconds).toBe(0);
    expect(findTone(heard, CARRIER_TONE).seconds).toBe(0);
    expect((await call.leg.close()).strangerPackets).toBe(20);
  });

  it('is found behind NAT, where its packets come from', async () => {
    const call = await scene.incoming({}, { nat: true });
    const answer = await call.leg.acceptOffer(call.carrier.offer().replace(/^m=audio \d+/m, 'm=audio 9'));
    call.carrier.takeAnswer(answer);
    await hearEachOther(call);
  });
});

describe('what a session with SDES-SRTP leaves behind', () => {
  it('is nothing', async () => {
    await Promise.all([scene.incoming(), scene.outgoing()]);
    expect((await scene.engine.stats()).encryption?.sdesLegs).toBe(2);
    await scene.clear();
    const { encryption, ...stats } = await scene.engine.stats();
    expect(stats).toMatchObject({ sessions: 0, legs: 0, socketsOpen: 0 });
    expect(encryption?.sdesLegs).toBe(0);
  });

  it('is nothing when a leg could not be opened', async () => {
    const session = scene.engine.createSession('refused');
    const leg = await scene.addLeg(session);
    await expect(leg.acceptOffer('v=0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n')).rejects.toThrow(
      SdpError,
    );
    await session.close();
    expect(await scene.engine.stats()).toMatchObject({ legs: 0, socketsOpen: 0 });
  });
});
