import type { Audio } from './types.ts';

/** Decibels below full scale of what is spoken, and of the highest sample. */
export const TARGET_DB = -20;
export const PEAK_DB = -1;
/** What is quieter is made louder by so much at most: beyond it is noise. */
const MOST_GAIN_DB = 36;

/** ITU-R BS.1770-5 measures blocks of 400 ms that overlap by three quarters; speech is denser in 100 ms. */
const BLOCK_S = 0.1;
const BLOCK_STEP_S = 0.025;
/** Blocks below are silence; so are those this much below the mean of the others (BS.1770-5, gating). */
const SILENCE_DB = -70;
const BELOW_MEAN_DB = -10;

const toDecibels = (power: number): number => 10 * Math.log10(power);
const fromDecibels = (decibels: number): number => 10 ** (decibels / 20);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const blockPowers = ({ samples, rate }: Audio): number[] => {
  const size = Math.max(1, Math.min(samples.length, Math.round(BLOCK_S * rate)));
  const step = Math.max(1, Math.round(BLOCK_STEP_S * rate));
  const powers: number[] = [];
  for (let start = 0; start + size <= samples.length; start += step) {
    let sum = 0;
    for (let i = start; i < start + size; i += 1) sum += (samples[i] as number) ** 2;
    powers.push(sum / size);
  }
  return powers;
};

/**
 * How loud what is spoken is, pauses left out: the mean power of its louder blocks (gated as in ITU-R BS.1770-5, without the
 * weighting, which means little below 4 kHz).
 *
 * @returns decibels below full scale; undefined for silence
 */
export const loudness = (audio: Audio): number | undefined => {
  const heard = blockPowers(audio).filter((power) => power > 0 && toDecibels(power) > SILENCE_DB);
  if (heard.length === 0) return undefined;
  const floor = toDecibels(mean(heard)) + BELOW_MEAN_DB;
  return toDecibels(mean(heard.filter((power) => toDecibels(power) > floor)));
};

/** The highest sample, 0 to 1. */
export const peak = (samples: Float32Array): number => {
  let highest = 0;
  for (const sample of samples) highest = Math.max(highest, Math.abs(sample));
  return highest;
};

/** A limiter looks so far ahead, and lets go so slowly. */
const LOOK_AHEAD_S = 0.003;
const RELEASE_S = 0.08;
/** Peaks are pressed down by so much at most; what has higher ones stays quieter. */
const MOST_LIMITING_DB = 6;

/** Presses what goes above `ceiling` down to it, beginning a moment before, so that nothing clicks. In place. */
const limit = ({ samples, rate }: Audio, ceiling: number): void => {
  const ahead = Math.round(LOOK_AHEAD_S * rate);
  const release = Math.exp(-1 / (RELEASE_S * rate));
  const gains = new Float32Array(samples.length);
  let gain = 1;
  for (let i = 0; i < samples.length; i += 1) {
    let needed = 1;
    for (let j = i; j < Math.min(samples.length, i + ahead); j += 1) {
      const height = Math.abs(samples[j] as number);
      if (height > ceiling) needed = Math.min(needed, ceiling / height);
    }
    gain = needed < gain ? needed : Math.min(needed, 1 - (1 - gain) * release);
    gains[i] = gain;
  }
  // Steps down are drawn out over the time looked ahead; each gain stays at or below what its own sample needs.
  for (let i = gains.length - 2; i >= 0; i -= 1) {
    const slope = (gains[i + 1] as number) + 1 / Math.max(1, ahead);
    gains[i] = Math.min(gains[i] as number, slope);
  }
  for (let i = 0; i < samples.length; i += 1) samples[i] = (samples[i] as number) * (gains[i] as number);
};

/** Takes away a steady offset and what rumbles below 20 Hz. */
const withoutOffset = ({ samples, rate }: Audio): Audio => {
  const keep = Math.exp((-2 * Math.PI * 20) / rate);
  const out = new Float32Array(samples.length);
  let before = samples[0] ?? 0;
  let last = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const now = samples[i] as number;
    last = now - before + keep * last;
    before = now;
    out[i] = last;
  }
  return { rate, samples: out };
};

/**
 * Brings speech to -20 dB below full scale, its peaks to -1 dB at most. Peaks that would be higher are pressed down by up to
 * 6 dB; what has still higher ones stays quieter.
 *
 * @returns undefined for silence
 */
export const normalise = (audio: Audio): Audio | undefined => {
  const level = withoutOffset(audio);
  const found = loudness(level);
  if (found === undefined) return undefined;
  const ceiling = fromDecibels(PEAK_DB);
  const wanted = fromDecibels(Math.min(MOST_GAIN_DB, TARGET_DB - found));
  const allowed = (ceiling * fromDecibels(MOST_LIMITING_DB)) / peak(level.samples);
  const gain = Math.min(wanted, allowed);
  const samples = level.samples.map((sample) => sample * gain);
  const louder = { rate: level.rate, samples };
  if (peak(samples) > ceiling) limit(louder, ceiling);
  return louder;
};
