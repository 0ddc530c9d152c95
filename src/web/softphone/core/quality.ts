import { mosOf, worstOf } from '../../call/e-model.ts';
import { lossBetween, type MediaReading } from '../../call/stats.ts';
import type { Quality } from '../contract.ts';

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

const FAIR_MOS = 3.5;
const BAD_MOS = 3;
/** Without a packet for this long nobody is heard. */
const DEAF_MS = 3500;
/** A microphone that has not given even noise for this long is switched off or broken. */
const SILENT_MS = 10_000;
const SILENCE_LEVEL = 1e-4;

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
