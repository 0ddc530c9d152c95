import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MediaLeg } from '../../../src/media/index.ts';
import { findTone } from '../../support/audio.ts';
import { cryptoLines } from '../../support/srtp-peer.ts';
import { later, sleep, within } from '../../support/wait.ts';
import {
  CARRIER_TONE,
  hearEachOther,
  hears,
  LINE_TONE,
  openSdesScene,
  type SdesScene,
} from './sdes-scene.ts';

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

const keyOf = (sdp: string): string => cryptoLines(sdp)[0]?.key.toString('hex') ?? 'none';
const versionOf = (sdp: string): number => Number(/^o=- \d+ (\d+) /m.exec(sdp)?.[1]);
const portOf = (sdp: string): number => Number(/^m=audio (\d+) /m.exec(sdp)?.[1]);

/** Processes that this one started, by name. */
const childrenNamed = (name: string): number[] =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1')
    .split(' ')
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'latin1').trim() === name)
    .map(Number);

describe('a new description', () => {
  it('with new keys of the peer brings new keys of ours, on the same port', async () => {
    const call = await scene.incoming();
    await hearEachOther(call);
    const answer = await call.leg.acceptOffer(call.carrier.offer({ rekey: true }));
    call.carrier.takeAnswer(answer);
    expect(keyOf(answer)).not.toBe(keyOf(call.sdp));
    expect(portOf(answer)).toBe(portOf(call.sdp));
    await hearEachOther(call);
  });

  it('that says the same changes nothing', async () => {
    const call = await scene.incoming();
    const answer = await call.leg.acceptOffer(call.carrier.offer());
    expect(answer).toBe(call.sdp);
    await hearEachOther(call);
    const refreshed = call.leg.createOffer();
    expect(keyOf(refreshed)).toBe(keyOf(call.sdp));
    await call.leg.acceptAnswer(call.carrier.answer(refreshed));
    await hearEachOther(call);
  });

  it('of ours shows one line only once the peer has chosen', async () => {
    const call = await scene.outgoing({ suites: ['AEAD_AES_128_GCM'] });
    await hearEachOther(call);
    const again = call.leg.createOffer();
    const chosen = cryptoLines(call.sdp).find(({ suite }) => suite === 'AEAD_AES_128_GCM');
    expect(cryptoLines(again)).toEqual([chosen]);
    expect(versionOf(again)).toBe(versionOf(call.sdp) + 1);
    await call.leg.acceptAnswer(call.carrier.answer(again, { rekey: true }));
    await hearEachOther(call);
  });

  it('that can not be taken leaves all as it was', async () => {
    const call = await scene.outgoing();
    await hearEachOther(call);
    const good = call.carrier.answer(call.sdp);
    const bad = [
      good.replace('a=crypto:1 ', 'a=crypto:7 '),
      good.replace(/^a=crypto:.*\r\n/m, ''),
      good.replace('RTP/SAVP', 'RTP/AVP').replace(/^a=crypto:.*\r\n/m, ''),
      good.replace(/inline:\S+/, 'inline:c2hvcnQ='),
    ];
    for (const answer of bad) {
      await expect(call.leg.acceptAnswer(answer)).rejects.toMatchObject({ sipStatus: 488 });
    }
    await expect(call.leg.acceptOffer(bad[2] ?? '')).rejects.toMatchObject({ sipStatus: 488 });
    await hearEachOther(call);
  });
});

describe('one offer, answered twice', () => {
  it('is heard from whoever answered last, under keys of its own', async () => {
    const call = await scene.outgoing();
    await hearEachOther(call);
    call.carrier.stop();
    const fork = await scene.phone({ frequency: 900, telephoneEvent: 101 });
    await call.leg.acceptAnswer(fork.answer(call.sdp));
    fork.start();
    await Promise.all([hears(call.line.peer, 900), hears(fork, LINE_TONE)]);
    // And the first again.
    fork.stop();
    await call.leg.acceptAnswer(call.carrier.answer(call.sdp));
    call.carrier.start();
    await hearEachOther(call);
  });

  it('by a peer with another suite, needs a new offer', async () => {
    const call = await scene.outgoing();
    await hearEachOther(call);
    call.carrier.stop();
    const moved = later<MediaLeg>();
    call.session.on('moved', moved.resolve);
    const fork = await scene.phone({ frequency: 900, suites: ['AEAD_AES_256_GCM'] });
    await call.leg.acceptAnswer(fork.answer(call.sdp));
    fork.start();
    await hears(call.line.peer, 900);
    const leg = await within('the wish for an offer', 2_000, moved.promise);
    await leg.acceptAnswer(fork.answer(leg.createOffer()));
    await Promise.all([hears(call.line.peer, 900), hears(fork, LINE_TONE)]);
    expect(leg.security).toEqual({ type: 'sdes', suite: 'AEAD_AES_256_GCM' });
  });
});

describe('optional encryption', () => {
  const plainCaller = async () => {
    const session = scene.engine.createSession('plain');
    const caller = await scene.caller(
      session,
      { frequency: CARRIER_TONE },
      {
        wire: { type: 'sdes', suites: ['AES_CM_128_HMAC_SHA1_80'], required: false },
      },
    );
    const line = await scene.line(session, { frequency: LINE_TONE });
    session.bridge(caller.leg, line.leg);
    caller.peer.start();
    line.peer.start();
    return { session, caller, line };
  };

  it('is plain RTP with a peer that offers no keys, until it does', async () => {
    const { session, caller, line } = await plainCaller();
    await Promise.all([hears(line.peer, CARRIER_TONE), hears(caller.peer, LINE_TONE)]);
    expect(caller.leg.security).toEqual({ type: 'none' });
    expect(caller.leg.createOffer()).toMatch(/^m=audio \d+ RTP\/AVP /m);
    caller.peer.stop();

    const upgraded = await scene.phone({ frequency: 900 });
    upgraded.takeAnswer(await caller.leg.acceptOffer(upgraded.offer()));
    upgraded.start();
    await Promise.all([hears(line.peer, 900), hears(upgraded, LINE_TONE)]);
    expect(caller.leg.security).toEqual({ type: 'sdes', suite: 'AES_CM_128_HMAC_SHA1_80' });
    await session.close();
  });

  it('is plain RTP with a peer that answers without keys', async () => {
    const session = scene.engine.createSession('plain');
    const carrier = await scene.line(
      session,
      { frequency: CARRIER_TONE },
      {
        wire: { type: 'sdes', suites: ['AES_CM_128_HMAC_SHA1_80'], required: false },
      },
    );
    const line = await scene.line(session, { frequency: LINE_TONE });
    session.bridge(carrier.leg, line.leg);
    carrier.peer.start();
    line.peer.start();
    await Promise.all([hears(line.peer, CARRIER_TONE), hears(carrier.peer, LINE_TONE)]);
    await session.close();
  });
});

describe("a worker's death", () => {
  it('moves the call to another worker, under new keys', async () => {
    const call = await scene.incoming();
    await hearEachOther(call);
    const moved = later<MediaLeg>();
    call.session.on('moved', moved.resolve);
    const [worker, ...others] = childrenNamed('mediasoup-worke');
    expect(others).toEqual([]);
    if (worker === undefined) throw new Error('no worker');
    process.kill(worker, 'SIGKILL');
    const leg = await within('another worker', 5_000, moved.promise);
    call.line.peer.forget();
    await sleep(100);
    expect(findTone(call.line.peer.audio(), CARRIER_TONE).seconds).toBe(0);

    const offer = leg.createOffer();
    expect(keyOf(offer)).not.toBe(keyOf(call.sdp));
    expect(portOf(offer)).toBe(portOf(call.sdp));
    await leg.acceptAnswer(call.carrier.answer(offer, { rekey: true }));
    await hearEachOther(call);
    expect((await scene.engine.stats()).encryption?.deaths).toBe(1);
  });
});
