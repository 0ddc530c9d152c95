import type * as Fs from 'node:fs';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WaveFile } from 'wavefile';
import { goertzel, readStereoWav } from '../../../src/media/analysis.ts';
import { createRecorder } from '../../../src/media/recording/index.ts';
import { feed, START, stream } from './call-audio.ts';

/** Bytes that the disk takes before it is full; a write that does not fit is done in part first. */
const disk = vi.hoisted(() => ({ size: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof Fs>();
  const writeSync = (
    file: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number => {
    const room = Math.min(length, disk.size - position);
    if (room <= 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return fs.writeSync(file, bytes, offset, room, position);
  };
  return { ...fs, writeSync };
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recording-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('says that the disk is full, takes further packets quietly and leaves what it had', async () => {
  const path = join(folder, 'full.wav');
  const recorder = createRecorder(path, START);
  feed(recorder, stream({ channel: 0, frequency: 440, from: 0, to: 3000 }));
  disk.size = 44 + 2500 * 32 + 3;
  const tail = stream({ channel: 0, frequency: 440, from: 3000, to: 9000, timestamp: 24_000 });
  for (const { at, timestamp, codec, payload } of tail)
    recorder.packet(0, START + at, 1, timestamp, codec, payload);
  expect(() => recorder.flush(START + 9000)).toThrow(/ENOSPC/);
  expect(() => recorder.flush(START + 10_000)).toThrow(/ENOSPC/);

  const result = await recorder.close(START + 10_000);
  expect(readFileSync(path).length).toBe(result.bytes);
  expect(result.durationMs).toBeGreaterThanOrEqual(1600);
  expect(result.durationMs).toBeLessThanOrEqual(2500);
  expect(new WaveFile(readFileSync(path)).getSample(0)).toBeDefined();
  expect(goertzel(readStereoWav(path).left, 440)).toBeGreaterThan(0.99);
});

it('throws at the start when nothing can be written', () => {
  disk.size = 0;
  expect(() => createRecorder(join(folder, 'none.wav'), START)).toThrow(/ENOSPC/);
});
