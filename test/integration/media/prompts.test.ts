import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WaveFile } from 'wavefile';
import { FailureError } from '../../../src/base/errors.ts';
import { detectTone, goertzel, readStereoWav, rms } from '../../../src/media/analysis.ts';
import { createSampleSource, readWav, renderTone } from '../../../src/media/prompts/index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prompts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tone = renderTone([{ frequencies: [440], seconds: 0.5 }]);

const write = (name: string, make: (file: WaveFile) => void): string => {
  const file = new WaveFile();
  make(file);
  const path = join(folder, name);
  writeFileSync(path, file.toBuffer());
  return path;
};

describe('readWav', () => {
  it.each<[string, (file: WaveFile) => void]>([
    ['16-bit PCM', () => undefined],
    ['A-law', (file) => file.toALaw()],
    ['µ-law', (file) => file.toMuLaw()],
    ['PCM with other chunks', (file) => file.setTag('ICMT', 'odd')],
  ])('reads %s', (name, change) => {
    const path = write(`${name}.wav`, (file) => {
      file.fromScratch(1, 8000, '16', [...tone]);
      change(file);
    });
    const samples = readWav(path);
    expect(samples.length).toBe(tone.length);
    expect(goertzel(samples, 440)).toBeGreaterThan(0.99);
    expect(rms(samples) / rms(tone)).toBeCloseTo(1, 1);
  });

  it.each<[string, (file: WaveFile) => void, RegExp]>([
    ['44.1 kHz', (file) => file.fromScratch(1, 44_100, '16', [...tone]), /44100 Hz/],
    ['stereo', (file) => file.fromScratch(2, 8000, '16', [[...tone], [...tone]]), /2 channel/],
    ['24-bit', (file) => file.fromScratch(1, 8000, '24', [...tone]), /24-bit pcm/],
    ['float', (file) => file.fromScratch(1, 8000, '32f', [0, 0.5]), /32-bit other/],
  ])('refuses %s and says so', (name, make, says) => {
    const path = write(`${name}.wav`, make);
    expect(() => readWav(path)).toThrow(FailureError);
    expect(() => readWav(path)).toThrow(says);
  });

  it('refuses what is no WAV file, or not there', () => {
    const path = join(folder, 'text.wav');
    writeFileSync(path, 'hello');
    expect(() => readWav(path)).toThrow(/no WAV file/);
    expect(() => readWav(join(folder, 'none.wav'))).toThrow(FailureError);
    expect(() => createSampleSource({ type: 'file', path: join(folder, 'none.wav') })).toThrow(FailureError);
  });
});

describe('createSampleSource of a file', () => {
  it('plays it once, or again and again', () => {
    const path = write('once.wav', (file) => file.fromScratch(1, 8000, '16', [1, 2, 3]));
    const once = createSampleSource({ type: 'file', path });
    const out = new Int16Array(8);
    expect(once.read(out)).toBe(3);
    expect(once.read(out)).toBe(0);
    const loop = createSampleSource({ type: 'file', path, loop: true });
    expect(loop.read(out)).toBe(8);
    expect([...out]).toEqual([1, 2, 3, 1, 2, 3, 1, 2]);
  });

  it('never ends nor hangs on an empty file', () => {
    const path = write('empty.wav', (file) => file.fromScratch(1, 8000, '16', []));
    expect(createSampleSource({ type: 'file', path, loop: true }).read(new Int16Array(8))).toBe(0);
  });

  it('plays the new content of a file that changed', () => {
    const path = write('changing.wav', (file) => file.fromScratch(1, 8000, '16', [1]));
    const out = new Int16Array(1);
    createSampleSource({ type: 'file', path }).read(out);
    expect(out[0]).toBe(1);
    write('changing.wav', (file) => file.fromScratch(1, 8000, '16', [2]));
    utimesSync(path, 1, 1);
    createSampleSource({ type: 'file', path }).read(out);
    expect(out[0]).toBe(2);
  });

  it('plays the test-call prompt that comes with the product', () => {
    const samples = readWav(fileURLToPath(new URL('../../../config/prompts/test-call.wav', import.meta.url)));
    expect(samples.length).toBeGreaterThan(8000);
    expect(samples.length).toBeLessThan(8000 * 4);
    expect(rms(samples)).toBeGreaterThan(500);
    expect(detectTone(samples, [440, 1000])).toBeUndefined();
  });
});

describe('readStereoWav', () => {
  it('takes the channels apart', () => {
    const path = write('stereo.wav', (file) =>
      file.fromScratch(2, 8000, '16', [
        [1, 3],
        [2, 4],
      ]),
    );
    expect(readStereoWav(path)).toEqual({ left: Int16Array.of(1, 3), right: Int16Array.of(2, 4) });
  });

  it('refuses mono', () => {
    const path = write('mono.wav', (file) => file.fromScratch(1, 8000, '16', [1]));
    expect(() => readStereoWav(path)).toThrow(FailureError);
  });
});
