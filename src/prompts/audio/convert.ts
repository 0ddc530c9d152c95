import { UsageError } from '../../base/errors.ts';
import { checkLength, checkSize } from './limits.ts';
import { normalise } from './loudness.ts';
import { isWav, readWav } from './read-wav.ts';
import { resample } from './resample.ts';
import { trim } from './trim.ts';
import type { Audio } from './types.ts';

/** What prompts are kept in. */
export const PROMPT_RATE = 8000;

const toSamples = ({ samples }: Audio): Int16Array =>
  Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));

/**
 * Makes a prompt of a WAV file: one channel, 8 kHz, 16 bits, of even loudness, without long silence at its ends.
 *
 * @throws UsageError when the file can't be read, is too long, or holds nothing but silence
 */
export const convertWav = (bytes: Buffer): Int16Array => {
  checkSize(bytes.length);
  if (!isWav(bytes)) throw new UsageError('The file is no WAV file');
  const audio = resample(readWav(bytes), PROMPT_RATE);
  checkLength(audio.samples.length / PROMPT_RATE);
  const level = normalise(audio);
  if (!level) throw new UsageError('The file holds nothing but silence');
  return toSamples(trim(level));
};
