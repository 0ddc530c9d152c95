import { fileURLToPath } from 'node:url';
import { errorMessage } from '../../base/errors.ts';
import type { Playable } from '../playable.ts';
import { progressPeriod } from './progress.ts';
import { promptSamples } from './prompt-file.ts';
import { createOscillator, DEFAULT_LEVEL, renderTone, SAMPLE_RATE } from './tone.ts';
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

const samplesIn = (seconds: number): number => Math.max(0, Math.round(seconds * SAMPLE_RATE));

const limited = (source: SampleSource, seconds: number | undefined): SampleSource => {
  if (seconds === undefined) return source;
  let left = samplesIn(seconds);
  return {
    read(out) {
      const read = left === 0 ? 0 : source.read(out.subarray(0, Math.min(left, out.length)));
      left -= read;
      return read;
    },
  };
};

const silence = (out: Int16Array): void => {
  out.fill(0);
};

let beep: Int16Array | undefined;
const beepSamples = (): Int16Array => {
  beep ??= renderTone([{ frequencies: [1_000], seconds: 0.4 }], -10);
  return beep;
};

/** Each round is opened anew, so that all of it starts at its beginning. */
const fromSequence = (
  { items, times = 1 }: Extract<Playable, { type: 'sequence' }>,
  unplayable: Unplayable,
): SampleSource => {
  let told = false;
  const open = (item: Playable): SampleSource[] => {
    try {
      return [createSampleSource(item, told ? () => undefined : unplayable)];
    } catch (error) {
      // Told once, not in each round.
      if (!told) unplayable(errorMessage(error));
      return [];
    }
  };
  const openAll = (): SampleSource[] => {
    const sources = items.flatMap(open);
    told = true;
    return sources;
  };
  let sources = openAll();
  let round = 1;
  let at = 0;
  /** Whether this round has given anything: rounds of nothing have no end. */
  let audible = false;

  const nextRound = (): boolean => {
    if (round >= times || !audible) return false;
    round += 1;
    at = 0;
    audible = false;
    sources = openAll();
    return true;
  };

  return {
    read(out) {
      let done = 0;
      while (done < out.length) {
        const source = sources[at];
        if (source === undefined) {
          if (nextRound()) continue;
          break;
        }
        const read = source.read(done === 0 ? out : out.subarray(done));
        if (read > 0) audible = true;
        done += read;
        if (done < out.length) at += 1;
      }
      return done;
    },
  };
};

/** Hears of what a sequence leaves out, and why: a sentence. */
export type Unplayable = (reason: string) => void;

/**
 * Opens something to be played, at its beginning. Music, looped files, and tones without a duration never end.
 *
 * @throws FailureError when the file can't be played or a frequency can't be sent; a sequence leaves such items out
 */
export const createSampleSource = (
  what: Playable,
  unplayable: Unplayable = () => undefined,
): SampleSource => {
  switch (what.type) {
    case 'ringback':
    case 'busy':
    case 'congestion':
    case 'dial':
      return limited(fromSamples(progressPeriod(what.type, what.region), true), what.seconds);
    case 'beep':
      return fromSamples(beepSamples(), false);
    case 'tone': {
      const count = samplesIn(what.seconds ?? Number.POSITIVE_INFINITY);
      return fromOscillator(createOscillator(what.frequencies, what.level ?? DEFAULT_LEVEL), count);
    }
    case 'silence':
      return fromOscillator(silence, samplesIn(what.seconds));
    case 'sequence':
      return fromSequence(what, unplayable);
    case 'file':
      return fromSamples(promptSamples(what.path), what.loop ?? false);
    case 'music':
      return fromSamples(promptSamples(what.path ?? HOLD_MUSIC), true);
  }
};
