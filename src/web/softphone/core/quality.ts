import type { Quality } from '../contract.ts';

/** What one look at a call's statistics says; counters since the call began, levels 0 to 1. */
export type MediaReading = {
  readonly at: number;
  readonly received: number;
  readonly lost: number;
  readonly jitterMs: number;
  readonly rttMs: number | undefined;
  /** Loudness of the microphone; undefined where the browser does not tell. */
  readonly microphone: number | undefined;
};

/** What is expected of the call just now. */
export type MediaExpectation = {
  /** The other side ought to send: neither holds. */
  readonly hearing: boolean;
  /** The microphone is open: neither muted nor held. */
  readonly speaking: boolean;
};

export type QualityWatch = {
  readonly reading: MediaReading | undefined;
  readonly quality: Quality;
  /** Since when nothing has come in, or the microphone has been dead silent; milliseconds since the epoch. */
  readonly deafSince: number | undefined;
  readonly silentSince: number | undefined;
  /** The microphone has given a sound in this call: what is quiet later is a person who listens. */
  readonly spoke: boolean;
};

const UNKNOWN: Quality = {
  level: 'unknown',
  mos: undefined,
  rttMs: undefined,
  jitterMs: undefined,
  lossPercent: undefined,
  reason: undefined,
};

export const QUALITY_UNKNOWN: QualityWatch = {
  reading: undefined,
  quality: UNKNOWN,
  deafSince: undefined,
  silentSince: undefined,
  spoke: false,
};

/** R without delay and loss (ITU-T G.107 table 2), and how well G.711 with concealment bears loss (G.113 appendix I). */
const R_DEFAULT = 93.2;
const G711_ROBUSTNESS = 25.1;
const FIXED_DELAY_MS = 40;

/** One-way delay that a pair of round trip and jitter means for the ear. */
const delayOf = (rttMs: number, jitterMs: number): number => rttMs / 2 + 2 * jitterMs + FIXED_DELAY_MS;

const delayImpairment = (delayMs: number): number => 0.024 * delayMs + 0.11 * Math.max(0, delayMs - 177.3);

const lossImpairment = (lossPercent: number): number => (95 * lossPercent) / (lossPercent + G711_ROBUSTNESS);

/**
 * Mean opinion score of a G.711 call by the E-model (ITU-T G.107, annex B), with the same simplifications as the
 * gateway's own figure.
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

const FAIR_MOS = 3.5;
const BAD_MOS = 3;
/** Without a packet for this long nobody is heard. */
const DEAF_MS = 3500;
/** A microphone that has not given even noise for this long is switched off or broken. */
const SILENT_MS = 10_000;
const SILENCE_LEVEL = 1e-4;

const lossBetween = (before: MediaReading, now: MediaReading): number | undefined => {
  const received = now.received - before.received;
  // A late packet counts as lost first and is taken back afterwards.
  const lost = Math.max(0, now.lost - before.lost);
  return received + lost > 0 ? (100 * lost) / (received + lost) : undefined;
};

/** What of the network costs most, in the model's own measure. */
const worstOf = (lossPercent: number, jitterMs: number, rttMs: number): 'loss' | 'jitter' | 'delay' => {
  const loss = lossImpairment(lossPercent);
  const whole = delayImpairment(delayOf(rttMs, jitterMs));
  const jitter = whole - delayImpairment(delayOf(rttMs, 0));
  const delay = whole - delayImpairment(delayOf(0, jitterMs));
  if (loss >= jitter && loss >= delay) return 'loss';
  return jitter >= delay ? 'jitter' : 'delay';
};

const levelOf = (mos: number): 'good' | 'fair' | 'bad' => {
  if (mos < BAD_MOS) return 'bad';
  return mos < FAIR_MOS ? 'fair' : 'good';
};

/** Since when a condition has held; undefined while it does not. */
const since = (before: number | undefined, holds: boolean, at: number): number | undefined =>
  holds ? (before ?? at) : undefined;

const judge = (
  before: MediaReading,
  now: MediaReading,
  hearing: boolean,
  last: Quality,
): Pick<Quality, 'mos' | 'lossPercent'> => {
  if (!hearing) return { mos: undefined, lossPercent: undefined };
  const loss = lossBetween(before, now);
  if (loss === undefined) return { mos: last.mos, lossPercent: last.lossPercent };
  return { mos: mosOf(loss, now.jitterMs, now.rttMs ?? 0), lossPercent: loss };
};

/** Takes a new reading into account: the level, and the reason when it is not good. Read about every 2 s. */
export const watchQuality = (
  watch: QualityWatch,
  now: MediaReading,
  { hearing, speaking }: MediaExpectation,
): QualityWatch => {
  const before = watch.reading;
  // A connection that took over from another counts from 0.
  if (!before || now.received < before.received) return { ...watch, reading: now, deafSince: undefined };
  const dry = hearing && now.received === before.received;
  const spoke = watch.spoke || (now.microphone ?? 0) >= SILENCE_LEVEL;
  const silent = speaking && now.microphone !== undefined && !spoke;
  const deafSince = since(watch.deafSince, dry, before.at);
  const silentSince = since(watch.silentSince, silent, before.at);
  const { mos, lossPercent } = judge(before, now, hearing, watch.quality);
  const figures = { mos, lossPercent, rttMs: now.rttMs, jitterMs: now.jitterMs };
  const next = (level: Quality['level'], reason: Quality['reason']): QualityWatch => ({
    reading: now,
    deafSince,
    silentSince,
    spoke,
    quality: { level, reason, ...figures },
  });
  if (deafSince !== undefined && now.at - deafSince >= DEAF_MS) return next('bad', 'no-audio-in');
  if (mos !== undefined && levelOf(mos) !== 'good')
    return next(levelOf(mos), worstOf(lossPercent ?? 0, now.jitterMs, now.rttMs ?? 0));
  if (silentSince !== undefined && now.at - silentSince >= SILENT_MS)
    return next('fair', 'microphone-silent');
  return next(mos === undefined ? 'unknown' : 'good', undefined);
};

/** A call whose audio path is watched and mended. */
export type PathWatch = {
  /** Since when the path has not been up. */
  readonly downSince: number | undefined;
  /** How long it has been down while the gateway could be asked to mend it, milliseconds. */
  readonly downMs: number;
  readonly lookedAt: number;
  readonly restartedAt: number | undefined;
};

export type PathStep = {
  readonly watch: PathWatch;
  readonly action: 'none' | 'restart' | 'give-up';
  /** The person ought to know that nobody hears anybody. */
  readonly lost: boolean;
};

const RESTART_AFTER_MS: Readonly<Record<string, number>> = { failed: 0, disconnected: 3000 };
/** A path that is being set up may take this long. */
const SETUP_MS = 6000;
const RESTART_EVERY_MS = 5000;
const GIVE_UP_MS = 15_000;
/** However long the gateway is out of reach, the call is over on its side by then. */
const GIVE_UP_ANYWAY_MS = 40_000;

export const PATH_FINE: PathWatch = {
  downSince: undefined,
  downMs: 0,
  lookedAt: 0,
  restartedAt: undefined,
};

/**
 * Decides what to do about an audio path: an ICE restart once it has been broken for 3 s (at once when it failed), again
 * every 5 s, and giving up after 15 s in which the gateway could be asked.
 *
 * @param connection RTCPeerConnection.connectionState
 * @param reachable whether the gateway can be asked now
 */
export const watchPath = (
  watch: PathWatch,
  connection: string,
  reachable: boolean,
  now: number,
): PathStep => {
  if (connection === 'connected' || connection === 'closed')
    return { watch: PATH_FINE, action: 'none', lost: false };
  const downSince = watch.downSince ?? now;
  const downFor = now - downSince;
  const elapsed = watch.downSince === undefined ? 0 : Math.max(0, now - watch.lookedAt);
  const patience = RESTART_AFTER_MS[connection] ?? SETUP_MS;
  const lost = downFor >= patience || watch.restartedAt !== undefined;
  const downMs = watch.downMs + (reachable ? elapsed : 0);
  const next: PathWatch = { ...watch, downSince, downMs, lookedAt: now };
  if (downMs >= GIVE_UP_MS || downFor >= GIVE_UP_ANYWAY_MS)
    return { watch: next, action: 'give-up', lost: true };
  const due = watch.restartedAt === undefined || now - watch.restartedAt >= RESTART_EVERY_MS;
  if (!lost || !due || !reachable) return { watch: next, action: 'none', lost };
  return { watch: { ...next, restartedAt: now }, action: 'restart', lost };
};
