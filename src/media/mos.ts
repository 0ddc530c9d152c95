/**
 * Speech quality by the E-model (ITU-T G.107), reduced to what RTP shows of a G.711 call; all else at the model's defaults.
 */

/** R of a call without delay and loss, all parameters at their defaults (G.107 table 2). */
const R_DEFAULT = 93.2;
/** Equipment impairment of G.711 (G.113 appendix I). */
const G711_IMPAIRMENT = 0;
/** Packet-loss robustness of G.711 with the concealment of its appendix I, losses random (G.113 appendix I). */
const G711_ROBUSTNESS = 25.1;
/** One packet of 20 ms and one of look-ahead in the receiver. */
const FIXED_DELAY_MS = 40;
/** A receiver's jitter buffer holds about twice the jitter. */
const BUFFER_PER_JITTER = 2;

/** Delay impairment: Cole and Rosenbluth, "Voice over IP performance monitoring" (2001), eq. 6, fitted to G.107's Id. */
const delayImpairment = (delayMs: number): number => 0.024 * delayMs + 0.11 * Math.max(0, delayMs - 177.3);

/** Ie-eff for random loss (G.107 7.5, BurstR = 1). */
const lossImpairment = (lossPercent: number): number =>
  G711_IMPAIRMENT + ((95 - G711_IMPAIRMENT) * lossPercent) / (lossPercent + G711_ROBUSTNESS);

/** G.107 annex B; its curve dips below 1 for R under 6.5. */
const mosOfRating = (rating: number): number => {
  if (rating <= 0) return 1;
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
};

export type Quality = {
  /** Packets lost, 0 to 100. */
  readonly lossPercent: number;
  /** Interarrival jitter (RFC 3550 A.8), milliseconds. */
  readonly jitterMs: number;
  /** Round trip, milliseconds; taken as 0 when unknown. */
  readonly rttMs?: number | undefined;
};

/** NaN, as of 0 packets of 0, counts as 0. */
const atLeastZero = (value: number): number => Math.max(0, value || 0);

/** Mean opinion score that a listener would give a G.711 stream, 1 to 4.5; better networks never score less. */
export const mosFrom = ({ lossPercent, jitterMs, rttMs = 0 }: Quality): number => {
  const delay = atLeastZero(rttMs) / 2 + BUFFER_PER_JITTER * atLeastZero(jitterMs) + FIXED_DELAY_MS;
  const loss = Math.min(100, atLeastZero(lossPercent));
  return mosOfRating(R_DEFAULT - delayImpairment(delay) - lossImpairment(loss));
};
