import { fileURLToPath } from 'node:url';
import type { Playable } from '../types.ts';
import { promptSamples } from './prompt-file.ts';
import { ringbackPeriod } from './ringback.ts';
import { createOscillator, DEFAULT_LEVEL, SAMPLE_RATE } from './tone.ts';
import type { SampleSource } from './types.ts';

/** scripts/make-hold-music.ts makes it. */
const HOLD_MUSIC = fileURLToPath(new URL('../../../config/prompts/hold-music.wav', import.meta.url));

const fromSamples = (samples: Int16Array, loop: boolean): SampleSource => {
  let at = 0;
  return {
    read(out) {
      let done = 0;
      while (done < out.length && samples.length > 0) {
        if (at === samples.length) {
          if (!loop) break;
          at = 0;
        }
        const piece = samples.subarray(at, at + out.length - done);
        out.set(piece, done);
        done += piece.length;
        at += piece.length;
      }
      return done;
    },
  };
};

const fromOscillator = (write: (out: Int16Array) => void, count: number): SampleSource => {
  let left = count;
  return {
    read(out) {
      const wanted = Math.min(left, out.length);
      write(wanted === out.length ? out : out.subarray(0, wanted));
      left -= wanted;
      return wanted;
    },
  };
};

/**
 * Opens something to be played, at its beginning. Ringback, music, looped files and tones without a duration never end.
 *
 * @throws FailureError when the file can't be played or a frequency can't be sent
 */
export const createSampleSource = (what: Playable): SampleSource => {
  switch (what.type) {
    case 'ringback':
      return fromSamples(ringbackPeriod(what.region), true);
    case 'tone': {
      const count = Math.max(0, Math.round((what.seconds ?? Number.POSITIVE_INFINITY) * SAMPLE_RATE));
      return fromOscillator(createOscillator(what.frequencies, what.level ?? DEFAULT_LEVEL), count);
    }
    case 'file':
      return fromSamples(promptSamples(what.path), what.loop ?? false);
    case 'music':
      return fromSamples(promptSamples(what.path ?? HOLD_MUSIC), true);
  }
};
