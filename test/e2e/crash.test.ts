import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTone } from '../support/audio.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { type Answered, CARRIER, DID, openStage, type Stage } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';

/** `kill -9` during calls loses neither a record nor what was recorded so far. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const CALLS = 10;

test('kill -9 during ten calls: ten records, ten recordings, and the next call is as good as ever', async () => {
  const { gateway } = stage;
  const begun: { readonly callId: string; readonly at: number }[] = [];
  const answered: Answered[] = [];
  for (let i = 0; i < CALLS; i += 1) {
    begun.push({ callId: '', at: Date.now() });
    const one = await stage.answered({
      from: `<sip:+4930231254${String(i).padStart(2, '0')}@carrier.example>`,
    });
    begun[i] = { callId: one.call.callId, at: begun[i]?.at ?? 0 };
    answered.push(one);
  }
  // An eleventh still rings when the lights go out.
  const arriving = stage.nextCall(stage.second);
  const ringing: PeerCall = stage.dial({ did: DID.second, media: await stage.phone(CARRIER) });
  (await arriving).respond(180, 'Ringing');
  await ringing.ringing();
  await sleep(3000);
  const died = Date.now();
  await gateway.kill9();
  for (const { near, far } of answered) {
    near.stop();
    far.stop();
  }
  await sleep(2500);
  await gateway.restart();

  const rows = gateway.records.calls();
  expect(rows).toHaveLength(CALLS + 1);
  for (const { callId, at } of begun) {
    const row = rows.find(({ call }) => call.sip_call_id === callId);
    if (!row) throw new Error(`no record of call ${callId}`);
    expect(row.call.status).toBe('interrupted');
    expect(Math.abs((row.call.duration_ms ?? 0) - (died - at))).toBeLessThanOrEqual(2000);
    expect(row.call.ended_at).toBe(row.call.started_at + (row.call.duration_ms ?? 0));
    expect(row.call).toMatchObject({ source_id: 'summer-ads', did: DID.first });

    const [recording] = row.recordings;
    expect(recording?.state).toBe('repaired');
    const wav = stage.recording(row);
    expect(wav.consistent).toBe(true);
    const talked = (died - (row.call.answered_at ?? 0)) / 1000;
    // What was said in the last moments may not have reached the file.
    expect(wav.seconds).toBeGreaterThan(talked - 2);
    expect(wav.seconds).toBeLessThan(talked + 1);
    const [left, right] = wav.channels;
    expect(findTone(left ?? new Int16Array(), 400).seconds).toBeGreaterThan(wav.seconds * 0.8);
    expect(findTone(right ?? new Int16Array(), 700).seconds).toBeGreaterThan(wav.seconds * 0.8);
    const file = readFileSync(join(gateway.recordings, recording?.path ?? ''));
    expect(recording?.sha256).toBe(createHash('sha256').update(file).digest('hex'));
  }
  const unanswered = rows.find(({ call }) => call.sip_call_id === ringing.callId);
  expect(unanswered?.call).toMatchObject({ status: 'interrupted', talk_ms: 0 });
  expect(unanswered?.recordings).toEqual([]);

  const row = await stage.finish(await stage.answered(), { talkMs: 500 });
  expect(row.call.status).toBe('answered');
  expect(gateway.records.query("SELECT id FROM call WHERE status = 'in_progress'")).toEqual([]);
});

test('SIGTERM ends calls in order after the drain: records are complete, the caller gets BYE', async () => {
  const answered = await stage.answered();
  const talking = sleep(300);
  await talking;
  const code = await stage.gateway.stop();
  expect(code).toBe(0);
  await answered.call.ended();
  const { call, recordings } = await stage.record(answered.call);
  expect(call).toMatchObject({ status: 'answered', hangup_by: 'gateway' });
  expect(recordings[0]?.state).toBe('complete');
  await stage.gateway.restart();
  expect((await stage.finish(await stage.answered(), { talkMs: 200 })).call.status).toBe('answered');
});
