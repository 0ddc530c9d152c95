import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repairRecordings } from '../../../src/media/index.ts';
import { findTone, readWav } from '../../support/audio.ts';
import { joined, keyTone, silence } from '../../support/dtmf.ts';
import { sleep, within } from '../../support/wait.ts';
import { openScene, type Scene } from './rtp-scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.end());

const message = (name: string, more: { readonly maxMs?: number; readonly minMs?: number } = {}) => ({
  path: join(scene.directory, 'box', name),
  maxMs: 20_000,
  silenceMs: 700,
  ...more,
});

const tone = (seconds: number): Int16Array =>
  Int16Array.from({ length: seconds * 8_000 }, (_, i) => 8_000 * Math.sin((2 * Math.PI * 400 * i) / 8_000));

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const mono = (path: string): Int16Array => {
  const wav = readWav(path);
  expect(wav).toMatchObject({ rate: 8_000, consistent: true });
  expect(wav.channels).toHaveLength(1);
  return wav.channels[0] ?? new Int16Array(0);
};

describe('a message', () => {
  it('ends with its silence, which is cut off, and hears nothing but its peer', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session, { law: 'PCMA' });
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    b.peer.start();
    const recording = a.leg.recordMessage(message('one.wav'));
    const playing = a.leg.play({ type: 'tone', frequencies: [2_000] });
    a.peer.start();
    a.peer.utter(joined(tone(0.8), silence(400), tone(0.4), silence(9_000)));
    const result = await within('the silence', 9_000, recording.result);
    a.leg.stopPlaying();
    await playing;
    expect(result).toMatchObject({ endedBy: 'silence', kept: true, sha256: sha256(result.path) });
    const samples = mono(result.path);
    expect(samples.length * 2 + 44).toBe(result.bytes);
    expect(Math.abs(samples.length / 8 - result.durationMs)).toBeLessThan(2);
    // 1.6 seconds, a tail of 300 ms, and what passes before the first packet.
    expect(result.durationMs).toBeGreaterThan(1_800);
    expect(result.durationMs).toBeLessThan(2_600);
    expect(findTone(samples, 400).seconds).toBeGreaterThan(1);
    for (const other of [1_000, 2_000]) expect(findTone(samples, other).seconds).toBe(0);
  });

  it('ends by a key, which is not in it', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session, { telephoneEvent: undefined });
    a.leg.listenForTones(true);
    const recording = a.leg.recordMessage(message('key.wav'));
    session.on('dtmf', () => recording.stop());
    a.peer.start();
    a.peer.utter(joined(tone(1), silence(160), keyTone('#', { ms: 200 }), silence(9_000)));
    const result = await within('the key', 9_000, recording.result);
    expect(result).toMatchObject({ endedBy: 'stopped', kept: true });
    const samples = mono(result.path);
    const { end } = findTone(samples, 400);
    // Nothing but silence after the voice.
    expect(samples.subarray(Math.ceil(end * 8_000) + 160).some((sample) => Math.abs(sample) > 600)).toBe(
      false,
    );
    expect(result.durationMs).toBeLessThan(end * 1_000 + 240);
  });

  it('is as long as it may be, and no longer', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    a.peer.start();
    const result = await a.leg.recordMessage(message('long.wav', { maxMs: 1_200 })).result;
    expect(result.endedBy).toBe('max');
    expect(result.durationMs).toBeLessThanOrEqual(1_200);
    expect(result.durationMs).toBeGreaterThan(700);
  });

  it('leaves nothing when nobody spoke, or for too short a time', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const none = await a.leg.recordMessage(message('none.wav')).result;
    expect(none).toMatchObject({ endedBy: 'silence', kept: false, durationMs: 0, speechMs: 0, bytes: 0 });
    a.peer.start();
    a.peer.utter(joined(tone(0.4), silence(9_000)));
    const short = await a.leg.recordMessage(message('short.wav', { minMs: 5_000 })).result;
    expect(short).toMatchObject({ endedBy: 'silence', kept: false, bytes: 0 });
    expect(short.speechMs).toBeGreaterThan(200);
    for (const { path } of [none, short]) expect(existsSync(path)).toBe(false);
  });

  it('ends with its leg, with its session, and with the next message', async () => {
    const session = scene.engine.createSession('call');
    const [a, b] = [await scene.caller(session), await scene.line(session)];
    for (const { peer } of [a, b]) peer.start();
    const before = a.leg.recordMessage(message('a0.wav'));
    // On a loaded machine the first packets take their time.
    await sleep(800);
    const first = a.leg.recordMessage(message('a.wav'));
    expect(await before.result).toMatchObject({ endedBy: 'stopped', kept: true });
    const second = b.leg.recordMessage(message('b.wav'));
    await sleep(400);
    await a.leg.close();
    expect(await first.result).toMatchObject({ endedBy: 'closed', kept: true });
    await session.close();
    const last = await second.result;
    expect(last).toMatchObject({ endedBy: 'closed', kept: true });
    expect(findTone(mono(last.path), 1_000).seconds).toBeGreaterThan(0.1);
    await expect(a.leg.recordMessage(message('c.wav')).result).rejects.toThrow(/closed/);
  });

  it('that can not be written is told', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const recording = a.leg.recordMessage({ path: '/dev/null/m.wav', maxMs: 1_000, silenceMs: 500 });
    await expect(recording.result).rejects.toThrow(/m\.wav can't be written/);
  });

  it('plays while it is recorded, up to its last second, and is mended whole', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    a.peer.start();
    const { path } = message('crash.wav');
    const recording = a.leg.recordMessage(message('crash.wav'));
    await sleep(2_600);
    const copy = readFileSync(path);
    expect(findTone(mono(path), 400).seconds).toBeGreaterThan(0.7);
    expect(copy.length).toBeGreaterThan(44 + 14_000);
    recording.stop();
    const { sha256: whole } = await recording.result;
    expect(await repairRecordings(join(scene.directory, 'box'), ['crash.wav'])).toMatchObject([
      { usable: true, repaired: false, sha256: whole },
    ]);
    // Killed while it wrote: half a sample more than its header says.
    writeFileSync(path, copy.subarray(0, 44 + 9_001));
    expect(await repairRecordings(join(scene.directory, 'box'), ['crash.wav'])).toMatchObject([
      { usable: true, repaired: true, bytes: 44 + 9_000, durationMs: 563 },
    ]);
    expect(mono(path).length).toBe(4_500);
  });
});
