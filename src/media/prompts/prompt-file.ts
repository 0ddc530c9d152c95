import { statSync } from 'node:fs';
import { errorMessage, FailureError } from '../../base/errors.ts';
import type { CodecName } from '../../sdp/index.ts';
import { decodeG711 } from '../g711.ts';
import { pcmSamples, readWavFile, type Wav } from '../wav.ts';

const LAWS: Readonly<Partial<Record<Wav['encoding'], CodecName>>> = { 'a-law': 'PCMA', 'µ-law': 'PCMU' };

/**
 * Reads a prompt: mono, 8 kHz, 16-bit PCM, A-law or µ-law.
 *
 * @throws FailureError that says what the file is when it can't be played, or why it can't be read
 */
export const readWav = (path: string): Int16Array => {
  const { encoding, channels, sampleRate, bitsPerSample, data } = readWavFile(path);
  const law = LAWS[encoding];
  if (channels !== 1 || sampleRate !== 8000 || bitsPerSample !== (law ? 8 : 16) || encoding === 'other') {
    throw new FailureError(
      `${path} is ${bitsPerSample}-bit ${encoding}, ${channels} channel(s), ${sampleRate} Hz: ` +
        'prompts are mono, 8000 Hz, 16-bit PCM, A-law or µ-law',
    );
  }
  if (!law) return pcmSamples(data);
  const samples = new Int16Array(data.length);
  decodeG711(law, data, samples, 0);
  return samples;
};

const CACHE_FILES = 64;
const cache = new Map<string, { readonly version: string; readonly samples: Int16Array }>();

const versionOf = (path: string): string => {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  } catch (error) {
    throw new FailureError(`Can't read ${path}: ${errorMessage(error)}`, { cause: error });
  }
};

/**
 * The samples of a prompt, kept for the next call that plays it until the file changes. Not to be written to.
 *
 * @throws FailureError as `readWav`
 */
export const promptSamples = (path: string): Int16Array => {
  const version = versionOf(path);
  const known = cache.get(path);
  const samples = known?.version === version ? known.samples : readWav(path);
  // The one that was played longest ago goes first.
  cache.delete(path);
  const [oldest] = cache.keys();
  if (cache.size >= CACHE_FILES && oldest !== undefined) cache.delete(oldest);
  cache.set(path, { version, samples });
  return samples;
};
