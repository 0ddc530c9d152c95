import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTone, readWav } from '../../support/audio.ts';
import { joined, keyTone, silence } from '../../support/dtmf.ts';
import { sleep, until, within } from '../../support/wait.ts';
import { openScene, type Scene } from './rtp-scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.end());

const tone = (frequency: number, seconds: number) =>
  ({ type: 'tone', frequencies: [frequency], seconds }) as const;

describe('a sequence', () => {
  it('is heard in one piece, its missing files left out and told', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const told: string[] = [];
    session.on('unplayable', (leg, reason) => told.push(`${leg.label}: ${reason}`));
    const items = [tone(600, 0.3), { type: 'file', path: '/none.wav' } as const, tone(1_500, 0.3)];
    expect(await a.leg.play({ type: 'sequence', items })).toEqual({ ended: true, heardMs: 600 });
    await until('the last packet', () => a.peer.audio().length >= 4_800);
    const [low, high] = [findTone(a.peer.audio(), 600), findTone(a.peer.audio(), 1_500)];
    expect(low.segments).toHaveLength(1);
    expect(Math.abs(high.start - low.end)).toBeLessThanOrEqual(0.02);
    expect(told).toEqual([expect.stringMatching(/^caller: .*\/none\.wav/)]);
  });
});

describe('what was heard', () => {
  it('ends where it was stopped or replaced', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const first = a.leg.play(tone(700, 5));
    await until('some audio', () => a.peer.packets.length >= 20);
    const second = a.leg.play(tone(900, 5));
    const replaced = await first;
    expect(replaced.ended).toBe(false);
    expect(replaced.heardMs).toBeGreaterThanOrEqual(400);
    await until('more audio', () => findTone(a.peer.audio(), 900).seconds > 0.1);
    a.leg.stopPlaying();
    const stopped = await second;
    expect(stopped.ended).toBe(false);
    await sleep(50);
    expect(Math.abs(stopped.heardMs / 1_000 - findTone(a.peer.audio(), 900).seconds)).toBeLessThan(0.04);
  });

  it('is nothing while the peer holds us, or after the end', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    await a.leg.acceptOffer(a.peer.sdp({ direction: 'sendonly' }));
    expect(await a.leg.play(tone(700, 0.2))).toEqual({ ended: true, heardMs: 0 });
    const playing = a.leg.play(tone(700, 5));
    await a.leg.close();
    expect(await playing).toEqual({ ended: false, heardMs: 0 });
    expect(await a.leg.play(tone(700, 5))).toEqual({ ended: false, heardMs: 0 });
  });
});

describe('keys that are held back', () => {
  it('are told, and nobody hears or records them; ours still go out', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    const path = join(scene.directory, 'call.wav');
    session.record({ path, left: a.leg, right: b.leg });
    const told: string[] = [];
    session.on('dtmf', (_leg, digit) => told.push(digit));
    b.leg.holdDigits(true);
    for (const { peer } of [a, b]) peer.start();
    await until('audio', () => a.peer.packets.length > 5 && b.peer.packets.length > 5);
    await b.peer.press('*2');
    await a.peer.press('7');
    await a.leg.sendDigits('9');
    b.leg.holdDigits(false);
    // The order goes to the thread that the keys go to.
    await b.leg.sendDigits('');
    await b.peer.press('4');
    await sleep(100);
    for (const { peer } of [a, b]) peer.stop();
    expect(told).toEqual(['*', '2', '7', '4']);
    expect(a.peer.digitsHeard(101)).toBe('94');
    expect(b.peer.digitsHeard(101)).toBe('7');
    await session.close();
    const [, right = new Int16Array(0)] = readWav(path).channels;
    // The line's own tone, and silence in its place while it pressed.
    expect(findTone(right, 1_000).segments.length).toBeGreaterThan(1);
    expect(findTone(right, 1_000).seconds).toBeGreaterThan(0.2);
  });

  it('leave no hole in what is heard of the rest', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    b.leg.holdDigits(true);
    b.peer.start();
    await sleep(100);
    b.peer.stop();
    await b.peer.press('12');
    b.peer.start();
    await sleep(100);
    b.peer.stop();
    const order = a.peer.packets.map(({ sequence }) => sequence);
    const span = (((order.at(-1) ?? 0) - (order[0] ?? 0)) & 0xffff) + 1;
    // The phone leaves one number out as it stops; the keys are 16 packets.
    expect(span - order.length).toBeLessThanOrEqual(2);
    expect(new Set(a.peer.packets.map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
  });
});

describe('keys sent as tones', () => {
  const dial = joined(...[...'40#'].flatMap((key) => [keyTone(key, { ms: 80 }), silence(80)]), silence(200));

  it('are told of a peer without telephone-event, when asked for', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session, { telephoneEvent: undefined });
    const b = await scene.line(session);
    const told: string[] = [];
    session.on('dtmf', (leg, digit, _ms, way) => told.push(`${leg.label} ${digit} ${way}`));
    for (const { leg } of [a, b]) leg.listenForTones(true);
    for (const { peer } of [a, b]) {
      peer.utter(joined(silence(100), dial));
      peer.start();
    }
    await within(
      'the keys',
      5_000,
      until('three keys', () => told.length >= 3),
    );
    await sleep(200);
    expect(told).toEqual(['caller 4 tone', 'caller 0 tone', 'caller # tone']);
    a.leg.listenForTones(false);
    await a.leg.sendDigits('').catch(() => undefined);
    a.peer.utter(dial);
    await sleep(800);
    expect(told).toHaveLength(3);
  });
});

describe('a recording that is paused', () => {
  it('keeps its time, and nothing that is said meanwhile', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    const path = join(scene.directory, 'paused.wav');
    session.pauseRecording(true);
    session.record({ path, left: a.leg, right: b.leg });
    for (const { peer } of [a, b]) peer.start();
    await sleep(600);
    session.pauseRecording(false);
    await sleep(800);
    session.pauseRecording(true);
    for (const { peer } of [a, b]) peer.say(2_000);
    await sleep(600);
    for (const { peer } of [a, b]) peer.say(3_000);
    await sleep(150);
    session.pauseRecording(false);
    await sleep(600);
    for (const { peer } of [a, b]) peer.stop();
    const { recording } = await session.close();
    const [left = new Int16Array(0), right = new Int16Array(0)] = readWav(path).channels;
    expect(recording?.durationMs).toBeGreaterThan(2_550);
    expect(Math.abs(left.length / 8 - (recording?.durationMs ?? 0))).toBeLessThan(2);
    for (const [channel, own] of [
      [left, 400],
      [right, 1_000],
    ] as const) {
      expect(findTone(channel, own).start).toBeGreaterThan(0.5);
      expect(findTone(channel, own).seconds).toBeGreaterThan(0.5);
      expect(findTone(channel, 2_000).seconds).toBeLessThan(0.05);
      expect(findTone(channel, 3_000).start).toBeGreaterThan(1.8);
      expect(findTone(channel, 3_000).seconds).toBeGreaterThan(0.3);
    }
  });
});

describe('a recording that is ended', () => {
  it('is told of by the end of the session, which goes on', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    session.record({ path: join(scene.directory, 'ended.wav'), left: a.leg, right: [] });
    a.peer.start();
    await sleep(500);
    session.endRecording();
    await sleep(500);
    expect(findTone(b.peer.audio(), 400).seconds).toBeGreaterThan(0.6);
    const { recording } = await session.close();
    expect(recording?.durationMs).toBeGreaterThan(450);
    expect(recording?.durationMs).toBeLessThan(900);
  });
});
