/** The loudest that a sum may be: the last level of µ-law, and a little below that of A-law. */
const CEILING = 32_124;
/** The gain goes down within 5 ms, and up by half a decibel a frame. */
const ATTACK = 40;
const RELEASE = 10 ** (0.5 / 20);

/** Adds `frame` to `sum`, sample by sample. */
export const addFrame = (sum: Int32Array, frame: Int16Array): void => {
  for (let i = 0; i < frame.length; i += 1) sum[i] = (sum[i] as number) + (frame[i] as number);
};

const peakOf = (sum: Int32Array): number => {
  let peak = 0;
  for (let i = 0; i < sum.length; i += 1) {
    const magnitude = Math.abs(sum[i] as number);
    if (magnitude > peak) peak = magnitude;
  }
  return peak;
};

/**
 * Brings sums of voices back into 16 bits. What fits passes unchanged; what is too loud is turned down as a whole, smoothly,
 * so that it does not crackle; what is left over in the first 5 ms is cut off.
 */
export type Limiter = (sum: Int32Array, out: Int16Array) => void;

export const createLimiter = (): Limiter => {
  let gain = 1;

  return (sum, out) => {
    const peak = peakOf(sum);
    const most = peak > CEILING ? CEILING / peak : 1;
    if (gain === 1 && most === 1) {
      out.set(sum);
      return;
    }
    const next = most < gain ? most : Math.min(most, gain * RELEASE);
    const ramp = next < gain ? ATTACK : sum.length;
    for (let i = 0; i < sum.length; i += 1) {
      const now = i < ramp ? gain + ((next - gain) * (i + 1)) / ramp : next;
      const sample = Math.round((sum[i] as number) * now);
      out[i] = Math.max(-CEILING, Math.min(CEILING, sample));
    }
    gain = next;
  };
};
