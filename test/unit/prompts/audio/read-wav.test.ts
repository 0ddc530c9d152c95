import { describe, expect, it } from 'vitest';
import { WaveFile } from 'wavefile';
import { g711Levels } from '../../../../src/media/g711.ts';
import { expandALaw, expandMuLaw } from '../../../../src/prompts/audio/g711.ts';
import { readWav } from '../../../../src/prompts/audio/read-wav.ts';
import { sine } from './wave.ts';

const wave = sine(400, 8000, 0.05, 0.5);

/** A file that another program's code writes. */
const file = (bits: string, channels: readonly Float32Array[], rate = 8000): Buffer => {
  const made = new WaveFile();
  const whole = bits === '8' ? 255 : 2 ** Number(bits);
  const scaled = channels.map((samples) =>
    Array.from(samples, (sample) => {
      if (bits.includes('f') || bits === '64') return sample;
      return bits === '8' ? Math.round((sample + 1) * 127.5) : Math.round((sample * whole) / 2);
    }),
  );
  made.fromScratch(channels.length, rate, bits, channels.length === 1 ? (scaled[0] ?? []) : scaled);
  return Buffer.from(made.toBuffer());
};

const expectWave = (samples: Float32Array, tolerance: number): void => {
  expect(samples.length).toBe(wave.length);
  samples.forEach((sample, i) => {
    expect(Math.abs(sample - (wave[i] ?? 0))).toBeLessThan(tolerance);
  });
};

describe('readWav', () => {
  it.each([
    ['8', 0.01],
    ['16', 1e-4],
    ['24', 1e-6],
    ['32', 1e-6],
    ['32f', 1e-6],
    ['64', 1e-6],
  ])('reads %s bits', (bits, tolerance) => {
    expectWave(readWav(file(bits, [wave])).samples, tolerance);
  });

  it.each(['8a', '8m'] as const)('reads G.711 (%s)', (law) => {
    const made = new WaveFile();
    made.fromScratch(
      1,
      8000,
      '16',
      Array.from(wave, (sample) => Math.round(sample * 32_767)),
    );
    if (law === '8a') made.toALaw();
    else made.toMuLaw();
    expectWave(readWav(Buffer.from(made.toBuffer())).samples, 0.03);
  });

  it('expands each byte of G.711 as the media engine does', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    expect(bytes.map((byte) => expandMuLaw(byte) * 32_768)).toEqual([...g711Levels('PCMU')]);
    expect(bytes.map((byte) => expandALaw(byte) * 32_768)).toEqual([...g711Levels('PCMA')]);
  });

  it('mixes channels to one', () => {
    const silent = new Float32Array(wave.length);
    const doubled = wave.map((sample) => sample * 2);
    expectWave(readWav(file('16', [doubled.map((s) => s / 2), doubled.map((s) => s / 2)])).samples, 1e-4);
    expectWave(readWav(file('32f', [doubled, silent])).samples, 1e-6);
    const eight = [wave, wave, wave, wave, wave, wave, wave, wave];
    expectWave(readWav(file('16', eight)).samples, 1e-4);
  });

  it('takes what is there when the sizes are not known', () => {
    const bytes = file('16', [wave]);
    bytes.writeUInt32LE(0xffffffff, 4);
    bytes.writeUInt32LE(0x7ffff000, 40);
    expectWave(readWav(bytes).samples, 1e-4);
  });

  it('hears silence in place of what is no number', () => {
    const bytes = file('32f', [wave]);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    bytes.writeFloatLE(Number.POSITIVE_INFINITY, bytes.length - 8);
    const { samples } = readWav(bytes);
    expect([...samples.subarray(-2)]).toEqual([0, 0]);
  });

  const changed = (at: number, value: number, width: 2 | 4): Buffer => {
    const bytes = file('16', [wave]);
    if (width === 2) bytes.writeUInt16LE(value, at);
    else bytes.writeUInt32LE(value, at);
    return bytes;
  };

  it.each([
    ['a coding', changed(20, 85, 2), /format 85/],
    ['channels', changed(22, 9, 2), /9 channels/],
    ['no channels', changed(22, 0, 2), /0 channels/],
    ['a rate', changed(24, 384_000, 4), /384000 samples a second/],
    ['no audio', file('16', [wave]).subarray(0, 40), /cut off or damaged/],
    ['nothing', Buffer.from('RIFF____WAVE'), /cut off or damaged/],
  ])('refuses %s', (_, bytes, words) => {
    expect(() => readWav(bytes)).toThrow(words);
  });

  it('refuses more than ten minutes', () => {
    const header = file('8', [wave.subarray(0, 2)], 4000).subarray(0, 44);
    header.writeUInt32LE(0xffffffff, 40);
    const lasting = (seconds: number): Buffer => Buffer.concat([header, Buffer.alloc(seconds * 4000, 128)]);
    expect(() => readWav(lasting(601))).toThrow(/at most 10 minutes/);
    expect(readWav(lasting(600)).samples.length).toBe(600 * 4000);
  });
});
