import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { findTone } from '../support/audio.ts';
import { bothHear } from '../support/hearing.ts';
import { header } from '../support/sip-message.ts';
import { openSipPeer } from '../support/sip-peer.ts';
import { CARRIER, DID, LINE, openStage, STRANGER, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Audio before the answer, strangers' audio, lost peers, other packet sizes. */

const NATTED = '127.0.0.7';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    media: { timeoutSeconds: { first: 4, later: 2 } },
    trunks: [
      { id: 'carrier', sources: [CARRIER], region: 'DE' },
      { id: 'natted', sources: [NATTED], region: 'DE', nat: true },
    ],
  });
});
afterAll(() => stage?.close());
beforeEach(() => stage.first.onCall((call) => call.respond(480, 'Temporarily Unavailable')));

const none = new Int16Array();

describe('before the answer', () => {
  test('early media of the line reaches the caller in a 183', async () => {
    const arriving = stage.nextCall();
    const near = await stage.phone(CARRIER, { frequency: 400 });
    const far = await stage.phone(LINE, { frequency: 1300 });
    const call = stage.dial({ did: DID.first, media: near });
    const line = await arriving;
    far.follow(line.invite.body);
    line.respond(183, 'Session Progress', { sdp: far.sdp() });
    const { message } = await call.ringing();
    expect(statusOf(message)).toBe(183);
    expect(message.body).toContain('m=audio');
    near.start();
    far.start();
    await sleep(1000);
    expect(findTone(near.audio(), 1300).seconds).toBeGreaterThan(0.7);
    far.say(700);
    line.accept(far);
    await call.final();
    await sleep(800);
    const row = await stage.finish({ call, line, near, far }, { talkMs: 0 });
    expect(row.call.status).toBe('answered');
    expect(row.legs[1]?.early_media).toBe(1);
    expect(new Set(near.packets.map((packet) => packet.ssrc)).size).toBe(1);
    const [, right] = stage.recording(row).channels;
    expect(findTone(right ?? none, 1300).seconds).toBeLessThan(0.1);
  });

  test('a line that answers the offer in a reliable 183 says so no second time in its 200', async () => {
    const arriving = stage.nextCall();
    const near = await stage.phone(CARRIER, { frequency: 400 });
    const far = await stage.phone(LINE, { frequency: 700 });
    const call = stage.dial({ did: DID.first, media: near });
    const line = await arriving;
    far.follow(line.invite.body);
    const reliable = [
      ['Require', '100rel'],
      ['RSeq', '7001'],
    ] as const;
    line.respond(183, 'Session Progress', { sdp: far.sdp(), headers: reliable });
    const prack = await until('PRACK', () => line.requests.find(({ message }) => message.method === 'PRACK'));
    expect(header(prack.message, 'rack')).toMatch(/^7001 \d+ INVITE$/);
    // RFC 6337 3.1.1: its answer is given.
    line.respond(200, 'OK');
    expect(statusOf(await call.final())).toBe(200);
    near.start();
    far.start();
    const answered = { call, line, near, far };
    await bothHear(answered);
    expect((await stage.finish(answered, { talkMs: 0 })).call.status).toBe('answered');
  });

  test('early media of a line that then refuses is heard, and the outcome is the refusal', async () => {
    const arriving = stage.nextCall();
    const near = await stage.phone(CARRIER);
    const far = await stage.phone(LINE, { frequency: 1300 });
    const call = stage.dial({ did: DID.first, media: near });
    const line = await arriving;
    far.follow(line.invite.body);
    line.respond(183, 'Session Progress', { sdp: far.sdp() });
    await call.ringing();
    far.start();
    await sleep(600);
    line.respond(486, 'Busy Here');
    expect(statusOf(await call.final())).toBe(486);
    expect(findTone(near.audio(), 1300).seconds).toBeGreaterThan(0.4);
    const row = await stage.record(call);
    expect(row.call.status).toBe('busy');
    expect(row.legs[1]?.early_media).toBe(1);
  });

  test('a line whose early media can not be used makes the caller ring', async () => {
    const arriving = stage.nextCall();
    const call = stage.dial({ did: DID.first, media: await stage.phone(CARRIER) });
    (await arriving).respond(183, 'Session Progress', { sdp: 'v=0\r\n' });
    expect(statusOf((await call.ringing()).message)).toBe(180);
    await call.cancel();
    await stage.record(call);
  });

  test('a line that only rings makes the caller ring: 180 and no audio', async () => {
    const arriving = stage.nextCall();
    const near = await stage.phone(CARRIER);
    const call = stage.dial({ did: DID.first, media: near });
    (await arriving).respond(180, 'Ringing');
    const { message } = await call.ringing();
    expect([statusOf(message), message.body]).toEqual([180, '']);
    await call.cancel();
    expect((await stage.record(call)).call.ringing_at).not.toBeNull();
  });

  test('after the early media of one line, the caller hears ringback while the next one rings', async () => {
    const [one, two] = [stage.nextCall(stage.first), stage.nextCall(stage.second)];
    const near = await stage.phone(CARRIER);
    const far = await stage.phone(LINE, { frequency: 1300 });
    const call = stage.dial({ did: DID.failover, media: near });
    const first = await one;
    far.follow(first.invite.body);
    first.respond(183, 'Session Progress', { sdp: far.sdp() });
    await call.ringing();
    far.start();
    await sleep(300);
    first.respond(486, 'Busy Here');
    far.stop();
    const second = await two;
    second.respond(180, 'Ringing');
    await sleep(200);
    near.forget();
    await sleep(5000);
    // Germany's ringback: 425 Hz, 1 s on, 4 s off. 425 Hz does not fill 10 ms windows, so its packets are counted.
    expect(near.packets.length).toBeGreaterThan(40);
    await call.cancel();
    expect((await stage.record(call)).call.status).toBe('cancelled');
  });
});

describe("a stranger's RTP", () => {
  test.each([
    ['another port of the caller', CARRIER],
    ['another address', STRANGER],
  ])('from %s is neither heard nor recorded, and gets nothing back', async (_, address) => {
    const answered = await stage.answered();
    await sleep(300);
    await answered.near.intrude(1900, 30, { address });
    await sleep(300);
    const row = await stage.finish(answered, { talkMs: 100 });
    expect(findTone(answered.far.audio(), 1900).seconds).toBe(0);
    expect(findTone(answered.far.audio(), 400).seconds).toBeGreaterThan(0.9);
    const [left] = stage.recording(row).channels;
    expect(findTone(left ?? none, 1900).seconds).toBe(0);
    expect(findTone(left ?? none, 400).seconds).toBeGreaterThan(0.9);
    expect(row.legs[0]?.stranger_packets).toBe(30);
  });

  test('before the caller has said a word is not taken for the caller', async () => {
    const answered = await stage.answered();
    answered.near.stop();
    await answered.near.intrude(1900, 30, { address: STRANGER });
    answered.near.start();
    const row = await stage.finish(answered, { talkMs: 800 });
    expect(findTone(answered.far.audio(), 1900).seconds).toBe(0);
    expect(findTone(answered.near.audio(), 700).seconds).toBeGreaterThan(0.7);
    expect(row.legs[0]?.stranger_packets).toBe(30);
  });
});

test('a trunk behind NAT: audio goes to where the first packet came from', async () => {
  const natted = await openSipPeer({ address: NATTED });
  onTestFinished(() => natted.close());
  const near = await stage.phone(NATTED, { frequency: 400 });
  // Its SDP names an address of its own network.
  const sdp = near.sdp().replace(/c=IN IP4 \S+/, 'c=IN IP4 192.0.2.77');
  const answered = await stage.answered({ through: natted, media: near, sdp });
  near.start();
  const row = await stage.finish({ ...answered, near }, { talkMs: 800 });
  expect(findTone(answered.far.audio(), 400).seconds).toBeGreaterThan(0.6);
  expect(findTone(near.audio(), 700).seconds).toBeGreaterThan(0.6);
  expect(row.legs[0]).toMatchObject({ stranger_packets: 0 });
});

test('a trunk that is not: audio from elsewhere than its SDP says stays out', async () => {
  const near = await stage.phone(CARRIER, { frequency: 400 });
  const sdp = near.sdp().replace(/m=audio \d+/, 'm=audio 30002');
  const answered = await stage.answered({ media: near, sdp });
  near.start();
  const row = await stage.finish({ ...answered, near }, { talkMs: 500 });
  expect(findTone(answered.far.audio(), 400).seconds).toBe(0);
  expect(near.packets).toEqual([]);
  expect(row.legs[0]?.stranger_packets).toBeGreaterThan(10);
});

describe('a lost peer', () => {
  test.each(['near', 'far'] as const)('%s falls silent: the call ends, both get BYE', async (who) => {
    const answered = await stage.answered();
    await sleep(300);
    const began = performance.now();
    answered[who].stop();
    await Promise.all([answered.call.ended(), answered.line.ended()]);
    const after = performance.now() - began;
    expect(after).toBeGreaterThan(1500);
    expect(after).toBeLessThan(6000);
    const row = await stage.record(answered.call);
    expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'gateway' });
    expect(row.recordings[0]?.state).toBe('complete');
  });

  test('silence of a side that is on hold does not end the call', async () => {
    const answered = await stage.answered();
    await answered.line.reinvite({ sdp: answered.far.sdp({ direction: 'inactive' }) });
    answered.far.stop();
    await sleep(3500);
    expect(answered.line.requests.filter(({ message }) => message.method === 'BYE')).toEqual([]);
    await answered.line.reinvite();
    answered.far.start();
    const row = await stage.finish(answered, { talkMs: 300 });
    expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
  });

  test('a caller who answers with nothing at all', async () => {
    const answered = await stage.answered();
    answered.near.stop();
    answered.far.stop();
    await answered.call.ended();
    expect((await stage.record(answered.call)).call.hangup_by).toBe('gateway');
  });
});

test('garbage on the RTP port is dropped and counted, the call goes on', async () => {
  const answered = await stage.answered();
  const remote = answered.near.remote();
  if (!remote) throw new Error('no remote');
  const socket = createSocket('udp4');
  for (const size of [0, 1, 11, 12, 200, 1500, 9000, 60_000]) {
    await new Promise((resolve) =>
      socket.send(Buffer.alloc(size, size % 251), remote.port, remote.address, resolve),
    );
  }
  socket.close();
  const row = await stage.finish(answered, { talkMs: 700 });
  expect(findTone(answered.far.audio(), 400).seconds).toBeGreaterThan(0.5);
  expect(row.call.status).toBe('answered');
});
