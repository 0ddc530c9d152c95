import { mosOf } from '../../call/e-model.ts';
import { lossBetween, type MediaReading } from '../../call/stats.ts';
import type { CallQuality, QualityWarning } from './contract.ts';

/** What lies between two readings, about 2 s apart. Undefined: not known, or nothing was to be heard. */
export type QualitySample = {
  readonly at: number;
  readonly rttMs: number | undefined;
  readonly jitterMs: number | undefined;
  /** Packets that came and that did not. */
  readonly received: number;
  readonly lost: number;
  readonly mos: number | undefined;
  /** Loudness of the microphone, 0 to 1; undefined while it is muted. */
  readonly microphone: number | undefined;
};

export type WarningWatch = {
  readonly reading: MediaReading | undefined;
  /** The latest last; not more than are looked at. */
  readonly samples: readonly QualitySample[];
  readonly spoke: boolean;
  readonly quality: CallQuality;
};

export type Expectation = {
  /** The other side ought to send. */
  readonly hearing: boolean;
  /** The microphone is open. */
  readonly speaking: boolean;
};

const UNKNOWN: CallQuality = {
  mos: undefined,
  rttMs: undefined,
  jitterMs: undefined,
  lossPercent: undefined,
  warnings: [],
};

export const NO_WARNINGS: WarningWatch = {
  reading: undefined,
  samples: [],
  spoke: false,
  quality: UNKNOWN,
};

const ORDER: readonly QualityWarning[] = ['rtt', 'jitter', 'loss', 'mos', 'mic'];
/** A warning comes with 3 bad samples of the last 5, and goes when the last 5 were good. */
const WINDOW = 5;
const BAD = 3;
const RTT_MS = 400;
const JITTER_MS = 30;
const MOS = 3.5;
/** Loss is looked at over more, as it comes in bursts; it has to fall well below before the warning goes. */
const LOSS_WINDOW = 7;
const LOSS_PERCENT = 3;
const LOSS_OVER_PERCENT = 2;
/** Quieter is digital silence, not even the noise of a room; and a level that moves by less is that of no room either. */
const SILENCE = 1e-4;
/** Somebody who has spoken may listen for long, and noise suppression leaves nothing of a quiet room. */
const DEAD_AFTER_SPEECH = 15;

const last = <T>(list: readonly T[], count: number): readonly T[] => list.slice(-count);

const steady = (
  on: boolean,
  samples: readonly QualitySample[],
  bad: (one: QualitySample) => boolean,
): boolean => {
  const recent = last(samples, WINDOW);
  const count = recent.filter(bad).length;
  return on ? count > 0 || recent.length < WINDOW : count >= BAD;
};

/** Share of packets that were lost over the window, in percent. */
const lossOver = (samples: readonly QualitySample[]): number => {
  const recent = last(samples, LOSS_WINDOW);
  const received = recent.reduce((sum, one) => sum + one.received, 0);
  const lost = recent.reduce((sum, one) => sum + one.lost, 0);
  return received + lost > 0 ? (100 * lost) / (received + lost) : 0;
};

const lossy = (on: boolean, samples: readonly QualitySample[]): boolean => {
  const percent = lossOver(samples);
  if (on) return percent > LOSS_OVER_PERCENT;
  return samples.length >= LOSS_WINDOW && percent > LOSS_PERCENT;
};

/** Nothing at all comes from the microphone, though it is open: its level stays where it is. */
const dead = (samples: readonly QualitySample[], spoke: boolean): boolean => {
  const count = spoke ? DEAD_AFTER_SPEECH : WINDOW;
  const levels = last(samples, count).flatMap(({ microphone }) => microphone ?? []);
  return levels.length === count && Math.max(...levels) - Math.min(...levels) < SILENCE;
};

const above = (value: number | undefined, limit: number): boolean => (value ?? 0) > limit;

const warningsOf = (
  before: readonly QualityWarning[],
  samples: readonly QualitySample[],
  spoke: boolean,
): readonly QualityWarning[] => {
  const on = (warning: QualityWarning): boolean => before.includes(warning);
  const holds: Readonly<Record<QualityWarning, boolean>> = {
    rtt: steady(on('rtt'), samples, ({ rttMs }) => above(rttMs, RTT_MS)),
    jitter: steady(on('jitter'), samples, ({ jitterMs }) => above(jitterMs, JITTER_MS)),
    loss: lossy(on('loss'), samples),
    mos: steady(on('mos'), samples, ({ mos }) => mos !== undefined && mos < MOS),
    mic: dead(samples, spoke),
  };
  return ORDER.filter((warning) => holds[warning]);
};

const sampleOf = (
  before: MediaReading,
  now: MediaReading,
  { hearing, speaking }: Expectation,
): QualitySample => {
  const loss = hearing ? lossBetween(before, now) : undefined;
  return {
    at: now.at,
    rttMs: now.rttMs,
    jitterMs: hearing ? now.jitterMs : undefined,
    received: hearing ? now.received - before.received : 0,
    lost: hearing ? Math.max(0, now.lost - before.lost) : 0,
    mos: loss === undefined ? undefined : mosOf(loss, now.jitterMs, now.rttMs ?? 0),
    microphone: speaking ? now.microphone : undefined,
  };
};

/** Share of packets lost in one sample, in percent; undefined when nothing was to come. */
export const lossOf = ({ received, lost }: Pick<QualitySample, 'received' | 'lost'>): number | undefined =>
  received + lost > 0 ? (100 * lost) / (received + lost) : undefined;

/** Takes a reading into account. Read every 2 s. */
export const watchWarnings = (
  watch: WarningWatch,
  now: MediaReading,
  expectation: Expectation,
): WarningWatch => {
  const before = watch.reading;
  // A connection that took over from another counts from 0.
  if (!before || now.received < before.received) return { ...watch, reading: now };
  const sample = sampleOf(before, now, expectation);
  const spoke = watch.spoke || (sample.microphone ?? 0) >= SILENCE;
  const samples = last([...watch.samples, sample], DEAD_AFTER_SPEECH);
  return {
    reading: now,
    samples,
    spoke,
    quality: {
      mos: sample.mos ?? watch.quality.mos,
      rttMs: sample.rttMs,
      jitterMs: sample.jitterMs,
      lossPercent: lossOf(sample),
      warnings: warningsOf(watch.quality.warnings, samples, spoke),
    },
  };
};
