import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { errorMessage, FailureError } from '../base/errors.ts';

/** The audio of a RIFF/WAVE file as it is stored. */
export type Wav = {
  readonly encoding: 'pcm' | 'a-law' | 'µ-law' | 'other';
  readonly channels: number;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
  /** Sample data; shorter than its chunk says when the file was cut off. */
  readonly data: Buffer;
};

const ENCODINGS: ReadonlyMap<number, Wav['encoding']> = new Map([
  [1, 'pcm'],
  [6, 'a-law'],
  [7, 'µ-law'],
]);
/** The true format code then stands first in the sub-format's GUID. */
const EXTENSIBLE = 0xfffe;

const readFormat = (chunk: Buffer): Omit<Wav, 'data'> | undefined => {
  if (chunk.length < 16) return undefined;
  const code = chunk.readUInt16LE(0);
  const inner = code === EXTENSIBLE && chunk.length >= 26 ? chunk.readUInt16LE(24) : code;
  return {
    encoding: ENCODINGS.get(inner) ?? 'other',
    channels: chunk.readUInt16LE(2),
    sampleRate: chunk.readUInt32LE(4),
    bitsPerSample: chunk.readUInt16LE(14),
  };
};

/** Reads RIFF/WAVE bytes, skipping chunks other than `fmt ` and `data`; undefined when they are none. */
export const parseWav = (bytes: Buffer): Wav | undefined => {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  if (bytes.toString('latin1', 8, 12) !== 'WAVE') return undefined;
  let format: Omit<Wav, 'data'> | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const chunk = bytes.subarray(at + 8, at + 8 + size);
    if (name === 'fmt ') format = readFormat(chunk);
    if (name === 'data' && format) return { ...format, data: chunk };
    // Chunks are padded to even sizes.
    at += 8 + size + (size & 1);
  }
  return undefined;
};

/** @throws FailureError when the file can't be read or is no WAV file */
export const readWavFile = (path: string): Wav => {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new FailureError(`Can't read ${path}: ${errorMessage(error)}`, { cause: error });
  }
  const wav = parseWav(bytes);
  if (!wav) throw new FailureError(`${path} is no WAV file`);
  return wav;
};

/** 16-bit little-endian samples; half a sample at the end is left out. */
export const pcmSamples = (data: Buffer): Int16Array => {
  const samples = new Int16Array(data.length >> 1);
  const bytes = Buffer.from(samples.buffer);
  data.copy(bytes, 0, 0, bytes.length);
  if (endianness() === 'BE') bytes.swap16();
  return samples;
};
