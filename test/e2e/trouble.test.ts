import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findTone } from '../support/audio.ts';
import { type Answered, CARRIER, DID, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** A database or a disk that fails: calls go on as if nothing were, and the record says what was missed. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ trunks: [{ id: 'carrier', sources: [CARRIER], region: 'DE', maxCalls: 4 }] });
});
afterAll(() => stage?.close());

/** Holds the database's write lock until the returned function is called. */
const lockDatabase = (): (() => void) => {
  const other = new Database(join(stage.gateway.directory, 'data/dialtrace.db'));
  other.exec('BEGIN IMMEDIATE');
  return () => {
    if (!other.open) return;
    other.exec('ROLLBACK');
    other.close();
  };
};

/** Milliseconds from a call's INVITE to its 200, by a line that picks up at once. */
const answerTime = ({ call }: Answered): number => {
  const answer = call.responses.find(({ message }) => message.status === 200);
  if (!answer) throw new Error('not answered');
  return answer.at - call.startedAt;
};

describe('a database that somebody else holds', () => {
  let release: () => void = () => undefined;
  afterEach(() => release());

  test('for 3 s, delays no answer; afterwards all records are whole', async () => {
    const before = await stage.answered();
    await sleep(300);
    release = lockDatabase();
    const until3s = sleep(3000);
    const during: Answered[] = [];
    const times: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      const answered = await stage.answered({ from: `<sip:+4930231256${i}0@carrier.example>` });
      times.push(answerTime(answered));
      during.push(answered);
      await sleep(150);
      // Calls that are over count against the trunk's limit no more, whether they are written or not.
      if (i % 2 === 0) await answered.call.bye();
      if (i === 3) await during[1]?.call.bye();
    }
    const refused = stage.dial({ did: DID.unknown, media: await stage.phone(CARRIER) });
    expect(statusOf(await refused.final())).toBe(404);
    await before.call.bye();
    expect((await stage.gateway.metrics()).value('dialtrace_calls_active')).toBeLessThanOrEqual(3);
    expect(stage.gateway.records.calls().filter(({ call }) => call.status !== 'in_progress')).toEqual([]);
    await until3s;
    release();

    const sorted = [...times].sort((a, b) => a - b);
    expect(sorted[3], String(times)).toBeLessThan(500);
    expect(sorted.at(-1), String(times)).toBeLessThan(1500);

    await Promise.all([during[3]?.call.bye(), during[5]?.call.bye()]);
    for (const { call } of [before, ...during]) {
      const row = await stage.record(call);
      expect(row.call).toMatchObject({
        status: 'answered',
        source_id: 'summer-ads',
        line_id: 'first',
        hangup_by: 'caller',
      });
      expect(row.call.answered_at).toBeGreaterThanOrEqual(row.call.started_at);
      expect(row.legs.map((leg) => leg.outcome)).toEqual(['answered', 'answered']);
      expect(row.events.map((event) => event.type)).toEqual(
        expect.arrayContaining(['received', 'number-matched', 'dialling', 'answered', 'ended']),
      );
      expect(row.events.map((event) => event.seq)).toEqual(row.events.map((_, index) => index));
      expect(row.recordings.map((recording) => recording.state)).toEqual(['complete']);
      expect(Math.abs((row.recordings[0]?.duration_ms ?? 0) - (row.call.talk_ms ?? 0))).toBeLessThan(100);
    }
    expect((await stage.record(refused)).call).toMatchObject({ status: 'failed', sip_code: 404 });
    await until('the warning in the log', () =>
      stage.gateway.log().includes('not written to the database yet'),
    );
    expect(stage.gateway.log()).not.toContain('given up');
  });

  test('for a moment, is waited for: the record stands before the line rings', async () => {
    release = lockDatabase();
    const arriving = stage.nextCall();
    const call = stage.dial({ did: DID.first, media: await stage.phone(CARRIER) });
    await sleep(60);
    release();
    const line = await arriving;
    expect(stage.gateway.records.calls().find((row) => row.call.sip_call_id === call.callId)).toBeDefined();
    line.respond(486, 'Busy Here');
    expect(statusOf(await call.final())).toBe(486);
    await stage.record(call);
  });
});

describe('recordings that can not be written', () => {
  const talks = async (): Promise<Awaited<ReturnType<Stage['record']>>> => {
    const answered = await stage.answered();
    const row = await stage.finish(answered, { talkMs: 1200 });
    expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
    expect(findTone(answered.far.audio(), 400).seconds).toBeGreaterThan(0.8);
    expect(findTone(answered.near.audio(), 700).seconds).toBeGreaterThan(0.8);
    return row;
  };

  const clear = (): void => {
    for (const name of readdirSync(stage.gateway.recordings))
      rmSync(join(stage.gateway.recordings, name), { recursive: true, force: true });
  };
  afterEach(clear);

  test('a file stands where the folder should: the call goes on, and the record says why', async () => {
    clear();
    writeFileSync(join(stage.gateway.recordings, String(new Date().getUTCFullYear())), 'in the way');
    const row = await talks();
    expect(row.recordings.map((recording) => recording.state)).toEqual(['failed']);
    const note = row.events.find((event) => event.type === 'recording-failed');
    expect(note?.text).toMatch(/The recording stopped: .*(EEXIST|ENOTDIR).*The call went on\./);
  });

  test('the directory is gone: it is made again', async () => {
    rmSync(stage.gateway.recordings, { recursive: true });
    const row = await talks();
    expect(row.recordings.map((recording) => recording.state)).toEqual(['complete']);
    expect(stage.recording(row).seconds).toBeGreaterThan(1);
  });

  test('the directory goes during the call: the call goes on, and the record says so', async () => {
    const answered = await stage.answered();
    await sleep(500);
    clear();
    const row = await stage.finish(answered, { talkMs: 500 });
    expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
    expect(row.recordings.map((recording) => recording.state)).toEqual(['failed']);
    expect(row.events.map((event) => event.type)).toContain('recording-failed');
    expect(findTone(answered.far.audio(), 400).seconds).toBeGreaterThan(0.8);
  });

  const mayMount = (): boolean => {
    const probe = join(stage.gateway.directory, 'probe');
    mkdirSync(probe, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
      execFileSync('umount', [probe], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };

  test('the disk is full: what fits is kept, the call goes on', async (context) => {
    if (!mayMount()) return context.skip('no right to mount');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', stage.gateway.recordings]);
    try {
      const known = stage.gateway.log().length;
      const answered = await stage.answered();
      await until('the disk is full', () => stage.gateway.log().slice(known).includes('recording stopped'), {
        timeoutMs: 15_000,
      });
      await sleep(500);
      answered.far.forget();
      const row = await stage.finish(answered, { talkMs: 800 });
      expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
      expect(findTone(answered.far.audio(), 400).seconds).toBeGreaterThan(0.5);
      const note = row.events.filter((event) => event.type === 'recording-failed');
      expect(note.map((event) => event.text)).toEqual([expect.stringContaining('ENOSPC')]);
      const wav = stage.recording(row);
      expect(wav.consistent).toBe(true);
      expect(statSync(wav.path).size).toBe(row.recordings[0]?.bytes);
      expect(wav.seconds).toBeGreaterThan(0.5);
      expect(wav.seconds).toBeLessThan(2.1);
    } finally {
      execFileSync('umount', ['-l', stage.gateway.recordings]);
    }
  });
});
