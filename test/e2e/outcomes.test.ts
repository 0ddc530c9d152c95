import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { header } from '../support/sip-message.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { runSipp, startSipp } from '../support/sipp.ts';
import { refusedCaller, refusingLine, unansweredLine } from '../support/sipp-scenarios.ts';
import { BLOCKED, CALLER, CARRIER, DID, LINE, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';

/** Every way in which a call can end, each with its call record. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());
beforeEach(() => {
  for (const line of [stage.first, stage.second])
    line.onCall((call) => call.respond(480, 'Temporarily Unavailable'));
});

const media = () => stage.phone(CARRIER, { frequency: 400 });

const dial = async (did: string, options: { readonly from?: string } = {}): Promise<PeerCall> =>
  stage.dial({ did, media: await media(), ...options });

/** Every record that is over holds these, whatever the outcome. */
const expectWhole = (row: Awaited<ReturnType<Stage['record']>>): void => {
  const { call } = row;
  expect(call.ended_at).toBeGreaterThanOrEqual(call.started_at);
  expect(call.duration_ms).toBe((call.ended_at ?? 0) - call.started_at);
  expect(call.end_reason).toMatch(/\w/);
  expect(row.events[0]?.type).toBe('received');
  expect(row.events.length).toBeGreaterThan(1);
  if (call.status !== 'answered') {
    expect(call).toMatchObject({ talk_ms: 0, answered_at: null, line_id: null });
    expect(row.recordings).toEqual([]);
  }
};

describe('with SIPp on both sides', () => {
  test.each([
    ['busy', 486, 'Busy Here', 'busy', 486, 17],
    ['busy everywhere', 600, 'Busy Everywhere', 'busy', 486, 17],
    ['rejected with 603', 603, 'Decline', 'rejected', 603, 21],
    ['rejected with 403', 403, 'Forbidden', 'rejected', 403, 21],
    ['unreachable with 503', 503, 'Service Unavailable', 'unreachable', 480, 41],
    ['unreachable with 404', 404, 'Not Found', 'unreachable', 480, 1],
    ['failed with 488', 488, 'Not Acceptable Here', 'failed', 488, 65],
    ['failed with 500', 500, 'Server Internal Error', 'failed', 500, 41],
  ] as const)('%s', async (_, code, reason, status, callerSees, cause) => {
    const known = stage.gateway.records.calls().length;
    const line = startSipp({
      scenario: refusingLine(code, reason),
      at: stage.sippLine,
      calls: 1,
      timeoutMs: 20_000,
    });
    await sleep(300);
    const caller = await runSipp({
      scenario: refusedCaller(callerSees, { type: 'elsewhere', port: 30_000, law: 'PCMU' }),
      at: { address: CARRIER, port: stage.gateway.spare.take() },
      remote: stage.gateway.sip,
      calls: 1,
      service: DID.sipp,
      timeoutMs: 20_000,
    });
    expect(caller, caller.errors).toMatchObject({ code: 0, successful: 1 });
    expect((await line.done).code).toBe(0);
    const row = (await stage.gateway.records.wait(known + 1, { ended: true })).at(-1);
    if (!row) throw new Error('no record');
    expectWhole(row);
    expect(row.call).toMatchObject({ status, sip_code: callerSees, q850_cause: cause, hangup_by: 'line' });
    expect(row.legs[1]).toMatchObject({
      role: 'B',
      line_id: 'sipp',
      outcome: status,
      sip_code: code,
      q850_cause: cause,
    });
  });

  test('no answer: the line is cancelled after its ring timeout', async () => {
    const known = stage.gateway.records.calls().length;
    const line = startSipp({ scenario: unansweredLine(), at: stage.sippLine, calls: 1, timeoutMs: 30_000 });
    await sleep(300);
    const caller = await runSipp({
      scenario: refusedCaller(480, { type: 'elsewhere', port: 30_000, law: 'PCMU' }),
      at: { address: CARRIER, port: stage.gateway.spare.take() },
      remote: stage.gateway.sip,
      calls: 1,
      service: DID.sipp,
      timeoutMs: 30_000,
    });
    expect(caller, caller.errors).toMatchObject({ code: 0, successful: 1 });
    expect((await line.done).code).toBe(0);
    const row = (await stage.gateway.records.wait(known + 1, { ended: true })).at(-1);
    if (!row) throw new Error('no record');
    expectWhole(row);
    expect(row.call.status).toBe('no_answer');
    expect(Math.abs((row.call.ring_ms ?? 0) - 10_000)).toBeLessThan(1000);
  });
});

test('no answer at the first line: the second one is dialled and answers', async () => {
  const [ringing, answering] = [stage.nextCall(stage.first), stage.nextCall(stage.second)];
  const near = await media();
  const call = stage.dial({ did: DID.failover, media: near });
  (await ringing).respond(180, 'Ringing');
  const line = await answering;
  expect((await (await ringing).ended()).message.method).toBe('CANCEL');
  line.accept(await stage.phone(LINE, { frequency: 700 }));
  expect(statusOf(await call.final())).toBe(200);
  near.start();
  await sleep(300);
  await call.bye();
  const row = await stage.record(call);
  expectWhole(row);
  expect(row.call).toMatchObject({ status: 'answered', line_id: 'second' });
  expect(row.legs.map((leg) => [leg.role, leg.position, leg.line_id, leg.outcome])).toEqual([
    ['A', 0, null, 'answered'],
    ['B', 1, 'first-brief', 'no_answer'],
    ['B', 2, 'second', 'answered'],
  ]);
});

test('no answer anywhere: each line rings its time, the caller gets 480', async () => {
  for (const line of [stage.first, stage.second]) line.onCall((call) => call.respond(180, 'Ringing'));
  const call = await dial(DID.impatient);
  expect(statusOf(await call.final())).toBe(480);
  const row = await stage.record(call);
  expectWhole(row);
  expect(row.call).toMatchObject({ status: 'no_answer', sip_code: 480 });
  expect(row.legs.slice(1).map((leg) => leg.outcome)).toEqual(['no_answer', 'no_answer']);
  expect(row.call.ring_ms).toBeGreaterThanOrEqual(1900);
});

test('a busy line before one that answers', async () => {
  stage.first.onCall((call) => call.respond(486, 'Busy Here'));
  const answering = stage.nextCall(stage.second);
  const call = await dial(DID.failover);
  (await answering).accept(await stage.phone(LINE));
  expect(statusOf(await call.final())).toBe(200);
  await sleep(200);
  await call.bye();
  const row = await stage.record(call);
  expect(row.call).toMatchObject({ status: 'answered', line_id: 'second' });
  expect(row.legs[1]).toMatchObject({ outcome: 'busy', sip_code: 486, q850_cause: 17 });
});

test('the cause that a line gives is passed on', async () => {
  stage.first.onCall((call) =>
    call.respond(480, 'Gone', { headers: [['Reason', 'Q.850;cause=20;text="absent"']] }),
  );
  const call = await dial(DID.first);
  const final = await call.final();
  expect(statusOf(final)).toBe(480);
  expect(header(final, 'reason')).toMatch(/Q\.850\s*;\s*cause=20/i);
  expect((await stage.record(call)).call).toMatchObject({ status: 'no_answer', q850_cause: 20 });
});

test('cancelled by the caller while the line rings', async () => {
  const arriving = stage.nextCall();
  const call = await dial(DID.first);
  const line = await arriving;
  line.respond(180, 'Ringing');
  await call.ringing();
  expect(statusOf(await call.cancel())).toBe(200);
  expect(statusOf(await call.final())).toBe(487);
  expect((await line.ended()).message.method).toBe('CANCEL');
  const row = await stage.record(call);
  expectWhole(row);
  expect(row.call).toMatchObject({ status: 'cancelled', sip_code: 487, hangup_by: 'caller', q850_cause: 16 });
  expect(row.legs[1]?.outcome).toBe('cancelled');
});

test('cancelled before the line gave any sign', async () => {
  const arriving = stage.nextCall();
  const call = await dial(DID.first);
  await arriving;
  expect(statusOf(await call.cancel())).toBe(200);
  expect(statusOf(await call.final())).toBe(487);
  expect((await stage.record(call)).call.status).toBe('cancelled');
  (await arriving).respond(480, 'Too Late');
});

test('unreachable: nothing listens', async () => {
  const call = await dial(DID.nowhere);
  expect(statusOf(await call.final())).toBe(480);
  const row = await stage.record(call);
  expectWhole(row);
  expect(row.call.status).toBe('unreachable');
  expect(row.legs[1]?.outcome).toBe('unreachable');
});

test('unreachable, then a line that answers', async () => {
  const arriving = stage.nextCall();
  const call = await dial(DID.nowhereThenFirst);
  (await arriving).accept(await stage.phone(LINE));
  expect(statusOf(await call.final())).toBe(200);
  await call.bye();
  expect((await stage.record(call)).legs.map((leg) => leg.outcome)).toEqual([
    'answered',
    'unreachable',
    'answered',
  ]);
});

test('a blocked caller gets 603 and no line rings', async () => {
  let rang = false;
  stage.first.onCall(() => {
    rang = true;
  });
  const call = await dial(DID.first, { from: `<sip:${BLOCKED}@carrier.example>` });
  expect(statusOf(await call.final())).toBe(603);
  const row = await stage.record(call);
  expectWhole(row);
  expect(row.call).toMatchObject({
    status: 'blocked',
    hangup_by: 'gateway',
    sip_code: 603,
    source_id: 'summer-ads',
  });
  expect(row.legs.filter((leg) => leg.role === 'B')).toEqual([]);
  expect(rang).toBe(false);
});

test('an unknown number gets 404 and a record', async () => {
  const call = await dial(DID.unknown);
  expect(statusOf(await call.final())).toBe(404);
  const row = await stage.record(call);
  expectWhole(row);
  expect(row.call).toMatchObject({
    status: 'failed',
    sip_code: 404,
    did: DID.unknown,
    source_id: null,
    match_method: 'none',
  });
});

test('a number that is switched off gets a refusal and a record', async () => {
  const call = await dial(DID.switchedOff);
  expect(statusOf(await call.final())).toBeGreaterThanOrEqual(400);
  expect((await stage.record(call)).call).toMatchObject({ status: 'blocked', did: DID.switchedOff });
});

test('what is no number gets 404 and a record', async () => {
  const call = await dial('sales');
  expect(statusOf(await call.final())).toBe(404);
  expect((await stage.record(call)).call).toMatchObject({ status: 'failed', did: null, did_raw: 'sales' });
});

test('a caller without a codec in common gets 488', async () => {
  const sdp =
    'v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 30000 RTP/AVP 18\r\n';
  const call = stage.dial({ did: DID.first, sdp });
  expect(statusOf(await call.final())).toBe(488);
  const row = await stage.record(call);
  expectWhole(row);
  expect(row.call.status).toBe('failed');
});

test('a caller with broken SDP gets a refusal', async () => {
  const call = stage.dial({ did: DID.first, sdp: 'v=0\r\nnonsense\r\n' });
  expect([400, 488]).toContain(statusOf(await call.final()));
  expect((await stage.record(call)).call.status).toBe('failed');
});

test('a line whose answer is unusable counts as failed, and is hung up', async () => {
  const arriving = stage.nextCall();
  const call = await dial(DID.first);
  const line = await arriving;
  const sdp =
    'v=0\r\no=- 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\nm=audio 30000 RTP/AVP 18\r\n';
  line.respond(200, 'OK', { sdp });
  expect((await line.ended()).message.method).toBe('BYE');
  expect(statusOf(await call.final())).toBe(488);
  expect((await stage.record(call)).call.status).toBe('failed');
});

test('a caller who calls again is known as such', async () => {
  stage.first.onCall((call) => call.respond(486, 'Busy Here'));
  const from = '<sip:+493023125777@carrier.example>';
  const rows = [];
  for (let i = 0; i < 2; i += 1) {
    const call = await dial(DID.first, { from });
    await call.final();
    rows.push(await stage.record(call));
  }
  expect(rows.map(({ call }) => [call.first_call, call.prior_calls])).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(rows[0]?.call.caller_hmac).toBe(rows[1]?.call.caller_hmac);
  expect(rows[0]?.call.caller_masked).not.toContain('3125777');
  expect(CALLER).not.toBe('+493023125777');
});
