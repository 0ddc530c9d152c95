import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findTone, rms, type ToneReport } from '../support/audio.ts';
import { header, need, tagOf, uriOf, userOf } from '../support/sip-message.ts';
import { runSipp, startSipp } from '../support/sipp.ts';
import { audioAddress, callerScenario, lineScenario } from '../support/sipp-scenarios.ts';
import { CALLER, CARRIER, DID, LINE, openStage, SOURCE, type Stage } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** The main job: a carrier's call reaches the line, both hear each other, it is recorded and its source is known. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const CALLER_TONE = 400;
const LINE_TONE = 700;

/** The tone lasts as long as it was said, give or take 1 % of the call. */
const expectTone = (heard: ToneReport, saidSeconds: number, callSeconds: number): void => {
  expect(Math.abs(heard.seconds - saidSeconds)).toBeLessThanOrEqual(0.01 * callSeconds + 0.01);
  expect(heard.level).toBeCloseTo(-12, 0);
};

describe.each(['PCMU', 'PCMA'] as const)('SIPp on both sides, %s', (law) => {
  test('both tones are at the far ends and in their channel of the recording, and the record is whole', async () => {
    const { gateway } = stage;
    const near = await stage.phone(CARRIER, { law, frequency: CALLER_TONE });
    const far = await stage.phone(LINE, { law, frequency: LINE_TONE });
    const before = Date.now();
    const known = gateway.records.calls().length;
    const talkMs = 5000;
    const line = startSipp({
      scenario: lineScenario({ media: { type: 'elsewhere', port: far.port, law }, ringMs: 200 }),
      at: stage.sippLine,
      calls: 1,
      timeoutMs: 30_000,
    });
    await sleep(300);
    const caller = startSipp({
      scenario: callerScenario({ media: { type: 'elsewhere', port: near.port, law } }),
      at: { address: CARRIER, port: gateway.spare.take() },
      remote: gateway.sip,
      calls: 1,
      pauseMs: talkMs,
      service: DID.sipp,
      timeoutMs: 30_000,
    });
    const connect = async (): Promise<void> => {
      const [toNear, toFar] = await Promise.all([
        until('the answer at the caller', () => caller.log()[0], { everyMs: 5 }),
        until('the offer at the line', () => line.log()[0], { everyMs: 5 }),
      ]);
      for (const [peer, text] of [
        [near, toNear],
        [far, toFar],
      ] as const) {
        const { address, port } = audioAddress(text);
        peer.follow(`v=0\r\nc=IN IP4 ${address}\r\nm=audio ${port} RTP/AVP 0\r\n`);
        peer.start();
      }
    };
    await connect();
    // Both stop before the BYE, so that every packet sent belongs to the call.
    await sleep(talkMs - 400);
    near.stop();
    far.stop();
    const [called, answered] = await Promise.all([caller.done, line.done]);
    expect(called, called.errors + called.output).toMatchObject({ code: 0, successful: 1 });
    expect(answered, answered.errors).toMatchObject({ code: 0 });

    const row = (await gateway.records.wait(known + 1, { ended: true })).at(-1);
    if (!row) throw new Error('no record');
    const callSeconds = (row.call.talk_ms ?? 0) / 1000;
    const [nearSaid, farSaid] = [near.sentCount() / 50, far.sentCount() / 50];

    const wire = JSON.stringify({ said: [near.sentCount(), far.sentCount()], legs: row.legs });
    expect([far.packets.length, near.packets.length], wire).toEqual([near.sentCount(), far.sentCount()]);
    expectTone(findTone(far.audio(), CALLER_TONE), nearSaid, callSeconds);
    expectTone(findTone(near.audio(), LINE_TONE), farSaid, callSeconds);
    expect(findTone(far.audio(), LINE_TONE).seconds).toBe(0);
    expect(findTone(near.audio(), CALLER_TONE).seconds).toBe(0);

    const wav = stage.recording(row);
    expect(wav).toMatchObject({ rate: 8000, consistent: true });
    const [left, right] = wav.channels;
    if (!left || !right) throw new Error('the recording is not stereo');
    expectTone(findTone(left, CALLER_TONE), nearSaid, callSeconds);
    expectTone(findTone(right, LINE_TONE), farSaid, callSeconds);
    expect(findTone(left, LINE_TONE).seconds).toBe(0);
    expect(findTone(right, CALLER_TONE).seconds).toBe(0);
    expect(Math.abs(wav.seconds - callSeconds)).toBeLessThanOrEqual(0.01 * callSeconds + 0.04);

    expect(row.call).toMatchObject({
      status: 'answered',
      direction: 'inbound',
      trunk_id: 'carrier',
      is_test: 0,
      did: DID.sipp,
      did_header: 'request-uri',
      source_id: SOURCE.id,
      source_name: SOURCE.name,
      source: SOURCE.source,
      medium: SOURCE.medium,
      campaign: SOURCE.campaign,
      cost_center: SOURCE.costCenter,
      match_method: 'static',
      match_prob: 1,
      line_id: 'sipp',
      sip_code: 200,
      q850_cause: 16,
      hangup_by: 'caller',
      anonymous: 0,
      caller_region: 'DE',
      first_call: law === 'PCMU' ? 1 : 0,
    });
    const { call } = row;
    expect(call.started_at).toBeGreaterThanOrEqual(before);
    expect(call.ringing_at).toBeGreaterThanOrEqual(call.started_at);
    expect(call.answered_at).toBeGreaterThanOrEqual(call.ringing_at ?? Number.NaN);
    expect(call.duration_ms).toBe((call.ended_at ?? 0) - call.started_at);
    expect(call.talk_ms).toBe((call.ended_at ?? 0) - (call.answered_at ?? 0));
    expect(call.ring_ms).toBe((call.answered_at ?? 0) - call.started_at);
    expect(Math.abs((call.talk_ms ?? 0) - talkMs)).toBeLessThan(300);
    expect(call.ring_ms).toBeGreaterThanOrEqual(190);

    expect(row.legs.map((leg) => [leg.role, leg.position, leg.line_id, leg.outcome, leg.codec])).toEqual([
      ['A', 0, null, 'answered', law],
      ['B', 1, 'sipp', 'answered', law],
    ]);
    for (const [leg, said] of [
      [row.legs[0], near.sentCount()],
      [row.legs[1], far.sentCount()],
    ] as const) {
      expect(leg).toMatchObject({
        packets_received: said,
        packets_lost: 0,
        stranger_packets: 0,
        sip_code: 200,
      });
      expect(leg?.mos_average).toBeGreaterThan(4);
      expect(leg?.mos_average).toBeLessThanOrEqual(4.5);
      expect(leg?.jitter_ms).toBeLessThan(30);
    }
    expect(row.legs[0]?.peer).toMatch(new RegExp(`^udp/${CARRIER}:`));
    expect(row.legs[1]?.peer).toBe(`udp/${LINE}:${stage.sippLine.port}`);

    const [recording] = row.recordings;
    expect(recording).toMatchObject({
      state: 'complete',
      bytes: statSync(wav.path).size,
      sha256: createHash('sha256').update(readFileSync(wav.path)).digest('hex'),
    });
    expect(Math.abs((recording?.duration_ms ?? 0) - wav.seconds * 1000)).toBeLessThan(1);
    expect(row.events.map((event) => event.type)).toEqual(
      expect.arrayContaining(['received', 'number-matched', 'dialling', 'line-rang', 'answered', 'ended']),
    );
    expect(row.events.map((event) => event.seq)).toEqual(row.events.map((_, index) => index));
  });
});

test('a PCMU caller and a PCMA line hear each other', async () => {
  const call = await stage.answered({
    nearPhone: { law: 'PCMU', laws: ['PCMU'] },
    farPhone: { law: 'PCMA', laws: ['PCMA'] },
  });
  const row = await stage.finish(call, { talkMs: 1500 });
  expect(row.legs.map((leg) => leg.codec)).toEqual(['PCMU', 'PCMA']);
  for (const [phone, tone, type] of [
    [call.far, 400, 8],
    [call.near, 700, 0],
  ] as const) {
    expect(phone.packets.every((packet) => packet.payloadType === type)).toBe(true);
    expect(findTone(phone.audio(), tone).seconds).toBeGreaterThan(1.2);
    expect(findTone(phone.audio(), tone).level).toBeCloseTo(-12, 0);
  }
  const [left, right] = stage.recording(row).channels;
  expect(findTone(left ?? new Int16Array(), 400).seconds).toBeGreaterThan(1.2);
  expect(findTone(right ?? new Int16Array(), 700).seconds).toBeGreaterThan(1.2);
});

test('keys pass with the payload type that each side named', async () => {
  const call = await stage.answered({ nearPhone: { telephoneEvent: 96 }, farPhone: { telephoneEvent: 110 } });
  await sleep(300);
  await call.near.press('159#');
  await call.far.press('42#');
  const row = await stage.finish(call, { talkMs: 300 });
  expect(call.far.digitsHeard(110)).toBe('159#');
  expect(call.near.digitsHeard(96)).toBe('42#');
  const types = new Set(call.far.packets.map((packet) => packet.payloadType));
  expect([...types].sort()).toEqual([0, 110]);
  expect(row.call.status).toBe('answered');
});

test('what each side hears is one stream: one SSRC, sequence and timestamp without a jump', async () => {
  const call = await stage.answered();
  await stage.finish(call, { talkMs: 1000 });
  for (const { packets } of [call.near, call.far]) {
    expect(new Set(packets.map((packet) => packet.ssrc)).size).toBe(1);
    for (let i = 1; i < packets.length; i += 1) {
      const [one, two] = [packets[i - 1], packets[i]];
      if (!one || !two) throw new Error('unreachable');
      expect((two.sequence - one.sequence) & 0xffff).toBe(1);
      expect((two.timestamp - one.timestamp) >>> 0).toBe(160);
    }
  }
});

test('the line sees the caller, the tracking number and the call id', async () => {
  const call = await stage.answered({
    from: `"Erika Muster" <sip:${CALLER}@carrier.example>`,
    headers: [['P-Asserted-Identity', `"Erika Muster" <sip:${CALLER}@carrier.example;user=phone>`]],
  });
  const row = await stage.finish(call, { talkMs: 200 });
  const { invite } = call.line;
  expect(userOf(need(invite, 'from'))).toBe(CALLER);
  expect(need(invite, 'from')).toContain('Erika Muster');
  expect(userOf(need(invite, 'p-asserted-identity'))).toBe(CALLER);
  expect(userOf(need(invite, 'diversion'))).toBe(DID.first);
  expect(need(invite, 'diversion')).toContain('reason=unconditional');
  expect(need(invite, 'x-dialtrace-call')).toBe(row.call.id);
  expect(uriOf(need(invite, 'contact'))).toContain(`${stage.gateway.sip.address}:${stage.gateway.sip.port}`);
  expect(need(invite, 'call-id')).not.toBe(call.call.callId);
  expect(tagOf(need(invite, 'from'))).toBeDefined();
  expect(header(await call.call.final(), 'x-dialtrace-call')).toBe(row.call.id);
});

test('a number that is not recorded leaves no file', async () => {
  const row = await stage.finish(await stage.answered({ did: DID.unrecorded }), { talkMs: 500 });
  expect(row.call.status).toBe('answered');
  expect(row.recordings).toEqual([]);
});

test('a silent caller leaves a silent left channel beside a full right one', async () => {
  const call = await stage.answered();
  call.near.stop();
  const row = await stage.finish(call, { talkMs: 1500 });
  const [left, right] = stage.recording(row).channels;
  expect(rms((left ?? new Int16Array()).subarray(4000))).toBeLessThan(-60);
  expect(findTone(right ?? new Int16Array(), 700).seconds).toBeGreaterThan(1.2);
});

test('a caller in SIPp hears nothing odd when the line hangs up', async () => {
  const far = await stage.phone(LINE, { frequency: 700 });
  const arriving = stage.nextCall();
  const caller = runSipp({
    scenario: callerScenario({ media: { type: 'elsewhere', port: 30_000, law: 'PCMU' }, hangup: 'line' }),
    at: { address: CARRIER, port: stage.gateway.spare.take() },
    remote: stage.gateway.sip,
    calls: 1,
    service: DID.first,
    timeoutMs: 20_000,
  });
  const line = await arriving;
  line.accept(far);
  await line.acked();
  await sleep(500);
  expect((await line.bye()).status).toBe(200);
  const result = await caller;
  expect(result, result.errors).toMatchObject({ code: 0, successful: 1 });
  const row = (await stage.gateway.records.wait(1)).at(-1);
  if (!row) throw new Error('no record');
  expect((await stage.gateway.records.ended(row.call.sip_call_id ?? '')).call).toMatchObject({
    status: 'answered',
    hangup_by: 'line',
    q850_cause: 16,
  });
});
