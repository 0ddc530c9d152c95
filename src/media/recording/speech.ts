import { rms } from '../analysis.ts';
import { dtmfKeyIn } from '../dtmf-tones.ts';

/** Judged at once: 20 ms. */
export const SPEECH_FRAME = 160;

/** dBm0 of a sine that just reaches the last level of µ-law, and its mean in 16 bits (ITU-T G.711 4). */
const FULL_LEVEL = 3.17;
const FULL_RMS = 32_124 / Math.SQRT2;

/** Quieter than this is silence on every line, in dBm0. */
const QUIETEST = -48;
/** Noise that never stops is no louder than this; what is louder is somebody, or something that is to be kept. */
const LOUDEST_NOISE = -36;
/** Speech is so much louder than the quietest moments of the noise, in dB. */
const ABOVE_NOISE = 9;
/** The noise is as loud as the quietest of the last 1.5 to 3 s: speech leaves gaps within that. */
const WINDOW_FRAMES = 75;
/** So many frames in a row are a word; fewer are a click: 60 ms. */
const WORD_FRAMES = 3;
/** Frames between two sounds that still belong to one word: 200 ms. */
const GAP_FRAMES = 10;
/** Kept of what follows the last word, which may die away below the noise: 300 ms. */
const TAIL_FRAMES = 15;

const levelOf = (samples: Int16Array): number => 20 * Math.log10(rms(samples) / FULL_RMS + 1e-9) + FULL_LEVEL;

/** The level of the noise, in dBm0. */
const createNoiseFloor = (): ((level: number) => number) => {
  let before = Number.POSITIVE_INFINITY;
  let now = Number.POSITIVE_INFINITY;
  let frames = 0;

  return (level) => {
    now = Math.min(now, level);
    frames += 1;
    if (frames === WINDOW_FRAMES) {
      before = now;
      now = Number.POSITIVE_INFINITY;
      frames = 0;
    }
    // Before the first window is over, the first moments are not yet known to be noise.
    const floor = Number.isFinite(before) ? Math.min(before, now) : Number.NEGATIVE_INFINITY;
    return Math.min(floor, LOUDEST_NOISE);
  };
};

/** Tells speech from silence and noise, 20 ms at a time. Pure. All positions are samples from the beginning. */
export type SpeechDetector = {
  /** The next `SPEECH_FRAME` samples. */
  frame(samples: Int16Array): void;
  /** Where the last word ended; 0 before any. */
  readonly spokenUntil: number;
  /** Where what is worth keeping ends: a little after the last word, but before a key that was pressed then. */
  readonly keepUntil: number;
  /** Samples in which somebody spoke. */
  readonly spoken: number;
};

export const createSpeechDetector = (): SpeechDetector => {
  const noise = createNoiseFloor();
  let at = 0;
  /** Sounding frames in a row. */
  let run = 0;
  /** Frame after the last word. */
  let end = 0;
  let spokenFrames = 0;
  /** Frame at which a key's tone began after the last word. */
  let keyAt: number | undefined;

  const sound = (): void => {
    run += 1;
    if (run < WORD_FRAMES) return;
    const begun = run === WORD_FRAMES ? at - WORD_FRAMES : at - 1;
    const joined = end > 0 && begun - end <= GAP_FRAMES ? end : begun;
    spokenFrames += at - joined;
    end = at;
    keyAt = undefined;
  };

  /** The frame before may hold the tone's beginning. */
  const key = (): void => {
    run = 0;
    if (keyAt !== undefined) return;
    keyAt = Math.max(0, at - 2);
    if (end > keyAt) {
      spokenFrames -= end - keyAt;
      end = keyAt;
    }
  };

  return {
    frame(samples) {
      at += 1;
      const level = levelOf(samples);
      const sounding = level > Math.max(QUIETEST, noise(level) + ABOVE_NOISE);
      if (!sounding) run = 0;
      else if (dtmfKeyIn(samples) !== undefined) key();
      else sound();
    },
    get spokenUntil() {
      return end * SPEECH_FRAME;
    },
    get keepUntil() {
      if (end === 0) return 0;
      return Math.min(at, end + TAIL_FRAMES, keyAt ?? at) * SPEECH_FRAME;
    },
    get spoken() {
      return spokenFrames * SPEECH_FRAME;
    },
  };
};
