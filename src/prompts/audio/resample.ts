import type { Audio } from './types.ts';

/** Where the telephone's band ends, as a share of half the lower rate, and where nothing may be left. */
const PASS = 0.85;
const STOP = 1;
/** What is left of frequencies above, in decibels below. */
const ATTENUATION = 80;
/** Kaiser's window for it: beta, and the length that such a slope takes (J. F. Kaiser, 1974). */
const BETA = 0.1102 * (ATTENUATION - 8.7);
const SLOPE = (ATTENUATION - 7.95) / 14.36;

/** Modified Bessel function of the first kind, order 0. */
const bessel = (x: number): number => {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
};

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);

type Filter = { readonly taps: number; readonly phases: Float32Array };

/**
 * A low-pass for each of `count` positions between two samples.
 *
 * @param ratio output rate / input rate
 */
const designFilter = (ratio: number, count: number): Filter => {
  const band = Math.min(1, ratio);
  // Both in cycles a sample of the input.
  const cutoff = (band * (PASS + STOP)) / 4;
  const slope = (band * (STOP - PASS)) / 2;
  const half = Math.ceil(SLOPE / slope / 2);
  const taps = 2 * half;
  const phases = new Float32Array(taps * count);
  const scale = bessel(BETA);
  for (let phase = 0; phase < count; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const distance = tap - half + 1 - phase / count;
      const inside = 1 - (distance / half) ** 2;
      const window = inside <= 0 ? 0 : bessel(BETA * Math.sqrt(inside)) / scale;
      const angle = 2 * Math.PI * cutoff * distance;
      const value = window * (angle === 0 ? 1 : Math.sin(angle) / angle);
      phases[phase * taps + tap] = value;
      sum += value;
    }
    // A steady level comes through as it is, at each position.
    for (let tap = 0; tap < taps; tap += 1) {
      phases[phase * taps + tap] = (phases[phase * taps + tap] ?? 0) / sum;
    }
  }
  return { taps, phases };
};

/**
 * Converts to another rate, band-limited: a polyphase windowed sinc that passes 85 % of the band and leaves nothing above it
 * (80 dB).
 *
 * @param rate samples a second, whole
 */
export const resample = ({ rate: from, samples }: Audio, rate: number): Audio => {
  if (from === rate) return { rate, samples };
  const divisor = greatestCommonDivisor(from, rate);
  const count = rate / divisor;
  const step = from / divisor;
  const { taps, phases } = designFilter(rate / from, count);
  const half = taps / 2;
  const out = new Float32Array(Math.ceil((samples.length * rate) / from));
  for (let i = 0; i < out.length; i += 1) {
    const position = i * step;
    const phase = (position % count) * taps;
    const first = Math.floor(position / count) - half + 1;
    const begin = Math.max(0, -first);
    const end = Math.min(taps, samples.length - first);
    let sum = 0;
    for (let tap = begin; tap < end; tap += 1) {
      sum += (samples[first + tap] as number) * (phases[phase + tap] as number);
    }
    out[i] = sum;
  }
  return { rate, samples: out };
};
