import { PATH_FINE, type PathWatch, watchPath } from '../../call/path.ts';
import type { Sound } from '../../call/sound.ts';
import { outwardOf, readingOf } from '../../call/stats.ts';
import type { Call } from '../contract.ts';
import type { Api } from './api.ts';
import { addProblem, changeCall, clearProblems, openCalls, setLevels } from './changes.ts';
import type { PhoneConnection } from './connection.ts';
import type { Leg, Legs } from './legs.ts';
import { QUALITY_UNKNOWN, type QualityWatch, watchQuality } from './quality.ts';
import type { Store } from './store.ts';

export type WatchParts = {
  readonly store: Store;
  readonly legs: Legs;
  readonly sound: Sound;
  readonly api: Api;
  readonly connection: PhoneConnection;
  /** Whether agents are told that somebody listens. */
  supervisionVisible(): boolean;
  /** Every 2 s of a call. */
  ticked(): void;
};

type Meter = ReturnType<Sound['meter']> & { readonly track: MediaStreamTrack };

type Watched = {
  quality: QualityWatch;
  path: PathWatch;
  lost: boolean;
  microphone: Meter | undefined;
  speaker: Meter | undefined;
};

const LEVELS_MS = 100;
const PATH_MS = 1000;
/** In turns of a second. */
const QUALITY_EVERY = 2;
const CONTEXT_EVERY = 5;

/** Looks after the calls while there are any: levels, quality, the audio path, who listens. */
export const startWatch = (parts: WatchParts): void => {
  const { store, legs, sound, api, connection, supervisionVisible, ticked } = parts;
  const watched = new Map<string, Watched>();
  let levels: ReturnType<typeof setInterval> | undefined;
  let turns: ReturnType<typeof setInterval> | undefined;
  let turn = 0;

  const of = (key: string): Watched => {
    const known = watched.get(key);
    if (known) return known;
    const fresh: Watched = {
      quality: QUALITY_UNKNOWN,
      path: PATH_FINE,
      lost: false,
      microphone: undefined,
      speaker: undefined,
    };
    watched.set(key, fresh);
    return fresh;
  };

  const meter = (former: Meter | undefined, track: MediaStreamTrack | undefined): Meter | undefined => {
    if (former?.track === track) return former;
    former?.stop();
    return track ? { ...sound.meter(track), track } : undefined;
  };

  const readLevels = (): void => {
    if (document.hidden) return;
    for (const { key, phase } of openCalls(store.state)) {
      const media = legs.all.get(key)?.media;
      if (!media || (phase !== 'talking' && phase !== 'calling')) continue;
      const one = of(key);
      one.microphone = meter(one.microphone, media.microphone);
      one.speaker = meter(one.speaker, media.speaker);
      store.change(setLevels(key, one.microphone?.read() ?? 0, one.speaker?.read() ?? 0));
    }
  };

  const readQuality = async (leg: Leg, call: Call): Promise<void> => {
    const peer = leg.media?.peer.connection;
    if (!peer) return;
    const stats: Record<string, unknown>[] = [];
    for (const entry of (await peer.getStats()).values()) stats.push(entry as Record<string, unknown>);
    const one = of(leg.key);
    const at = Date.now();
    one.quality = watchQuality(one.quality, readingOf(stats, at), {
      hearing: !leg.held && !call.heldByOther,
      speaking: !leg.held && !leg.muted,
    });
    store.change(changeCall(leg.key, { quality: one.quality.quality }));
    const { codec, lossPercent: sent } = outwardOf(stats);
    const received = one.quality.quality.lossPercent;
    if (codec === 'audio/opus') leg.opus.hear({ received, sent, at }, leg.media?.peer.sender);
  };

  const readPath = (leg: Leg): void => {
    const peer = leg.media?.peer.connection;
    if (!peer) return;
    const one = of(leg.key);
    const step = watchPath(one.path, peer.connectionState, connection.ready, Date.now());
    one.path = step.watch;
    if (step.lost !== one.lost) {
      one.lost = step.lost;
      const any = [...watched.values()].some(({ lost }) => lost);
      store.change(any ? addProblem({ type: 'audio-lost' }) : clearProblems('audio-lost'));
    }
    if (step.action === 'restart') void legs.mend(leg);
    if (step.action === 'give-up') void legs.fail(leg, { by: 'gateway', text: '' });
  };

  const readContext = async ({ key, id }: Call): Promise<void> => {
    if (id === undefined) return;
    const reply = await api.context(id);
    if (reply.type === 'ok') store.change(changeCall(key, { context: reply.value }));
  };

  const look = (): void => {
    turn += 1;
    for (const call of openCalls(store.state)) {
      const leg = legs.all.get(call.key);
      if (!leg || call.answeredAt === undefined || call.phase === 'resuming') continue;
      readPath(leg);
      if (turn % QUALITY_EVERY === 0) void readQuality(leg, call).catch(() => undefined);
      const asks = call.context === undefined || (supervisionVisible() && !call.supervision);
      if (turn % CONTEXT_EVERY === 0 && asks) void readContext(call);
    }
    if (turn % QUALITY_EVERY === 0) ticked();
  };

  const forget = (): void => {
    for (const [key, one] of watched) {
      if (legs.all.has(key)) continue;
      one.microphone?.stop();
      one.speaker?.stop();
      watched.delete(key);
    }
    if (![...watched.values()].some(({ lost }) => lost)) store.change(clearProblems('audio-lost'));
  };

  store.subscribe(() => {
    const busy = openCalls(store.state).some(({ phase }) => phase !== 'ringing');
    forget();
    if (busy && turns === undefined) {
      levels = setInterval(readLevels, LEVELS_MS);
      turns = setInterval(look, PATH_MS);
    }
    if (!busy && turns !== undefined) {
      clearInterval(levels);
      clearInterval(turns);
      turns = undefined;
    }
  });
};
