import { readFileSync } from 'node:fs';
import { RATE } from './g711.ts';

/** A stretch in which one tone is heard; seconds from the beginning of the samples. */
export type Segment = { readonly start: number; readonly end: number };

export type ToneReport = {
  /** From the first to the last moment at which the tone is heard; zeroes when it never is. */
  readonly start: number;
  readonly end: number;
  /** Time in which it is heard, gaps not counted. */
  readonly seconds: number;
  /** Mean level where it is heard, in dB below full scale. */
  readonly level: number;
  readonly segments: readonly Segment[];
};

/** A sine of `frequency` Hz, `level` dB relative to full scale; `offset` samples into its wave. */
export const sine = (frequency: number, samples: number, level = -12, offset = 0): Int16Array => {
  const amplitude = 32_767 * 10 ** (level / 20);
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequency * (i + offset)) / RATE)),
  );
};

/** Amplitude of `frequency` in `samples[from, from + count)`: Goertzel, full scale 32767. */
export const goertzel = (
  samples: Int16Array,
  frequency: number,
  from = 0,
  count = samples.length,
): number => {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / RATE);
  let one = 0;
  let two = 0;
  for (let i = from; i < from + count; i += 1) {
    const next = (samples[i] ?? 0) + coefficient * one - two;
    two = one;
    one = next;
  }
  const power = one * one + two * two - coefficient * one * two;
  return (2 * Math.sqrt(Math.max(power, 0))) / count;
};

const energy = (samples: Int16Array, from: number, count: number): number => {
  let sum = 0;
  for (let i = from; i < from + count; i += 1) sum += (samples[i] ?? 0) ** 2;
  return sum;
};

/** 10 ms: tones at multiples of 100 Hz fill each window with whole waves. */
const WINDOW = RATE / 100;

/** Amplitude when the window holds the tone and little else (at least 70 % of its energy), louder than -45 dB. */
const heard = (samples: Int16Array, frequency: number, from: number): number => {
  const amplitude = goertzel(samples, frequency, from, WINDOW);
  if (amplitude < 32_767 * 10 ** (-45 / 20)) return 0;
  const toneEnergy = (amplitude ** 2 / 2) * WINDOW;
  return toneEnergy > 0.7 * energy(samples, from, WINDOW) ? amplitude : 0;
};

/** Where `frequency` (a multiple of 100 Hz) is heard in `samples`, to 10 ms. */
export const findTone = (samples: Int16Array, frequency: number): ToneReport => {
  const segments: { start: number; end: number }[] = [];
  let amplitudes = 0;
  let windows = 0;
  for (let from = 0; from + WINDOW <= samples.length; from += WINDOW) {
    const amplitude = heard(samples, frequency, from);
    if (amplitude === 0) continue;
    amplitudes += amplitude;
    windows += 1;
    const last = segments.at(-1);
    const [start, end] = [from / RATE, (from + WINDOW) / RATE];
    if (last && Math.abs(last.end - start) < 1e-9) last.end = end;
    else segments.push({ start, end });
  }
  return {
    start: segments[0]?.start ?? 0,
    end: segments.at(-1)?.end ?? 0,
    seconds: (windows * WINDOW) / RATE,
    level: windows === 0 ? Number.NEGATIVE_INFINITY : 20 * Math.log10(amplitudes / windows / 32_767),
    segments,
  };
};

/** Root mean square of `samples` in dB below full scale; -Infinity for digital silence. */
export const rms = (samples: Int16Array): number =>
  10 * Math.log10(energy(samples, 0, samples.length) / Math.max(samples.length, 1) / 32_767 ** 2);

export type Wav = {
  readonly channels: readonly Int16Array[];
  readonly rate: number;
  readonly seconds: number;
  /** True when the header's sizes and the file's length agree: any player plays it. */
  readonly consistent: boolean;
};

/**
 * Reads a 16-bit PCM WAV file (RIFF), chunk by chunk.
 * @throws Error when it is no such file
 */
export const readWav = (path: string): Wav => {
  const file = readFileSync(path);
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error(`${path}: no RIFF/WAVE header`);
  }
  let format: { channels: number; rate: number } | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === 'fmt ') format = readFormat(file.subarray(body, body + size), path);
    if (id === 'data') {
      if (!format) throw new Error(`${path}: data before fmt`);
      const consistent = file.readUInt32LE(4) === file.length - 8 && body + size === file.length;
      return samplesOf(file.subarray(body, body + size), format, consistent);
    }
    at = body + size + (size % 2);
  }
  throw new Error(`${path}: no data chunk`);
};

const readFormat = (chunk: Buffer, path: string): { channels: number; rate: number } => {
  const [codec, bits] = [chunk.readUInt16LE(0), chunk.readUInt16LE(14)];
  if (codec !== 1 || bits !== 16) throw new Error(`${path}: format ${codec}, ${bits} bits: not 16-bit PCM`);
  return { channels: chunk.readUInt16LE(2), rate: chunk.readUInt32LE(4) };
};

const samplesOf = (data: Buffer, format: { channels: number; rate: number }, consistent: boolean): Wav => {
  const frames = Math.floor(data.length / 2 / format.channels);
  const channels = Array.from({ length: format.channels }, () => new Int16Array(frames));
  for (let frame = 0; frame < frames; frame += 1) {
    channels.forEach((channel, index) => {
      channel[frame] = data.readInt16LE((frame * format.channels + index) * 2);
    });
  }
  return { channels, rate: format.rate, seconds: frames / format.rate, consistent };
};
