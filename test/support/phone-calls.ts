import { expect } from 'vitest';
import { hearsOf, type Listener } from './hearing.ts';
import { type PhoneStage, RINGS, TONE, TONES } from './phone-stage.ts';
import type { CallRow } from './records.ts';
import type { RtpPeer } from './rtp-peer.ts';
import type { InviteOptions, PeerCall } from './sip-peer.ts';
import type { Softphone } from './softphone.ts';
import { CARRIER } from './stage.ts';
import { sleep } from './wait.ts';

/** A carrier's call that a softphone has answered. */
export type PhoneCall = {
  readonly call: PeerCall;
  /** The caller's end. */
  readonly near: RtpPeer;
  readonly phone: Softphone;
  /** Of the page. */
  readonly key: string;
};

/** The carrier calls; 400 Hz once its call is answered. */
export const ring = async (
  stage: PhoneStage,
  did: string = RINGS.alice,
  options: Partial<InviteOptions> = {},
): Promise<Pick<PhoneCall, 'call' | 'near'>> => {
  const near = await stage.phone(CARRIER, { frequency: TONE.caller, telephoneEvent: 101 });
  return { near, call: stage.dial({ did, media: near, ...options }) };
};

/** Waits until the softphone rings, answers there, and waits until both ends know it. */
export const answer = async (
  phone: Softphone,
  { call, near }: Pick<PhoneCall, 'call' | 'near'>,
): Promise<PhoneCall> => {
  const { key } = await phone.call('ringing');
  await phone.act('answer', key);
  const final = await call.final();
  if (final.status !== 200) throw new Error(`the gateway answered ${final.startLine}`);
  near.start();
  await phone.call('talking');
  return { call, near, phone, key };
};

export const answered = async (
  stage: PhoneStage,
  phone: Softphone,
  did: string = RINGS.alice,
): Promise<PhoneCall> => answer(phone, await ring(stage, did));

type Hearing = readonly [listener: Listener | Softphone, tones: readonly number[]];

const heardBy = (listener: Listener | Softphone): Promise<number[]> =>
  'hears' in listener ? listener.hears(TONES) : hearsOf(listener, TONES);

/** Who hears whom: each listener hears these tones now, and none of the others. Tried again for `patienceMs`. */
export const expectHearing = async (hearing: readonly Hearing[], patienceMs = 4000): Promise<void> => {
  const wanted = hearing.map(([, tones]) => [...tones].sort((a, b) => a - b));
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const heard = await Promise.all(hearing.map(([listener]) => heardBy(listener)));
    const sorted = heard.map((tones) => tones.sort((a, b) => a - b));
    if (Date.now() > deadline || JSON.stringify(sorted) === JSON.stringify(wanted)) {
      expect(sorted).toEqual(wanted);
      return;
    }
  }
};

/** Caller and agent hear each other, and nobody else. */
export const expectTalk = (
  { near, phone }: { readonly near: Listener; readonly phone: Softphone },
  patienceMs?: number,
): Promise<void> =>
  expectHearing(
    [
      [near, [phone.tone]],
      [phone, [TONE.caller]],
    ],
    patienceMs,
  );

/** The caller hangs up; the call's record. */
export const finish = async (
  stage: PhoneStage,
  { call, near, phone }: Pick<PhoneCall, 'call' | 'near' | 'phone'>,
  talkMs = 0,
): Promise<CallRow> => {
  await sleep(talkMs);
  await call.bye();
  near.stop();
  await phone.idle();
  return stage.record(call);
};
