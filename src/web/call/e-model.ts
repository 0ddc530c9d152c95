/** R without delay and loss (ITU-T G.107 table 2), and how well G.711 with concealment bears loss (G.113 appendix I). */
const R_DEFAULT = 93.2;
const G711_ROBUSTNESS = 25.1;
const FIXED_DELAY_MS = 40;

/** One-way delay that a pair of round trip and jitter means for the ear. */
const delayOf = (rttMs: number, jitterMs: number): number => rttMs / 2 + 2 * jitterMs + FIXED_DELAY_MS;

const delayImpairment = (delayMs: number): number => 0.024 * delayMs + 0.11 * Math.max(0, delayMs - 177.3);

const lossImpairment = (lossPercent: number): number => (95 * lossPercent) / (lossPercent + G711_ROBUSTNESS);

/**
 * Mean opinion score of a call by the E-model (ITU-T G.107, annex B), with the same simplifications as the gateway's own
 * figure: the loss bears on it as on G.711.
 *
 * @param lossPercent packets lost, 0 to 100
 * @param jitterMs interarrival jitter
 * @param rttMs round trip; 0 when unknown
 * @returns 1 to 4.5; a better network never scores less
 */
export const mosOf = (lossPercent: number, jitterMs: number, rttMs: number): number => {
  const loss = Math.min(100, Math.max(0, lossPercent || 0));
  const delay = delayOf(Math.max(0, rttMs || 0), Math.max(0, jitterMs || 0));
  const rating = R_DEFAULT - delayImpairment(delay) - lossImpairment(loss);
  if (rating <= 0) return 1;
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
};

/** What of the network costs most, in the model's own measure. */
export const worstOf = (
  lossPercent: number,
  jitterMs: number,
  rttMs: number,
): 'loss' | 'jitter' | 'delay' => {
  const loss = lossImpairment(lossPercent);
  const whole = delayImpairment(delayOf(rttMs, jitterMs));
  const jitter = whole - delayImpairment(delayOf(rttMs, 0));
  const delay = whole - delayImpairment(delayOf(0, jitterMs));
  if (loss >= jitter && loss >= delay) return 'loss';
  return jitter >= delay ? 'jitter' : 'delay';
};
