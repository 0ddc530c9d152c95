import { FailureError } from '../base/errors.ts';
import { pcmSamples, readWavFile } from './wav.ts';

/** Root mean square of 16-bit samples, 0 to 32768. */
export const rms = (samples: Int16Array): number => {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
};

/**
 * The share of a signal's power that lies at one frequency, by Goertzel's algorithm: close to 1 for a pure tone, close to 0
 * where the tone is missing; silence has 0.
 *
 * @param frequency hertz, below half of `sampleRate`
 * @param sampleRate hertz
 */
export const goertzel = (samples: Int16Array, frequency: number, sampleRate = 8000): number => {
  const step = 2 * Math.cos((2 * Math.PI * frequency) / sampleRate);
  let previous = 0;
  let beforePrevious = 0;
  let total = 0;
  for (const sample of samples) {
    const current = sample + step * previous - beforePrevious;
    beforePrevious = previous;
    previous = current;
    total += sample * sample;
  }
  if (total === 0) return 0;
  const power = previous ** 2 + beforePrevious ** 2 - step * previous * beforePrevious;
  return Math.min(1, (2 * power) / (samples.length * total));
};

export type DetectedTone = {
  /** Hertz. */
  readonly frequency: number;
  /** Share of the signal's power, 0.5 to 1. */
  readonly share: number;
};

/**
 * The candidate (in hertz) that makes up most of 8 kHz samples, or undefined when none has half of their power. Meant for
 * pieces of 20 ms and more; candidates should differ by more than 8000 / samples hertz.
 */
export const detectTone = (samples: Int16Array, candidates: readonly number[]): DetectedTone | undefined => {
  let best: DetectedTone | undefined;
  for (const frequency of candidates) {
    const share = goertzel(samples, frequency);
    if (share >= 0.5 && share > (best?.share ?? 0)) best = { frequency, share };
  }
  return best;
};

/**
 * Both channels of a recording: 8 kHz, 16 bits.
 *
 * @throws FailureError when the file can't be read or is of another kind
 */
export const readStereoWav = (path: string): { left: Int16Array; right: Int16Array } => {
  const { encoding, channels, sampleRate, bitsPerSample, data } = readWavFile(path);
  if (encoding !== 'pcm' || channels !== 2 || bitsPerSample !== 16 || sampleRate !== 8000) {
    throw new FailureError(`${path} is not 16-bit stereo PCM of 8 kHz`);
  }
  const samples = pcmSamples(data);
  const frames = samples.length >> 1;
  const channel = (index: number) =>
    Int16Array.from({ length: frames }, (_, i) => samples[i * 2 + index] ?? 0);
  return { left: channel(0), right: channel(1) };
};
