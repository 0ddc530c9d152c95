import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hearsOf } from '../support/hearing.ts';
import { openPhoneStage, type PhoneStage, RINGS, TONE, TONES } from '../support/phone-stage.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import { hostPort, userOf } from '../support/sip-message.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { CARRIER, LINE } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';
import { WEB_LIBRARIES, type WebLibrary } from '../support/web-phones.ts';
import { openStackPhone, type StackPhone, type Wishes } from '../support/web-stack.ts';

/** Telephones in pages that are not ours: JsSIP and SIP.js's SimpleUser, with a user's own password, in real Chromium. */

let stage: PhoneStage;
let phone: StackPhone;

beforeAll(async () => {
  stage = await openPhoneStage({ users: ['alice'] });
});
afterAll(() => stage?.close());

const open = async (library: WebLibrary): Promise<StackPhone> => {
  const { user, password } = stage.login('alice');
  return openStackPhone(await stage.browser('alice'), {
    library,
    account: { user, password, domain: stage.domain },
    server: `ws://${hostPort(stage.signalling.place)}`,
  });
};

type Call = { readonly call: PeerCall; readonly peer: RtpPeer };

const hear = async (call: Call, mine: readonly number[], theirs: readonly number[]): Promise<void> => {
  const deadline = Date.now() + 6000;
  for (;;) {
    const [inPage, atPeer] = await Promise.all([phone.hears(TONES), hearsOf(call.peer, TONES)]);
    const heard = { inPage, atPeer };
    const wanted = { inPage: mine, atPeer: theirs };
    if (Date.now() > deadline || JSON.stringify(heard) === JSON.stringify(wanted)) {
      expect(heard).toEqual(wanted);
      return;
    }
  }
};

const talk = (call: Call, tone: number = TONE.caller): Promise<void> => hear(call, [tone], [TONE.alice]);

/** The carrier calls the page, which answers. */
const answered = async (wishes?: Wishes): Promise<Call> => {
  const peer = await stage.phone(CARRIER, { frequency: TONE.caller, telephoneEvent: 101 });
  const call = stage.dial({ did: RINGS.alice, media: peer });
  await phone.when('rings', ({ ringing }) => ringing);
  await phone.answer(wishes);
  expect((await call.final()).status).toBe(200);
  peer.start();
  await phone.when('talks', ({ established }) => established);
  return { call, peer };
};

/** The page calls a telephone number, whose line answers. */
const placed = async (wishes?: Wishes): Promise<Call> => {
  const arriving = stage.nextCall();
  await phone.call('+493023125777', wishes);
  const call = await arriving;
  expect(userOf(call.invite.uri ?? '')).toBe('+493023125777');
  const peer = await stage.phone(LINE, { frequency: TONE.line, telephoneEvent: 101 });
  call.respond(180, 'Ringing');
  call.accept(peer);
  await phone.when('talks', ({ established }) => established);
  return { call, peer };
};

const hangUp = async ({ call, peer }: Call): Promise<void> => {
  await call.bye();
  peer.stop();
  await phone.when('is over', ({ over }) => over);
};

describe.each(WEB_LIBRARIES)('%s', (library) => {
  beforeAll(async () => {
    phone = await open(library);
  });
  afterAll(() => phone?.close());
  afterEach(async () => {
    if (!(await phone.state()).over) await phone.hangUp().catch(() => undefined);
    await phone.when('is over', ({ over }) => over);
  });

  /** Other credentials on both sides, and audio all the same. */
  const restartIce = async (call: Call, tone: number): Promise<void> => {
    const before = (await phone.state()).remote;
    await phone.restart();
    const { remote } = await phone.when('has new credentials', (state) => state.remote !== before);
    expect(remote?.match(/ice-ufrag:.*/)?.[0]).not.toBe(before?.match(/ice-ufrag:.*/)?.[0]);
    await talk(call, tone);
  };

  test('is called, holds and comes back, restarts ICE twice, and the caller hangs up', async () => {
    const call = await answered();
    await talk(call);
    await phone.hold(true);
    await hear(call, [], []);
    await phone.hold(false);
    await talk(call);
    await restartIce(call, TONE.caller);
    await restartIce(call, TONE.caller);
    await hangUp(call);
    const row = await stage.record(call.call);
    expect(row.call.hold_ms).toBeGreaterThan(400);
    expect(row.legs[1]).toMatchObject({ user: 'alice', media_security: 'dtls' });
  });

  test('calls, is put on hold, describes its audio anew, restarts ICE, and hangs up', async () => {
    const call = await placed();
    await talk(call, TONE.line);
    await call.call.reinvite({ sdp: call.peer.sdp({ direction: 'sendonly' }) });
    await hear(call, [TONE.line], []);
    await call.call.reinvite();
    await talk(call, TONE.line);
    await phone.renegotiate();
    await restartIce(call, TONE.line);
    if (library === 'JsSIP') {
      await phone.renegotiate(true);
      await phone.restart(true);
      await talk(call, TONE.line);
    }
    await phone.hangUp();
    await call.call.ended();
    call.peer.stop();
  });

  test('presses keys by INFO and in the audio', async () => {
    const call = await answered();
    await phone.info('17');
    await until('the keys of INFO', () => call.peer.digitsHeard(101) === '17');
    // The gateway plays the last one out, which is short, whatever the page says of it.
    await sleep(400);
    await phone.keys('42');
    await until('the keys', () => call.peer.digitsHeard(101) === '1742');
    await talk(call);
    await hangUp(call);
  });

  test('hands the call to a number', async () => {
    const call = await answered();
    await talk(call);
    const arriving = stage.nextCall();
    const done = phone.transfer('+493023125888');
    const line = await arriving;
    const far = await stage.phone(LINE, { frequency: TONE.line, telephoneEvent: 101 });
    line.accept(far);
    await done;
    await phone.when('is out', ({ over }) => over);
    await until('the caller and the line', async () => {
      const [one, other] = await Promise.all([hearsOf(call.peer, TONES), hearsOf(far, TONES)]);
      return one.join() === `${TONE.line}` && other.join() === `${TONE.caller}`;
    });
    await call.call.bye();
    call.peer.stop();
    far.stop();
    await line.ended();
  });

  // SIP.js changes what Chromium itself then goes by; JsSIP what is sent alone.
  const sent = ['noCandidates', 'noSsrc', 'rtcpMuxOnly'] as const;
  test.each(['noTelephoneEvent', ...(library === 'JsSIP' ? sent : [])] as const)(
    'calls and answers: %s',
    async (wish) => {
      const out = await placed({ munge: [wish] });
      await talk(out, TONE.line);
      await hangUp(out);
      const into = await answered({ munge: [wish] });
      await talk(into);
      await hangUp(into);
    },
  );

  test('calls with A-law alone', async () => {
    const call = await placed({ munge: ['pcmaOnly'] });
    expect((await phone.state()).remote).toMatch(/m=audio \d+ \S+ 8 /);
    await talk(call, TONE.line);
    await hangUp(call);
  });

  test.runIf(library === 'JsSIP')(
    'calls with video and a data channel beside, which are refused',
    async () => {
      const call = await placed({ video: true, data: true, eager: true });
      await talk(call, TONE.line);
      const { remote } = await phone.state();
      expect(remote).toMatch(/m=video 0 /);
      expect(remote).toMatch(/m=application 0 /);
      await phone.hold(true);
      await phone.hold(false);
      await phone.restart();
      await talk(call, TONE.line);
      await hangUp(call);
    },
  );
});
