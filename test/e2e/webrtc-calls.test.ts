import { createSocket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findTone, rms, sine } from '../support/audio.ts';
import { decode, encode } from '../support/g711.ts';
import { hearsOf, tonesIn } from '../support/hearing.ts';
import { answer, answered, expectHearing, expectTalk, finish, ring } from '../support/phone-calls.ts';
import {
  openPhoneStage,
  type PhoneStage,
  RINGS,
  SECURE_CARRIER,
  TONE,
  TONES,
} from '../support/phone-stage.ts';
import type { CallRow } from '../support/records.ts';
import { readRtp, writeRtp } from '../support/rtp-peer.ts';
import { need, userOf } from '../support/sip-message.ts';
import { openSipPeer } from '../support/sip-peer.ts';
import { startSipp } from '../support/sipp.ts';
import { audioAddress, callerScenario } from '../support/sipp-scenarios.ts';
import type { PageSoftphone } from '../support/softphone.ts';
import { openSrtpPeer } from '../support/srtp-peer.ts';
import { CALLER, CARRIER, LINE, SOURCE, STRANGER } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Calls between carriers, lines and agents in the browser: who hears whom, and what stays of it. */

let stage: PhoneStage;
let alice: PageSoftphone;
let bob: PageSoftphone;
beforeAll(async () => {
  stage = await openPhoneStage({ users: ['alice', 'bob'] });
  [alice, bob] = await Promise.all([stage.softphone('alice'), stage.softphone('bob')]);
});
afterAll(() => stage?.close());
afterEach(async () => {
  for (const phone of [alice, bob]) {
    for (const { key, phase } of (await phone.state()).calls)
      if (phase !== 'ended') await phone.act('hangUp', key).catch(() => {});
    await phone.idle();
    await phone.act('skipWrapUp');
  }
});

/** Which of the tones each channel of the recording holds, its first and last moments left out. */
const channelsOf = (row: CallRow): number[][] =>
  stage
    .recording(row)
    .channels.map((samples) => tonesIn(samples.subarray(8000, samples.length - 1600), TONES));

const securityOf = (row: CallRow) =>
  row.legs.map(({ role, user, media_security, srtp_suite, transport, candidate }) => ({
    role,
    user,
    media_security,
    srtp_suite,
    transport,
    candidate,
  }));

const DTLS = {
  media_security: 'dtls',
  srtp_suite: expect.stringMatching(/^(AEAD_AES_(128|256)_GCM|AES_CM_128_HMAC_SHA1_80)$/),
  transport: 'udp',
  candidate: expect.stringMatching(/^(host|prflx)$/),
};
const PLAIN = { media_security: 'none', srtp_suite: null, transport: null, candidate: null };

test('a call rings in the page with what brought it, is answered and ended by a click, and its record is whole', async () => {
  const { call, near } = await ring(stage);
  const { page } = alice;
  const { key } = await alice.call('ringing');
  const { context, id } = await alice.when('it knows what brought the call', ({ calls }) =>
    calls.find((each) => each.key === key && each.context !== undefined),
  );
  expect(context).toMatchObject({
    direction: 'inbound',
    party: CALLER,
    did: RINGS.alice,
    didLabel: 'Poster',
    sourceName: SOURCE.name,
    campaign: SOURCE.campaign,
  });
  await page.getByText(SOURCE.name).first().waitFor();
  await page.getByText(SOURCE.campaign, { exact: true }).first().waitFor();
  await page
    .getByRole('button', { name: /^answer/i })
    .first()
    .click();
  expect((await call.final()).status).toBe(200);
  near.start();
  await alice.call('talking');
  await expectTalk({ near, phone: alice });
  // Long enough for a sample of its quality.
  await sleep(5500);
  await page
    .getByRole('button', { name: /hang up|end call/i })
    .first()
    .click();
  await call.ended();
  near.stop();

  const row = await stage.record(call);
  expect(row.call).toMatchObject({
    id,
    status: 'answered',
    direction: 'inbound',
    hangup_by: 'line',
    agent: 'alice',
    line_id: 'alice',
    source_id: SOURCE.id,
    did: RINGS.alice,
  });
  expect(securityOf(row)).toEqual([
    { role: 'A', user: null, ...PLAIN },
    { role: 'B', user: 'alice', ...DTLS },
  ]);
  expect(channelsOf(row)).toEqual([[TONE.caller], [TONE.alice]]);
  for (const leg of row.legs) {
    expect(leg.codec).toMatch(/^PCM[AU]$/);
    expect(leg.mos_average).toBeGreaterThan(4);
    expect(leg.loss_percent).toBeLessThan(1);
    const samples = stage.gateway.records.query<{ mos: number; rtt_ms: number | null }>(
      'SELECT mos, rtt_ms FROM leg_quality WHERE leg_id = ?',
      leg.id,
    );
    expect(samples.length).toBeGreaterThan(0);
    for (const { mos } of samples) expect(mos).toBeGreaterThan(4);
  }
  expect(row.legs[1]?.rtt_ms).not.toBeNull();
  expect(row.recordings[0]?.state).toBe('complete');
});

test('what the agent notes afterwards is in the record', async () => {
  const row = await finish(stage, await answered(stage, alice), 500);
  await alice.when('wrap-up', ({ wrapUp }) => wrapUp?.callId === row.call.id);
  await alice.act('draftWrapUp', {
    disposition: 'sale',
    tags: ['roof', 'urgent'],
    note: 'Calls back on Monday',
    value: { amount: 1250.5, currency: 'EUR' },
  });
  await alice.act('saveWrapUp');
  const [noted] = stage.gateway.records.query<Record<string, unknown>>(
    'SELECT * FROM wrap_up WHERE call_id = ?',
    row.call.id,
  );
  expect(noted).toMatchObject({
    user: 'alice',
    disposition: 'sale',
    value_micros: 1_250_500_000,
    value_currency: 'EUR',
  });
  expect(JSON.parse(String(noted?.['tags']))).toEqual(['roof', 'urgent']);
  expect(String(noted?.['note_encrypted'])).not.toContain('Monday');
});

test('SIPp as the carrier', async () => {
  const { gateway } = stage;
  const known = gateway.records.calls().length;
  const near = await stage.phone(CARRIER, { frequency: TONE.caller });
  const caller = startSipp({
    scenario: callerScenario({ media: { type: 'elsewhere', port: near.port, law: 'PCMU' } }),
    at: { address: CARRIER, port: gateway.spare.take() },
    remote: gateway.sip,
    calls: 1,
    pauseMs: 3000,
    service: RINGS.alice,
    timeoutMs: 30_000,
  });
  const { key } = await alice.call('ringing');
  await alice.act('answer', key);
  const { address, port } = audioAddress(await until('the answer at the caller', () => caller.log()[0]));
  near.follow(`v=0\r\nc=IN IP4 ${address}\r\nm=audio ${port} RTP/AVP 0\r\n`);
  near.start();
  await alice.call('talking');
  await expectTalk({ near, phone: alice });
  const called = await caller.done;
  near.stop();
  expect(called, called.errors + called.output).toMatchObject({ code: 0, successful: 1 });
  const row = (await gateway.records.wait(known + 1, { ended: true })).at(-1);
  if (!row) throw new Error('no record');
  expect(row.call).toMatchObject({ status: 'answered', agent: 'alice', hangup_by: 'caller' });
  expect(channelsOf(row)).toEqual([[TONE.caller], [TONE.alice]]);
});

test('an agent calls out with a tracking number as identity', async () => {
  const known = stage.gateway.records.calls().length;
  const arriving = stage.nextCall();
  await alice.act('dial', '+49 30 23125 777', RINGS.bob);
  const line = await arriving;
  expect(userOf(line.invite.uri ?? '')).toBe('+493023125777');
  expect(userOf(need(line.invite, 'from'))).toBe(RINGS.bob);
  const far = await stage.phone(LINE, { frequency: TONE.line, telephoneEvent: 101 });
  line.respond(180, 'Ringing');
  await alice.call('calling');
  line.accept(far);
  const { key, id } = await alice.call('talking');
  await expectHearing([
    [alice, [TONE.line]],
    [far, [TONE.alice]],
  ]);
  await sleep(1000);
  await alice.act('hangUp', key);
  await line.ended();
  far.stop();
  const row = (await stage.gateway.records.wait(known + 1, { ended: true })).at(-1);
  if (!row) throw new Error('no record');
  expect(row.call).toMatchObject({
    id,
    status: 'answered',
    direction: 'outbound',
    agent: 'alice',
    did: RINGS.bob,
    hangup_by: 'caller',
  });
  expect(securityOf(row)).toMatchObject([
    { role: 'A', user: 'alice', ...DTLS },
    { role: 'B', ...PLAIN },
  ]);
  expect(channelsOf(row)).toEqual([[TONE.alice], [TONE.line]]);
});

test('an agent calls another agent', async () => {
  const known = stage.gateway.records.calls().length;
  await alice.act('dial', 'bob', undefined);
  const ringing = await bob.call('ringing');
  await bob.act('answer', ringing.key);
  const { key } = await alice.call('talking');
  await bob.call('talking');
  await expectHearing([
    [alice, [TONE.bob]],
    [bob, [TONE.alice]],
  ]);
  await sleep(1000);
  await alice.act('hangUp', key);
  await bob.idle();
  const row = (await stage.gateway.records.wait(known + 1, { ended: true })).at(-1);
  if (!row) throw new Error('no record');
  expect(row.call).toMatchObject({ status: 'answered', direction: 'internal' });
  expect(securityOf(row)).toEqual([
    { role: 'A', user: 'alice', ...DTLS },
    { role: 'B', user: 'bob', ...DTLS },
  ]);
  expect(channelsOf(row)).toEqual([[TONE.alice], [TONE.bob]]);
});

test('keys pass both ways', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  await alice.act('press', call.key, '42*');
  await until('the keys at the carrier', () => call.near.digitsHeard(101) === '42*');
  // The key 5 is 770 and 1336 Hz (ITU-T Q.23), which the browser makes of the event.
  const [heard] = await Promise.all([alice.hears([770, 1336], 1500, 0.1), call.near.press('55555')]);
  expect(heard).toEqual([770, 1336]);
  await finish(stage, call);
});

test('on hold the caller hears music, and the agent nothing', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  await alice.act('hold', call.key, true);
  await alice.call('held');
  await sleep(300);
  expect(await hearsOf(call.near, TONES, 1500)).toEqual([]);
  expect(rms(call.near.audio())).toBeGreaterThan(-45);
  expect(await alice.hears(TONES)).toEqual([]);
  await alice.act('hold', call.key, false);
  await alice.call('talking');
  await expectTalk(call);
  const row = await finish(stage, call);
  expect(row.call.hold_ms).toBeGreaterThan(1500);
});

test('a carrier holds and comes back', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  await call.call.reinvite({ sdp: call.near.sdp({ direction: 'sendonly' }) });
  await expectHearing([
    [call.near, []],
    [alice, [TONE.caller]],
  ]);
  await call.call.reinvite();
  await expectTalk(call);
  await finish(stage, call);
});

test('a carrier that moves its audio is followed', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  const elsewhere = await stage.phone('127.0.0.2', { frequency: TONE.line, telephoneEvent: 101 });
  call.call.media = elsewhere;
  await call.call.reinvite();
  call.near.stop();
  elsewhere.start();
  await expectHearing([
    [elsewhere, [TONE.alice]],
    [alice, [TONE.line]],
  ]);
  elsewhere.stop();
  await finish(stage, { ...call, near: elsewhere });
});

/** Expects that RTP-shaped datagrams sound like none of the tones, taken for G.711. */
const expectNoise = (datagrams: readonly Buffer[]): void => {
  const audio = datagrams.filter((data) => ((data[0] ?? 0) & 0xc0) === 0x80 && data.length > 150);
  expect(audio.length).toBeGreaterThan(50);
  const payloads = audio.flatMap((data) => readRtp(data, { address: '', port: 0 }, 0)?.payload ?? []);
  for (const law of ['PCMU', 'PCMA'] as const) {
    const sound = decode(law, Buffer.concat(payloads));
    for (const tone of TONES) expect(findTone(sound, tone).seconds).toBeLessThan(0.02);
  }
};

/** Says 1900 Hz in plain RTP to a port of the gateway. */
const sayPlainly = async (send: (packet: Buffer) => unknown): Promise<void> => {
  for (let i = 0; i < 60; i += 1) {
    const payload = encode('PCMU', sine(1900, 160, -6, i * 160));
    await send(writeRtp(0, i === 0, i, i * 160, 0x5742_4c4c, payload));
    await sleep(18);
  }
};

test('what goes over the network is encrypted, and plain audio is not let in', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  stage.media.capture(true);
  await sleep(1500);
  stage.media.capture(false);
  for (const way of ['in', 'out'] as const)
    expectNoise(stage.media.datagrams.filter((each) => each.way === way).map(({ data }) => data));

  const stranger = createSocket('udp4');
  await new Promise<void>((resolve) => stranger.bind(0, STRANGER, resolve));
  const { port } = stage.media.place;
  const listening = hearsOf(call.near, [1900], 1500);
  await sayPlainly((packet) => {
    stranger.send(packet, port, '127.0.0.1');
    return stage.media.inject(packet);
  });
  expect(await listening).toEqual([]);
  stranger.close();
  await expectTalk(call);
  const row = await finish(stage, call);
  expect(channelsOf(row)).toEqual([[TONE.caller], [TONE.alice]]);
});

test('a carrier with keys in SDP: encrypted on both sides, and plain audio is not let in', async () => {
  const carrier = await openSipPeer({ address: SECURE_CARRIER, user: 'carrier' });
  const near = await openSrtpPeer({
    address: SECURE_CARRIER,
    frequency: TONE.caller,
    telephoneEvent: 101,
    suites: ['AES_CM_128_HMAC_SHA1_80'],
  });
  try {
    const call = carrier.invite({ to: stage.gateway.sip, did: RINGS.alice, sdp: near.offer() });
    const { key } = await alice.call('ringing');
    await alice.act('answer', key);
    const final = await call.final();
    expect(final.body).toContain('RTP/SAVP');
    near.takeAnswer(final.body);
    near.start();
    await alice.call('talking');
    await expectTalk({ near, phone: alice });
    await sleep(1000);
    expectNoise(near.captured);
    near.spoil('plain');
    await sleep(500);
    await expectHearing([[alice, []]]);
    near.stop();
    await call.bye();
    const row = await stage.record(call);
    expect(securityOf(row)).toMatchObject([
      { role: 'A', media_security: 'sdes', srtp_suite: 'AES_CM_128_HMAC_SHA1_80' },
      { role: 'B', user: 'alice', ...DTLS },
    ]);
  } finally {
    await carrier.close();
    await near.close();
  }
});

test('an agent who refuses: the caller meets the next line', async () => {
  const arriving = stage.nextCall();
  const { call } = await ring(stage, RINGS.aliceThenFirst);
  const { key } = await alice.call('ringing');
  await alice.act('reject', key);
  (await arriving).respond(486, 'Busy Here');
  await call.final();
  const row = await stage.record(call);
  expect(row.legs.slice(1).map(({ line_id }) => line_id)).toEqual(['alice', 'first']);
});

test('a second call waits, and puts the first on hold when it is answered', async () => {
  const first = await answered(stage, alice);
  await expectTalk(first);
  const waiting = await ring(stage);
  const second = await answer(alice, waiting);
  const state = await alice.state();
  expect(state.calls.find(({ key }) => key === first.key)?.phase).toBe('held');
  await expectHearing([
    [second.near, [TONE.alice]],
    [alice, [TONE.caller]],
    [first.near, []],
  ]);
  await second.call.bye();
  await first.call.bye();
  await alice.idle();
});
