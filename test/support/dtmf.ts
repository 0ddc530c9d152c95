import { RATE } from './g711.ts';

const LOW = [697, 770, 852, 941] as const;
const HIGH = [1209, 1336, 1477, 1633] as const;
const KEYS = ['123A', '456B', '789C', '*0#D'] as const;

export type KeyTone = {
  readonly ms?: number;
  /** dBm0 of each tone. */
  readonly low?: number;
  readonly high?: number;
  /** Both frequencies times this. */
  readonly detune?: number;
};

/** Peak of a sine of `level` dBm0 in 16 bits (ITU-T G.711 4). */
export const peakAt = (level: number): number => 32_124 * 10 ** ((level - 3.17) / 20);

/** The tones of a key (ITU-T Q.23): 100 ms, -10 dBm0 each unless said otherwise. */
export const keyTone = (
  key: string,
  { ms = 100, low = -10, high = -10, detune = 1 }: KeyTone = {},
): Int16Array => {
  const row = KEYS.findIndex((keys) => keys.includes(key));
  const column = KEYS[row]?.indexOf(key) ?? -1;
  const [f, g] = [LOW[row], HIGH[column]];
  if (f === undefined || g === undefined) throw new Error(`no such key: ${key}`);
  return Int16Array.from({ length: ms * 8 }, (_, i) => {
    const t = (2 * Math.PI * i * detune) / RATE;
    return Math.round(peakAt(low) * Math.sin(f * t) + peakAt(high) * Math.sin(g * t));
  });
};

export const silence = (ms: number): Int16Array => new Int16Array(ms * 8);

export const joined = (...pieces: readonly Int16Array[]): Int16Array => {
  const all = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
};

/**
 * Something like a voice: a buzz of `pitch` Hz with its harmonics through three formants, in syllables of 200 ms that swell
 * and fade, `level` dBm0 at their loudest.
 */
export const voice = (
  ms: number,
  { pitch = 120, level = -15, formants = [700, 1220, 2600] } = {},
): Int16Array => {
  const harmonics = Array.from({ length: Math.floor(3_600 / pitch) }, (_, i) => (i + 1) * pitch).map(
    (hz) => ({
      hz,
      gain: formants.reduce((sum, formant) => sum + 1 / (1 + ((hz - formant) / 90) ** 2), 0.02),
    }),
  );
  const loudest = Math.sqrt(harmonics.reduce((sum, { gain }) => sum + gain ** 2, 0));
  return Int16Array.from({ length: ms * 8 }, (_, i) => {
    const t = i / RATE;
    const swell = Math.sin((Math.PI * (i % 1_600)) / 1_600);
    // A voice's pitch never stands still.
    const bend = 1 + 0.03 * Math.sin(2 * Math.PI * 3 * t);
    const sum = harmonics.reduce(
      (all, { hz, gain }) => all + gain * Math.sin(2 * Math.PI * hz * bend * t + hz),
      0,
    );
    return Math.max(-32_000, Math.min(32_000, Math.round((peakAt(level) * swell * sum) / loudest)));
  });
};

/** White noise of `level` dBm0, the same for the same seed. */
export const noise = (ms: number, level: number, seed = 1): Int16Array => {
  let state = seed >>> 0 || 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  // A uniform distribution's mean square is a third of its peak's, a sine's half.
  const peak = peakAt(level) * Math.sqrt(1.5);
  return Int16Array.from({ length: ms * 8 }, () => Math.round(peak * random()));
};

export const mixed = (a: Int16Array, b: Int16Array): Int16Array =>
  a.map((sample, i) => Math.max(-32_000, Math.min(32_000, sample + (b[i] ?? 0))));
