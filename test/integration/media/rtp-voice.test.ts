import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { findTone, readWav, sine } from '../../support/audio.ts';
import { sleep, until, within } from '../../support/wait.ts';
import { openScene, type Scene } from './rtp-scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.end());

describe('playing', () => {
  it('plays a tone for its time over what the bridge sends, in one stream with it', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    b.peer.start();
    await sleep(200);
    const began = performance.now();
    await a.leg.play({ type: 'tone', frequencies: [2_000], seconds: 0.5 });
    expect(performance.now() - began).toBeGreaterThan(400);
    await sleep(200);
    b.peer.stop();
    const heard = a.peer.audio();
    expect(findTone(heard, 2_000).seconds).toBeCloseTo(0.5, 1);
    expect(findTone(heard, 1_000).seconds).toBeGreaterThan(0.2);
    expect(findTone(heard, 1_000).segments.length).toBeGreaterThanOrEqual(2);
    expect(new Set(a.peer.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    const order = a.peer.packets.map(({ sequence }) => sequence);
    const first = order[0] ?? 0;
    expect(order).toEqual(order.map((_, i) => (first + i) & 0xffff));
  });

  it('goes on until it is stopped, at 50 packets a second', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session, { law: 'PCMA' });
    const playing = a.leg.play({ type: 'tone', frequencies: [700] });
    await sleep(1_000);
    a.leg.stopPlaying();
    await within('the end of the tone', 2_000, playing);
    const count = a.peer.packets.length;
    const span = (a.peer.packets.at(-1)?.at ?? 0) - (a.peer.packets[0]?.at ?? 0);
    expect(count - 1 - span / 20).toBeLessThan(6);
    // A thread that was kept from running for long leaves that time out.
    expect(count).toBeGreaterThan((0.6 * span) / 20);
    expect(a.peer.packets[0]?.payloadType).toBe(8);
    await sleep(100);
    expect(a.peer.packets.length).toBe(count);
  });

  it('replaces what played before, and ends with the leg', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const first = a.leg.play({ type: 'ringback', region: 'US' });
    const second = a.leg.play({ type: 'tone', frequencies: [700] });
    await within('the first', 2_000, first);
    await a.leg.close();
    await within('the second', 2_000, second);
    await a.leg.play({ type: 'tone', frequencies: [700] });
  });

  it('plays a file, and refuses one that is not there', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const wav = new wavefile.WaveFile();
    wav.fromScratch(1, 8_000, '16', sine(600, 4_000));
    const path = join(scene.directory, 'prompt.wav');
    await writeFile(path, wav.toBuffer());
    await a.leg.play({ type: 'file', path });
    await sleep(50);
    expect(findTone(a.peer.audio(), 600).seconds).toBeCloseTo(0.5, 1);
    await expect(a.leg.play({ type: 'file', path: `${path}.gone` })).rejects.toThrow(/gone/);
  });
});

describe('digits', () => {
  it('are told once each, and passed under the other side’s payload type', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session, { telephoneEvent: 96 });
    const b = await scene.line(session, { telephoneEvent: 110 });
    session.bridge(a.leg, b.leg);
    const told: [string, string, number][] = [];
    session.on('dtmf', (leg, digit, durationMs) => told.push([leg.label, digit, durationMs]));
    a.peer.start();
    await until('audio', () => b.peer.packets.length > 2);
    await a.peer.press('1*#D');
    a.peer.stop();
    await until('the digits', () => told.length === 4);
    expect(told).toEqual([
      ['caller', '1', 100],
      ['caller', '*', 100],
      ['caller', '#', 100],
      ['caller', 'D', 100],
    ]);
    expect(b.peer.digitsHeard(110)).toBe('1*#D');
    expect(new Set(b.peer.packets.map(({ payloadType }) => payloadType))).toEqual(new Set([0, 110]));
  });

  it('are left out towards a peer that has no telephone-event, without a hole', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session, { telephoneEvent: undefined });
    session.bridge(a.leg, b.leg);
    const told: string[] = [];
    session.on('dtmf', (_leg, digit) => told.push(digit));
    a.peer.start();
    await sleep(100);
    await a.peer.press('5');
    await sleep(100);
    a.peer.stop();
    await until('the digit', () => told.length === 1);
    expect(new Set(b.peer.packets.map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
    await expect(b.leg.sendDigits('1')).rejects.toThrow(/telephone-event/);
  });

  it('are sent by RFC 4733: one timestamp each, growing durations, three ends', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session, { telephoneEvent: 97 });
    session.bridge(a.leg, b.leg);
    a.peer.start();
    await sleep(100);
    await b.leg.sendDigits('42', 80);
    await sleep(100);
    a.peer.stop();
    expect(b.peer.digitsHeard(97)).toBe('42');
    const events = b.peer.packets.filter(({ payloadType }) => payloadType === 97);
    const four = events.filter(({ payload }) => payload[0] === 4);
    expect(four.map(({ payload }) => payload.readUInt16BE(2))).toEqual([160, 320, 480, 640, 640, 640]);
    expect(four.map(({ payload }) => (payload[1] ?? 0) >> 7)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(four.map(({ marker }) => marker)).toEqual([true, false, false, false, false, false]);
    const order = b.peer.packets.map(({ sequence }) => sequence);
    expect(order).toEqual(order.map((_, i) => ((order[0] ?? 0) + i) & 0xffff));
  });
});

describe('recording', () => {
  it('has each side in its channel, also while something plays', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session, { law: 'PCMA' });
    session.bridge(a.leg, b.leg);
    const path = join(scene.directory, 'call.wav');
    session.record({ path, left: a.leg, right: b.leg });
    const playing = b.leg.play({ type: 'tone', frequencies: [2_000] });
    a.peer.start();
    b.peer.start();
    await sleep(1_500);
    expect((await scene.engine.stats()).recordings).toBe(1);
    a.peer.stop();
    b.peer.stop();
    const { recording } = await session.close();
    await playing;
    expect(recording).toMatchObject({ path, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const wav = readWav(path);
    const [left, right] = wav.channels;
    expect(wav.consistent).toBe(true);
    expect(findTone(left ?? new Int16Array(), 400).seconds).toBeGreaterThan(1.2);
    expect(findTone(right ?? new Int16Array(), 1_000).seconds).toBeGreaterThan(1.2);
    expect(findTone(left ?? new Int16Array(), 2_000).seconds).toBe(0);
    expect(Math.abs(wav.seconds * 1_000 - (recording?.durationMs ?? 0))).toBeLessThan(40);
    expect((await scene.engine.stats()).recordings).toBe(0);
  });

  it('that can not be written is told, and the call goes on', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    session.bridge(a.leg, a.leg);
    const failures: Error[] = [];
    session.on('recordingFailed', (error) => failures.push(error));
    session.record({ path: '/dev/null/call.wav', left: a.leg, right: a.leg });
    await until('the failure', () => failures.length === 1);
    a.peer.start();
    await sleep(200);
    a.peer.stop();
    await sleep(50);
    expect(a.peer.packets.length).toBe(a.peer.sentCount());
    expect((await session.close()).recording).toBeUndefined();
  });
});
