import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findTone, rms } from '../support/audio.ts';
import { hearsOf } from '../support/hearing.ts';
import type { CallRow } from '../support/records.ts';
import { type Answered, DID, LINE, openStage, type Stage } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** What a line does by keys: hands calls on, asks before, pauses the recording, and says afterwards how the call was. */

const CALLER_TONE = 400;
const LINE_TONE = 700;
const OTHER_TONE = 1100;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    features: {
      extensions: { '201': 'second' },
      digitTimeoutSeconds: 2,
      score: { enabled: true, timeoutSeconds: 1 },
    },
  });
});
afterAll(() => stage?.close());

type EventRow = { readonly type: string; readonly text: string };

const eventsOf = (row: CallRow): EventRow[] =>
  stage.gateway.records.query<EventRow>(
    'SELECT type, text FROM call_event WHERE call_id = ? ORDER BY seq',
    row.call.id,
  );
const typesOf = (row: CallRow): string[] => eventsOf(row).map(({ type }) => type);

const talking = async (more: Parameters<Stage['answered']>[0] = {}): Promise<Answered> => {
  const call = await stage.answered(more);
  call.far.start();
  await until('both hear each other', () => heard(call, CALLER_TONE) > 0.05);
  return call;
};

const heard = ({ far }: Answered, tone: number): number => findTone(far.audio(), tone).seconds;

/** The second line, when it is called. */
const second = async () => {
  const line = await stage.nextCall(stage.second);
  const phone = await stage.phone(LINE, { frequency: OTHER_TONE, telephoneEvent: 101 });
  line.respond(180, 'Ringing');
  return {
    line,
    phone,
    accept: async () => {
      line.accept(phone);
      await line.acked();
      phone.start();
    },
  };
};

/** Not the caller, whose line would be asked how the call was. */
const hangsUp = async (call: Answered, line = call.line): Promise<CallRow> => {
  await line.bye();
  return stage.record(call.call);
};

describe('*9', () => {
  test('pauses the recording and lets it go on; the caller hears no key', async () => {
    const call = await talking();
    await call.far.press('*9');
    await sleep(200);
    call.near.say(600);
    await sleep(600);
    call.near.say(1200);
    await sleep(300);
    // By INFO, as some phones do.
    for (const key of '*9')
      await call.line.request('INFO', {
        contentType: 'application/dtmf-relay',
        sdp: `Signal=${key}\r\nDuration=100\r\n`,
      });
    await sleep(800);
    const row = await hangsUp(call);
    expect(eventsOf(row).filter(({ type }) => type.startsWith('recording-'))).toEqual([
      { type: 'recording-paused', text: 'Recording paused by line first.' },
      { type: 'recording-resumed', text: 'Recording goes on: line first has ended the pause.' },
    ]);
    const [left = new Int16Array()] = stage.recording(row).channels;
    expect(findTone(left, CALLER_TONE).seconds).toBeGreaterThan(0.05);
    expect(findTone(left, 600).seconds).toBeLessThan(0.05);
    expect(findTone(left, 1200).seconds).toBeGreaterThan(0.3);
    expect(call.near.digitsHeard(101)).toBe('');
  });
});

describe('other keys', () => {
  test('go to the caller, those that might have been a code a little later', async () => {
    const call = await talking();
    await call.far.press('1*5');
    await until('the keys', () => call.near.digitsHeard(101) === '1*5');
    await call.far.press('*');
    await until('the star', () => call.near.digitsHeard(101) === '1*5*');
    await call.near.press('*9');
    await until('the key of the caller', () => call.far.digitsHeard(101) === '*9');
    expect(typesOf(await hangsUp(call))).not.toContain('recording-paused');
  });
});

describe('*2', () => {
  test('hands the call on, with music for the caller meanwhile', async () => {
    const call = await talking();
    await call.far.press('*2');
    await sleep(400);
    call.near.forget();
    await sleep(500);
    expect(rms(call.near.audio())).toBeGreaterThan(-50);
    expect(findTone(call.near.audio(), LINE_TONE).seconds).toBe(0);
    const arriving = second();
    await call.far.press('201#');
    const { line, accept, phone } = await arriving;
    const left = call.line.ended();
    await accept();
    expect((await left).message.method).toBe('BYE');
    expect(await hearsOf(phone, [CALLER_TONE, LINE_TONE])).toEqual([CALLER_TONE]);
    expect(await hearsOf(call.near, [LINE_TONE, OTHER_TONE])).toEqual([OTHER_TONE]);
    const row = await hangsUp(call, line);
    expect(typesOf(row)).toEqual(expect.arrayContaining(['transfer', 'transferred']));
    expect(row.call.status).toBe('answered');
    expect(call.near.digitsHeard(101)).toBe('');
  });

  test('to nobody, or to a telephone number, gives the caller back', async () => {
    const call = await talking();
    await call.far.press('*2');
    await call.far.press('03023125777#');
    await sleep(300);
    call.far.forget();
    // Germany's congestion tone.
    await until('a refusal', () => findTone(call.far.audio(), 425).seconds > 0.2);
    await sleep(1_500);
    expect(await hearsOf(call.near, [LINE_TONE, OTHER_TONE])).toEqual([LINE_TONE]);
    // Given up before anything was dialled.
    await call.far.press('*2*');
    await sleep(300);
    expect(await hearsOf(call.near, [LINE_TONE, OTHER_TONE])).toEqual([LINE_TONE]);
    const row = await hangsUp(call);
    expect(eventsOf(row).filter(({ type }) => type === 'transfer-refused')).toEqual([
      { type: 'transfer-refused', text: expect.stringContaining('features.transferNumbers') },
    ]);
  });
});

describe('*3', () => {
  test('asks first; who hangs up hands the call on', async () => {
    const call = await talking();
    await call.far.press('*3');
    const arriving = second();
    await call.far.press('201#');
    const { line, accept, phone } = await arriving;
    await accept();
    expect(await hearsOf(phone, [CALLER_TONE, LINE_TONE])).toEqual([LINE_TONE]);
    expect(await hearsOf(call.far, [CALLER_TONE, OTHER_TONE])).toEqual([OTHER_TONE]);
    call.near.forget();
    await sleep(500);
    expect(rms(call.near.audio())).toBeGreaterThan(-50);
    expect(findTone(call.near.audio(), OTHER_TONE).seconds).toBe(0);
    await call.line.bye();
    expect(await hearsOf(phone, [CALLER_TONE, LINE_TONE])).toEqual([CALLER_TONE]);
    expect(await hearsOf(call.near, [LINE_TONE, OTHER_TONE])).toEqual([OTHER_TONE]);
    const row = await hangsUp(call, line);
    expect(typesOf(row)).toEqual(expect.arrayContaining(['consultation', 'transferred']));
  });

  test('is given up by the same code, or when the other hangs up', async () => {
    const call = await talking();
    for (const how of ['code', 'other']) {
      await call.far.press('*3');
      const arriving = second();
      await call.far.press('201#');
      const { line, accept, phone } = await arriving;
      await accept();
      await until('the consultation', () => findTone(phone.audio(), LINE_TONE).seconds > 0.1);
      if (how === 'code') {
        const left = line.ended();
        await call.far.press('*3');
        expect((await left).message.method).toBe('BYE');
      } else {
        await line.bye();
      }
      await sleep(300);
      expect(await hearsOf(call.near, [LINE_TONE, OTHER_TONE])).toEqual([LINE_TONE]);
      expect(await hearsOf(call.far, [CALLER_TONE, OTHER_TONE])).toEqual([CALLER_TONE]);
      phone.stop();
    }
    const row = await hangsUp(call);
    expect(typesOf(row).filter((type) => type === 'transfer-failed')).toHaveLength(2);
    expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'line' });
  });
});

describe('a score', () => {
  test('is asked of the line when the caller has hung up, and kept; spam is flagged', async () => {
    const call = await stage.answered();
    call.far.start();
    await sleep(500);
    call.far.forget();
    await call.call.bye();
    await until('the question', () => rms(call.far.audio()) > -45);
    const left = call.line.ended();
    await sleep(700);
    await call.far.press('7');
    expect((await left).message.method).toBe('BYE');
    const row = await stage.record(call.call);
    expect(row.call).toMatchObject({ score: 'spam', hangup_by: 'caller', status: 'answered' });
    expect(row.call.talk_ms).toBeLessThan(1_500);
    expect(stage.recording(row).seconds).toBeLessThan(1.8);
    expect(eventsOf(row).map(({ type }) => type)).toContain('scored');
    await until('the flag', () => {
      const [flag] = stage.gateway.records.query<{ spam_score: number | null; spam_reasons: string }>(
        'SELECT spam_score, spam_reasons FROM call WHERE id = ?',
        row.call.id,
      );
      return (
        (flag?.spam_score ?? 0) >= 3 && (flag?.spam_reasons ?? '').includes('scored as spam by the line')
      );
    });
  });

  test('is none without a key, and when the line hangs up first', async () => {
    const silent = await stage.answered({ did: DID.second, by: stage.second });
    await sleep(300);
    const left = silent.line.ended();
    await silent.call.bye();
    expect((await left).message.method).toBe('BYE');
    expect((await stage.record(silent.call)).call).toMatchObject({ score: null, hangup_by: 'caller' });

    const first = await stage.answered();
    await sleep(300);
    await first.line.bye();
    await first.call.ended();
    expect((await stage.record(first.call)).call).toMatchObject({ score: null, hangup_by: 'line' });
  });
});
