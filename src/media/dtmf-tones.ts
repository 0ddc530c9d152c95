/**
 * Keys sent as pairs of tones in audio (ITU-T Q.23), told from speech after ITU-T Q.24: 40 ms of tone and 40 ms of pause are
 * enough, 20 ms are none; levels from -30 dBm0 up; the higher tone up to 4 dB louder than the lower and 8 dB softer.
 */

const LOW = [697, 770, 852, 941] as const;
const HIGH = [1209, 1336, 1477, 1633] as const;
const KEYS = ['123A', '456B', '789C', '*0#D'] as const;

const RATE = 8000;
const coefficient = (frequency: number): number => 2 * Math.cos((2 * Math.PI * frequency) / RATE);
const COEFFICIENTS = Float64Array.from([...LOW, ...HIGH], coefficient);

/** Each tone is at least so loud: -30 dBm0, as the square of its amplitude in 16 bits. */
const LEAST_POWER = (32_124 * 10 ** ((-30 - 3.17) / 20)) ** 2;
/** The loudest of a group stands out by 6 dB: the other group's tone leaks into it. */
const STANDS_OUT = 10 ** (6 / 10);
/** How much louder the lower tone may be than the higher, and the other way round; 2 dB are lost to tones out of tune. */
const NORMAL_TWIST = 10 ** (10 / 10);
const REVERSE_TWIST = 10 ** (6 / 10);
/**
 * Both tones together have so much of the power; speech has more between and above them. Tones 1.5 % out of tune, the
 * louder one the higher, lose a quarter of theirs to the width of 102 samples.
 */
const SHARE = 0.74;

const power = new Float64Array(8);

/** Squares of the eight tones' amplitudes in `samples`, into `power`; returns the mean square of all. */
const measure = (samples: Int16Array): number => {
  const count = samples.length;
  let total = 0;
  for (let i = 0; i < count; i += 1) total += (samples[i] as number) ** 2;
  for (let tone = 0; tone < 8; tone += 1) {
    const step = COEFFICIENTS[tone] as number;
    let previous = 0;
    let before = 0;
    for (let i = 0; i < count; i += 1) {
      const current = (samples[i] as number) + step * previous - before;
      before = previous;
      previous = current;
    }
    power[tone] = (4 * (previous ** 2 + before ** 2 - step * previous * before)) / count ** 2;
  }
  return total / count;
};

/** The loudest of four tones from `first` on; -1 when it does not stand out. */
const loudest = (first: number): number => {
  let best = first;
  for (let tone = first + 1; tone < first + 4; tone += 1) {
    if ((power[tone] as number) > (power[best] as number)) best = tone;
  }
  for (let tone = first; tone < first + 4; tone += 1) {
    if (tone !== best && (power[tone] as number) * STANDS_OUT > (power[best] as number)) return -1;
  }
  return best;
};

/**
 * The key whose tones `samples` are, all of them: 8 kHz, about 100 to 200 samples.
 *
 * @returns undefined when they are something else, or a key's tones in a part of them only
 */
export const dtmfKeyIn = (samples: Int16Array): string | undefined => {
  const mean = measure(samples);
  if (mean < LEAST_POWER) return undefined;
  const low = loudest(0);
  const high = loudest(4);
  if (low < 0 || high < 0) return undefined;
  const [lowPower, highPower] = [power[low] as number, power[high] as number];
  if (Math.min(lowPower, highPower) < LEAST_POWER) return undefined;
  if (lowPower > highPower * NORMAL_TWIST || highPower > lowPower * REVERSE_TWIST) return undefined;
  // A sine's mean square is half the square of its amplitude.
  if ((lowPower + highPower) / 2 < SHARE * mean) return undefined;
  return KEYS[low]?.charAt(high - 4);
};
