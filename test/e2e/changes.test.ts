import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findTone } from '../support/audio.ts';
import { bothHear, hears, oneStream } from '../support/hearing.ts';
import { header } from '../support/sip-message.ts';
import { CARRIER, LINE, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';

/** What changes within a call: hold, new addresses and codecs, late offers, the end. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());
beforeEach(() => stage.first.onCall((call) => call.respond(480, 'Temporarily Unavailable')));

describe('hang-up', () => {
  test.each(['caller', 'line'] as const)('BYE from the %s reaches the other side', async (by) => {
    const answered = await stage.answered();
    const row = await stage.finish(answered, { talkMs: 500, by });
    expect(row.call).toMatchObject({ status: 'answered', hangup_by: by, q850_cause: 16 });
    expect(row.legs.map((leg) => leg.outcome)).toEqual(['answered', 'answered']);
  });

  test('both say BYE at once', async () => {
    const answered = await stage.answered();
    await sleep(200);
    const replies = await Promise.all([answered.call.bye(), answered.line.bye()]);
    for (const reply of replies) expect([200, 481]).toContain(statusOf(reply));
    expect((await stage.record(answered.call)).call.status).toBe('answered');
  });

  test("the BYE's Reason is passed on and kept", async () => {
    const answered = await stage.answered();
    const reason = 'Q.850;cause=31;text="Normal unspecified"';
    await answered.line.request('BYE', { headers: [['Reason', reason]] });
    const { message } = await answered.call.ended();
    expect(header(message, 'reason')).toMatch(/cause=31/);
    expect((await stage.record(answered.call)).call.q850_cause).toBe(31);
  });
});

describe('hold', () => {
  test.each([
    ['sendonly', { direction: 'sendonly' }, /a=recvonly/],
    ['inactive', { direction: 'inactive' }, /a=inactive/],
    ['a null address', { hold: true }, /m=audio/],
  ] as const)('by the line with %s, and back', async (_, hold, answerPattern) => {
    const answered = await stage.answered();
    await bothHear(answered);
    const held = await answered.line.reinvite({ sdp: answered.far.sdp(hold) });
    expect(statusOf(held)).toBe(200);
    expect(held.body).toMatch(answerPattern);
    await sleep(100);
    expect(await hears(answered.far, 400, 500)).toBe(0);

    const back = await answered.line.reinvite({ sdp: answered.far.sdp() });
    expect(statusOf(back)).toBe(200);
    expect(back.body).not.toMatch(/a=(recvonly|sendonly|inactive)/);
    await bothHear(answered);
    oneStream(answered.far);
    const row = await stage.finish(answered, { talkMs: 100 });
    expect(row.call.hold_ms).toBeGreaterThanOrEqual(500);
    expect(row.call.hold_ms).toBeLessThan(5000);
    expect(row.legs[1]?.held_ms).toBeGreaterThanOrEqual(500);
    expect(row.events.map((event) => event.type)).toEqual(expect.arrayContaining(['held', 'resumed']));
  });

  test('by the caller', async () => {
    const answered = await stage.answered();
    const held = await answered.call.reinvite({ sdp: answered.near.sdp({ direction: 'sendonly' }) });
    expect(held.body).toMatch(/a=recvonly/);
    await sleep(100);
    expect(await hears(answered.near, 700, 400)).toBe(0);
    await answered.call.reinvite();
    await bothHear(answered);
    expect((await stage.finish(answered, { talkMs: 100 })).legs[0]?.held_ms).toBeGreaterThanOrEqual(400);
  });
});

describe('a new address', () => {
  test.each(['INVITE', 'UPDATE'] as const)('in a re-%s from the line', async (method) => {
    const answered = await stage.answered();
    await bothHear(answered);
    const moved = await stage.phone(LINE, { frequency: 1000, telephoneEvent: 101 });
    answered.far.stop();
    const sdp = moved.sdp();
    answered.line.media = moved;
    const reply =
      method === 'INVITE'
        ? await answered.line.reinvite({ sdp })
        : await answered.line.request('UPDATE', { sdp });
    expect(statusOf(reply)).toBe(200);
    moved.follow(reply.body);
    moved.start();
    await sleep(100);
    const [atLine, atCaller] = await Promise.all([hears(moved, 400), hears(answered.near, 1000)]);
    expect(atLine).toBeGreaterThan(0.6);
    expect(atCaller).toBeGreaterThan(0.6);
    oneStream(answered.near);
    const row = await stage.finish({ ...answered, far: moved }, { talkMs: 100 });
    const [, right] = stage.recording(row).channels;
    expect(findTone(right ?? new Int16Array(), 700).seconds).toBeGreaterThan(0.6);
    expect(findTone(right ?? new Int16Array(), 1000).seconds).toBeGreaterThan(0.6);
  });

  test('in a re-INVITE from the caller, with another codec', async () => {
    const answered = await stage.answered();
    const moved = await stage.phone(CARRIER, { frequency: 1000, law: 'PCMA' });
    answered.near.stop();
    answered.call.media = moved;
    expect(statusOf(await answered.call.reinvite())).toBe(200);
    moved.start();
    await sleep(100);
    const [atLine, atCaller] = await Promise.all([hears(answered.far, 1000), hears(moved, 700)]);
    expect([atLine > 0.6, atCaller > 0.6]).toEqual([true, true]);
    expect(moved.packets.every((packet) => packet.payloadType === 8)).toBe(true);
    await stage.finish({ ...answered, near: moved }, { talkMs: 50 });
  });

  test('a re-INVITE without SDP gets an offer, and its ACK an answer', async () => {
    const answered = await stage.answered();
    const reply = await answered.call.reinvite({ lateOffer: true });
    expect(reply.body).toContain('m=audio');
    await bothHear(answered);
    await stage.finish(answered, { talkMs: 50 });
  });

  test('an offer that nobody can take is refused and changes nothing', async () => {
    const answered = await stage.answered();
    const bad = answered.near
      .sdp()
      .replace(/RTP\/AVP .*/, 'RTP/AVP 18')
      .replace(/a=rtpmap.*\r\n/g, '');
    expect(statusOf(await answered.call.reinvite({ sdp: bad }))).toBe(488);
    await bothHear(answered);
    await stage.finish(answered, { talkMs: 50 });
  });
});

test('late offer: an INVITE without SDP gets the offer in the 200', async () => {
  const answered = await stage.answered({ lateOffer: true });
  expect(answered.call.invite.body).toBe('');
  expect((await answered.call.final()).body).toContain('m=audio');
  expect(answered.line.invite.body).toContain('m=audio');
  await bothHear(answered);
  const row = await stage.finish(answered, { talkMs: 100 });
  expect(row.call.status).toBe('answered');
  expect(row.recordings).toHaveLength(1);
});
