import { FailureError } from '../../base/errors.ts';

export const SAMPLE_RATE = 8000;
/** Level of tones whose level is not given, in dBm0. */
export const DEFAULT_LEVEL = -12;

/** The largest level of µ-law in 16 bits; a sine that just reaches it has +3.17 dBm0 (ITU-T G.711 4). */
const FULL_SCALE = 32_124;
const FULL_SCALE_LEVEL = 3.17;
/** Rise and fall of a tone that starts or stops, so that it does not click: 5 ms. */
const RAMP = 40;

/** Peak of a sine at `level` dBm0; `parts` of them together never clip. */
const amplitudeOf = (level: number, parts: number): number =>
  Math.min(FULL_SCALE / parts, FULL_SCALE * 10 ** ((level - FULL_SCALE_LEVEL) / 20));

/**
 * Sines of equal level, one after another piece.
 *
 * @param frequencies hertz, above 0 and below 4000
 * @param level dBm0 of each
 * @returns a function that writes the next `out.length` samples
 * @throws FailureError when a frequency can't be sent at 8 kHz
 */
export const createOscillator = (
  frequencies: readonly number[],
  level: number,
): ((out: Int16Array) => void) => {
  const impossible = frequencies.find((frequency) => !(frequency > 0 && frequency < SAMPLE_RATE / 2));
  if (impossible !== undefined)
    throw new FailureError(`A tone of ${impossible} Hz is not between 0 and 4000 Hz`);
  if (frequencies.length === 0) throw new FailureError('A tone needs a frequency');
  const amplitude = amplitudeOf(level, frequencies.length);
  const steps = frequencies.map((frequency) => (2 * Math.PI * frequency) / SAMPLE_RATE);
  let at = 0;
  return (out) => {
    for (let i = 0; i < out.length; i += 1, at += 1) {
      let sum = 0;
      for (const step of steps) sum += Math.sin(step * at);
      out[i] = Math.round(amplitude * sum);
    }
  };
};

/** A stretch of `seconds` of tone, or of silence where there are no frequencies. */
export type Segment = { readonly frequencies: readonly number[]; readonly seconds: number };

/**
 * Renders stretches of tone and silence one after another, each tone rising and falling softly.
 *
 * @param level dBm0 of each sine
 * @param soft false: without rise and fall, for a tone that is to be repeated without a seam
 * @throws FailureError when a frequency can't be sent at 8 kHz
 */
export const renderTone = (
  segments: readonly Segment[],
  level: number = DEFAULT_LEVEL,
  soft = true,
): Int16Array => {
  const counts = segments.map(({ seconds }) => Math.round(seconds * SAMPLE_RATE));
  const samples = new Int16Array(counts.reduce((sum, count) => sum + count, 0));
  let start = 0;
  segments.forEach(({ frequencies }, index) => {
    const count = counts[index] ?? 0;
    const piece = samples.subarray(start, start + count);
    start += count;
    if (frequencies.length === 0) return;
    createOscillator(frequencies, level)(piece);
    const ramp = soft ? Math.min(RAMP, count >> 1) : 0;
    for (let i = 0; i < ramp; i += 1) {
      const last = count - 1 - i;
      piece[i] = Math.round(((piece[i] ?? 0) * i) / ramp);
      piece[last] = Math.round(((piece[last] ?? 0) * i) / ramp);
    }
  });
  return samples;
};
