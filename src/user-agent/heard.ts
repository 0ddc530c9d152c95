import { goertzel, readStereoWav, rms } from '../media/index.ts';

const SAMPLE_RATE = 8000;
/** 100 ms: long enough to tell a tone, short enough to count its length. */
const WINDOW = 800;
/** Root mean square of 16-bit samples above which a piece counts as sound: about -50 dBm0. */
const AUDIBLE = 80;
/** Share of a piece's power at one frequency from which it counts as that tone; two tones share it. */
const TONE_SHARE = 0.35;

/** What was heard in a recording's left channel. */
export type HeardAudio = {
  /** Length of the recording. */
  readonly seconds: number;
  /** How much of it was not silence. */
  readonly audibleSeconds: number;
  /** How much of it held the wanted tone; undefined when no tone was asked for. */
  readonly toneSeconds: number | undefined;
};

/**
 * Listens to the left channel of a recording.
 *
 * @param frequencies tone to look for, in hertz; none for any sound
 * @throws FailureError when the file can't be read
 */
export const analyseHeard = (path: string, frequencies: readonly number[]): HeardAudio => {
  const { left } = readStereoWav(path);
  let audible = 0;
  let tone = 0;
  for (let start = 0; start + WINDOW <= left.length; start += WINDOW) {
    const piece = left.subarray(start, start + WINDOW);
    if (rms(piece) < AUDIBLE) continue;
    audible += 1;
    if (frequencies.every((frequency) => goertzel(piece, frequency, SAMPLE_RATE) >= TONE_SHARE)) tone += 1;
  }
  const seconds = (windows: number): number => (windows * WINDOW) / SAMPLE_RATE;
  return {
    seconds: left.length / SAMPLE_RATE,
    audibleSeconds: seconds(audible),
    toneSeconds: frequencies.length === 0 ? undefined : seconds(tone),
  };
};
