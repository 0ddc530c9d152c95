import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WaveFile } from 'wavefile';
import { goertzel, readStereoWav } from '../../../src/media/analysis.ts';
import { createRecorder, repairRecordings, verifyRecording } from '../../../src/media/recording/index.ts';
import { feed, START, stream } from './call-audio.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repair-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

const recordTone = async (name: string) => {
  const recorder = createRecorder(join(folder, name), START);
  feed(recorder, [
    ...stream({ channel: 0, frequency: 440, from: 0, to: 2000 }),
    ...stream({ channel: 1, frequency: 1000, from: 0, to: 2000 }),
  ]);
  return recorder.close(START + 2000);
};

describe('repairRecordings', () => {
  it('makes a file play that was cut off at any byte', async () => {
    const { path } = await recordTone('tone.wav');
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 44, max: whole.length }), async (size) => {
        writeFileSync(path, whole.subarray(0, size));
        const [repaired] = await repairRecordings(folder);
        const frames = Math.floor((size - 44) / 4);
        expect(repaired).toEqual({
          path: 'tone.wav',
          usable: true,
          repaired: size !== whole.length,
          durationMs: Math.round(frames / 8),
          bytes: 44 + frames * 4,
          sha256: sha256(path),
        });
        const file = new WaveFile(readFileSync(path));
        expect(file.chunkSize).toBe(36 + frames * 4);
        expect((file.data as { chunkSize: number }).chunkSize).toBe(frames * 4);
        if (frames < 1600) return;
        const { left, right } = readStereoWav(path);
        expect(goertzel(left, 440)).toBeGreaterThan(0.95);
        expect(goertzel(right, 1000)).toBeGreaterThan(0.95);
      }),
      { numRuns: 50, examples: [[44], [45], [47], [48], [whole.length]] },
    );
  });

  it('saves what was recorded when the process is killed', async () => {
    const path = join(folder, 'killed.wav');
    const script = fileURLToPath(new URL('./record-until-killed.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seconds = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      seconds = Number(line);
      if (seconds === 20) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');

    // Even unrepaired it plays up to the last flush but one.
    expect(readStereoWav(path).left.length).toBeGreaterThanOrEqual((seconds - 1) * 8000);
    const [repaired] = await repairRecordings(folder, ['killed.wav']);
    if (!repaired?.usable) throw new Error(repaired?.reason);
    expect(repaired.durationMs).toBeGreaterThanOrEqual(seconds * 1000 - 400);
    const { left, right } = readStereoWav(path);
    expect(goertzel(left, 440)).toBeGreaterThan(0.99);
    expect(goertzel(right, 1000)).toBeGreaterThan(0.99);
  });

  it('leaves whole files alone and finds those in folders below', async () => {
    mkdirSync(join(folder, '2026'));
    const { sha256: before } = await recordTone(join('2026', 'a.wav'));
    expect(await repairRecordings(folder)).toMatchObject([
      { path: join('2026', 'a.wav'), usable: true, repaired: false, sha256: before },
    ]);
  });

  it('mends files that lie about their size', async () => {
    const { path, sha256: before } = await recordTone('lies.wav');
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(7, 40);
    writeFileSync(path, bytes);
    expect(await repairRecordings(folder)).toMatchObject([{ repaired: true, sha256: before }]);
  });

  it('reports files of no use and touches them not', async () => {
    writeFileSync(join(folder, 'a-short.wav'), 'RIFF');
    writeFileSync(join(folder, 'b-other.wav'), Buffer.alloc(100, 'x'));
    const reasons = (
      await repairRecordings(folder, ['a-short.wav', 'b-other.wav', 'c-missing.wav', '.'])
    ).map((result) => (result.usable ? 'usable' : result.reason));
    expect(reasons).toEqual([
      'it ends within its header',
      'it is no recording of this gateway',
      expect.stringContaining('ENOENT'),
      expect.stringContaining('EISDIR'),
    ]);
    expect(readFileSync(join(folder, 'b-other.wav'))).toEqual(Buffer.alloc(100, 'x'));
  });

  it('finds nothing in a folder that is not there', async () => {
    expect(await repairRecordings(join(folder, 'none'))).toEqual([]);
  });
});

describe('verifyRecording', () => {
  it('tells intact, changed and missing files apart', async () => {
    const { path, sha256: hash } = await recordTone('tone.wav');
    expect(await verifyRecording(path, hash.toUpperCase())).toBe('intact');
    truncateSync(path, 5000);
    expect(await verifyRecording(path, hash)).toBe('changed');
    rmSync(path);
    expect(await verifyRecording(path, hash)).toBe('missing');
  });
});
