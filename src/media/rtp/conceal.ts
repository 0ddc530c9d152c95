/** What is repeated in place of lost audio: the last 10 ms. */
const PERIOD = 80;
/** Loudness from one repetition to the next: 100 ms after the loss nothing is left. */
const FADE = 0.6;
/** The change from repeated to real audio, and what hides the step at the first repetition: 5 ms. */
const SEAM = 40;
/** After so long without audio every repetition has died away. */
const SILENT_AFTER = 30 * PERIOD;

/**
 * Makes a stream of samples with holes whole: a hole repeats the last 10 ms, ever more quietly (after the manner of G.711
 * appendix I, without its search for the pitch); a long one is silence. Neither its beginning nor its end clicks.
 */
export type Concealer = {
  /** The next sample, as it came. */
  real(sample: number): number;
  /** The next sample, which did not come. */
  missing(): number;
  /** All of `frame`, as it came; the same as `real` for each. At least 10 ms. */
  realFrame(frame: Int16Array): void;
  /** Copies the last 10 ms that it gave, the oldest first, to `out`. */
  past(out: Int16Array): void;
  /** Nothing but silence comes until something real does. */
  readonly silent: boolean;
};

export const CONCEALER_PAST = PERIOD;

export const createConcealer = (): Concealer => {
  const given = new Int16Array(PERIOD);
  /** Where the sample of 10 ms ago stands. */
  let at = 0;
  let last = 0;
  let gap = SILENT_AFTER;
  let seam = 0;
  let step = 0;

  const give = (sample: number): number => {
    given[at] = last = sample;
    at = at === PERIOD - 1 ? 0 : at + 1;
    return sample;
  };

  const real = (sample: number): number => {
    if (gap > 0) {
      gap = 0;
      seam = SEAM;
    }
    if (seam === 0) return give(sample);
    const share = seam / (SEAM + 1);
    seam -= 1;
    return give(clip(sample * (1 - share) + (given[at] ?? 0) * FADE * share));
  };

  const repeated = (): number => Math.trunc((given[at] ?? 0) * FADE);

  const clip = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)));

  return {
    real,
    missing() {
      if (gap === 0) step = last - repeated();
      const rest = gap < SEAM ? step * (1 - gap / SEAM) : 0;
      if (gap < SILENT_AFTER) gap += 1;
      seam = 0;
      return give(clip(repeated() + rest));
    },
    realFrame(frame) {
      if (gap > 0 || seam > 0) {
        for (let i = 0; i < frame.length; i += 1) frame[i] = real(frame[i] ?? 0);
        return;
      }
      given.set(frame.subarray(frame.length - PERIOD));
      at = 0;
      last = given[PERIOD - 1] ?? 0;
    },
    past(out) {
      for (let i = 0; i < PERIOD; i += 1) out[i] = given[(at + i) % PERIOD] ?? 0;
    },
    get silent() {
      return gap >= SILENT_AFTER;
    },
  };
};
