import { UsageError } from '../../base/errors.ts';
import { expandALaw, expandMuLaw } from './g711.ts';
import { checkLength } from './limits.ts';
import type { Audio } from './types.ts';

const MOST_CHANNELS = 8;
const RATES = { from: 4000, to: 192_000 } as const;

/** WAVE format codes (Microsoft, mmreg.h). */
const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
/** The true code then stands first in the sub-format's GUID. */
const EXTENSIBLE = 0xfffe;

type Format = {
  readonly code: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
};

/** Reads one sample at a byte offset as -1 to 1. */
type ReadSample = (data: Buffer, at: number) => number;

/** By format code and bits. */
const READERS: ReadonlyMap<string, ReadSample> = new Map<string, ReadSample>([
  [`${PCM} 8`, (data, at) => ((data[at] ?? 128) - 128) / 128],
  [`${PCM} 16`, (data, at) => data.readInt16LE(at) / 32_768],
  [`${PCM} 24`, (data, at) => data.readIntLE(at, 3) / 8_388_608],
  [`${PCM} 32`, (data, at) => data.readInt32LE(at) / 2_147_483_648],
  [`${FLOAT} 32`, (data, at) => data.readFloatLE(at)],
  [`${FLOAT} 64`, (data, at) => data.readDoubleLE(at)],
  [`${A_LAW} 8`, (data, at) => expandALaw(data[at] ?? 0)],
  [`${MU_LAW} 8`, (data, at) => expandMuLaw(data[at] ?? 0)],
]);

export const isWav = (bytes: Buffer): boolean =>
  bytes.length >= 12 &&
  bytes.toString('latin1', 0, 4) === 'RIFF' &&
  bytes.toString('latin1', 8, 12) === 'WAVE';

const readFormat = (chunk: Buffer): Format | undefined => {
  if (chunk.length < 16) return undefined;
  const code = chunk.readUInt16LE(0);
  return {
    code: code === EXTENSIBLE && chunk.length >= 26 ? chunk.readUInt16LE(24) : code,
    channels: chunk.readUInt16LE(2),
    rate: chunk.readUInt32LE(4),
    bits: chunk.readUInt16LE(14),
  };
};

const findChunks = (bytes: Buffer): { format: Format; data: Buffer } | undefined => {
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    // Programs that write to a pipe give sizes that they don't know: what is there counts.
    const chunk = bytes.subarray(at + 8, at + 8 + size);
    if (name === 'fmt ') format = readFormat(chunk);
    if (name === 'data' && format) return { format, data: chunk };
    at += 8 + size + (size & 1);
  }
  return undefined;
};

const checkFormat = ({ code, channels, rate, bits }: Format): ReadSample => {
  const read = READERS.get(`${code} ${bits}`);
  if (!read) {
    throw new UsageError(
      `The WAV file is coded in a way that is not read here (format ${code}, ${bits} bits): save it as 16-bit PCM`,
    );
  }
  if (channels < 1 || channels > MOST_CHANNELS) {
    throw new UsageError(`The WAV file has ${channels} channels: save it with 1 to ${MOST_CHANNELS}`);
  }
  if (rate < RATES.from || rate > RATES.to) {
    throw new UsageError(
      `The WAV file has ${rate} samples a second: save it with ${RATES.from} to ${RATES.to}`,
    );
  }
  return read;
};

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, float, A-law or µ-law; 1 to 8 channels, which are mixed to one; 4 to 192 kHz.
 *
 * @throws UsageError that says what the file is when it can't be read
 */
export const readWav = (bytes: Buffer): Audio => {
  const chunks = findChunks(bytes);
  if (!chunks) throw new UsageError('The WAV file has no audio in it: it is cut off or damaged');
  const { format, data } = chunks;
  const read = checkFormat(format);
  const { channels, rate, bits } = format;
  const width = bits / 8;
  const frames = Math.floor(data.length / (width * channels));
  checkLength(frames / rate);
  const samples = new Float32Array(frames);
  for (let frame = 0, at = 0; frame < frames; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1, at += width) sum += read(data, at);
    // A float file may hold what is no number, and any loudness.
    samples[frame] = Number.isFinite(sum) ? Math.max(-8, Math.min(8, sum / channels)) : 0;
  }
  return { rate, samples };
};

/** How long a WAV file lasts; 0 when it is none. */
export const wavSeconds = (bytes: Buffer): number => {
  const chunks = isWav(bytes) ? findChunks(bytes) : undefined;
  if (!chunks) return 0;
  const { channels, rate, bits } = chunks.format;
  return chunks.data.length / Math.max(1, (bits / 8) * channels) / Math.max(1, rate);
};
