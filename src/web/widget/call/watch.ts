import type { Media } from '../../call/media.ts';
import type { Losses } from '../../call/opus.ts';
import { PATH_FINE, type PathLimits, watchPath } from '../../call/path.ts';
import type { Sound } from '../../call/sound.ts';
import { outwardOf, readingOf } from '../../call/stats.ts';
import type { CallQuality, CallState } from './contract.ts';
import type { Reporter } from './samples.ts';
import { lossOf, NO_WARNINGS, watchWarnings } from './warnings.ts';

export type WatchParts = {
  readonly sound: Sound;
  media(): Media | undefined;
  state(): CallState;
  /** There is a dialog whose audio can be mended. */
  answered(): boolean;
  /** The gateway can be asked. */
  reachable(): boolean;
  readonly reporter: Reporter | undefined;
  levels(levels: CallState['levels']): void;
  quality(quality: CallQuality): void;
  /** Nobody hears anybody, or they do again. */
  lost(lost: boolean): void;
  restart(): void;
  giveUp(): void;
  /** Packets of Opus came, or did not. */
  heard(losses: Losses): void;
};

export type Watch = {
  stop(): void;
};

const LEVELS_MS = 100;
const PATH_MS = 500;
/** In turns of the path. */
const STATS_EVERY = 4;
const LIMITS: PathLimits = { disconnected: 2000, giveUp: 20_000, giveUpAnyway: 20_000 };
/** What is not louder than this can't be seen. */
const STEP = 50;

type Meter = ReturnType<Sound['meter']> & { readonly track: MediaStreamTrack };

const rounded = (level: number): number => Math.round(level * STEP) / STEP;

/** Looks after a call until told to stop: levels, quality, the audio path. */
export const startWatch = (parts: WatchParts): Watch => {
  const { sound, state } = parts;
  let warnings = NO_WARNINGS;
  let path = PATH_FINE;
  let lost = false;
  let microphone: Meter | undefined;
  let speaker: Meter | undefined;
  let turn = 0;

  const meter = (former: Meter | undefined, track: MediaStreamTrack | undefined): Meter | undefined => {
    if (former?.track === track) return former;
    former?.stop();
    return track ? { ...sound.meter(track), track } : undefined;
  };

  const readLevels = (): void => {
    const media = parts.media();
    if (document.hidden || !media) return;
    microphone = meter(microphone, media.microphone);
    speaker = meter(speaker, media.speaker);
    const levels = {
      microphone: rounded(microphone?.read() ?? 0),
      speaker: rounded(speaker?.read() ?? 0),
    };
    const before = state().levels;
    if (levels.microphone !== before.microphone || levels.speaker !== before.speaker) parts.levels(levels);
  };

  const readStats = async (connection: RTCPeerConnection): Promise<void> => {
    const stats: Record<string, unknown>[] = [];
    for (const entry of (await connection.getStats()).values()) stats.push(entry as Record<string, unknown>);
    const { phase, muted, listenOnly, heldByOther, hearTest } = state();
    if (phase !== 'talking' && phase !== 'reconnecting') return;
    const testing = hearTest?.phase === 'recording' || hearTest?.phase === 'playing';
    const known = warnings.samples.at(-1);
    const at = Date.now();
    warnings = watchWarnings(warnings, readingOf(stats, at), {
      hearing: !heldByOther,
      speaking: !muted && !listenOnly && !testing,
    });
    const sample = warnings.samples.at(-1);
    if (!sample || sample === known) return;
    parts.quality(warnings.quality);
    parts.reporter?.add(sample, warnings.quality.warnings);
    const outward = outwardOf(stats);
    if (outward.codec === 'audio/opus')
      parts.heard({ received: lossOf(sample), sent: outward.lossPercent, at });
  };

  const readPath = (connection: RTCPeerConnection): void => {
    const step = watchPath(path, connection.connectionState, parts.reachable(), Date.now(), LIMITS);
    path = step.watch;
    if (step.lost !== lost) {
      lost = step.lost;
      parts.lost(lost);
    }
    if (step.action === 'restart') parts.restart();
    if (step.action === 'give-up') parts.giveUp();
  };

  const look = (): void => {
    const connection = parts.media()?.peer.connection;
    if (!connection || !parts.answered()) return;
    turn += 1;
    readPath(connection);
    if (turn % STATS_EVERY === 0) void readStats(connection).catch(() => undefined);
  };

  const levels = setInterval(readLevels, LEVELS_MS);
  const turns = setInterval(look, PATH_MS);
  return {
    stop: () => {
      clearInterval(levels);
      clearInterval(turns);
      microphone?.stop();
      speaker?.stop();
    },
  };
};
