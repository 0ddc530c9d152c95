import { FailureError } from '../base/errors.ts';
import { ulid } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { createLeg, type Home, noStats, type OwnedLeg } from './leg.ts';
import { openWire, type WirePlace } from './open-wire.ts';
import { type SessionEvent, sharedNow } from './rtp/messages.ts';
import type { LegOptions, LegStats, MediaEvents, MediaLeg, MediaSession, SessionSummary } from './types.ts';
import type { WireEvents } from './wire.ts';

export type SessionParts = WirePlace & { readonly id: string; readonly logger?: Logger | undefined };

type Listeners = { readonly [E in keyof MediaEvents]: Set<MediaEvents[E]> };

/** Legs as their owners know them; a session is given them by their face. */
const owned = new WeakMap<MediaLeg, OwnedLeg>();

/** @param closed called once, when everything of the session is gone */
export const createSession = (parts: SessionParts, closed: () => void): MediaSession => {
  const { edge, pool } = parts;
  /** The edge's name for the session: call ids come from outside and may repeat. */
  const session = ulid();
  const legs = new Map<string, OwnedLeg>();
  /** Legs that were opened here and live, wherever they are now. */
  const opened = new Map<string, OwnedLeg>();
  /** Where legs went that other sessions adopted. */
  const heirs = new Map<string, Home>();
  /** Final statistics of legs that are closed. */
  const finished = new Map<string, LegStats>();
  const opening = new Set<Promise<unknown>>();
  const listeners: Listeners = {
    dtmf: new Set(),
    lost: new Set(),
    quiet: new Set(),
    moved: new Set(),
    unplayable: new Set(),
    recordingFailed: new Set(),
  };
  let closing: Promise<SessionSummary> | undefined;

  const emit = <E extends keyof MediaEvents>(event: E, ...details: Parameters<MediaEvents[E]>): void => {
    for (const listener of listeners[event])
      (listener as (...details: Parameters<MediaEvents[E]>) => void)(...details);
  };

  const skipped = (leg: MediaLeg, reason: string): void => {
    parts.logger?.warn({ call: parts.id, leg: leg.label, reason }, 'left out of what was to be played');
    emit('unplayable', leg, reason);
  };

  const hear = (event: SessionEvent): void => {
    if (event.type === 'recordingFailed') {
      emit('recordingFailed', new FailureError(event.message));
      return;
    }
    const leg = legs.get(event.leg);
    if (leg === undefined) {
      // Told before the edge had moved the leg.
      heirs.get(event.leg)?.hear(event);
      return;
    }
    if (event.type === 'timeout') emit('lost', leg);
    else if (event.type === 'quiet') emit('quiet', leg, event.quiet);
    else if (event.type === 'ssrc') leg.heard(event.ssrc);
    else if (event.type === 'unplayable') skipped(leg, event.reason);
    else emit('dtmf', leg, event.digit, event.durationMs, event.way);
  };

  const edgeDied = (): void => {
    if (closing !== undefined) return;
    for (const leg of [...legs.values()]) emit('lost', leg, 'The RTP edge thread died');
  };

  edge.attend(session, hear, edgeDied);

  const wireEvents = (id: string): WireEvents => {
    const withLeg = (use: (leg: OwnedLeg) => void): void => {
      const leg = opened.get(id);
      if (leg !== undefined && !leg.home.closing) use(leg);
    };
    return {
      moved: () => withLeg((leg) => leg.home.emit('moved', leg)),
      lost: (reason) => withLeg((leg) => leg.home.emit('lost', leg, reason)),
      measured: (rttMs, lost = 0) =>
        withLeg((leg) => edge.tell('measured', { session: leg.home.session, leg: id, rttMs, lost })),
    };
  };

  const home: Home = {
    session,
    edge,
    get closing() {
      return closing !== undefined;
    },
    emit,
    hear,
    admit(leg) {
      legs.set(leg.id, leg);
      // It may come back.
      heirs.delete(leg.id);
    },
    release(leg, heir) {
      legs.delete(leg.id);
      heirs.set(leg.id, heir);
    },
    remember(leg, stats) {
      finished.set(leg.id, stats);
    },
    ended(leg, stats) {
      legs.delete(leg.id);
      finished.set(leg.id, stats);
    },
  };

  /** What must be over before the session may end. */
  const holdOpen = (work: Promise<unknown>): void => {
    const settled = work.catch(() => {}).finally(() => opening.delete(settled));
    opening.add(settled);
  };

  const open = async (options: LegOptions): Promise<MediaLeg> => {
    const id = ulid();
    const { wire, ports } = await openWire(parts, { session, id, options, events: wireEvents(id) });
    const leg = createLeg({ id, label: options.label, wire, home }, () => {
      opened.delete(id);
      for (const port of ports) pool.release(port, performance.now());
    });
    opened.set(id, leg);
    legs.set(id, leg);
    owned.set(leg, leg);
    return leg;
  };

  const finish = async (at: number): Promise<SessionSummary> => {
    // A leg that is just being opened must not outlive its session in the edge.
    await Promise.allSettled(opening);
    const ended = await edge.request('closeSession', { session, at }).catch(() => undefined);
    const stats = new Map(ended?.legs ?? []);
    for (const [id, leg] of [...legs]) {
      const final = stats.get(id);
      if (final === undefined && edge.alive) await leg.close();
      else leg.ended(final ?? noStats);
    }
    edge.forget(session);
    closed();
    return { legs: finished, recording: ended?.recording };
  };

  return {
    id: parts.id,
    on(event, listener) {
      listeners[event].add(listener);
    },
    async addLeg(options) {
      if (closing !== undefined) throw new FailureError('The media session is closed');
      const leg = open(options);
      holdOpen(leg);
      return leg;
    },
    bridge(a, b) {
      edge.tell('connect', {
        session,
        alone: [a.id, b.id],
        hearing: [
          [a.id, [b.id]],
          [b.id, [a.id]],
        ],
      });
    },
    connect(hearing) {
      edge.tell('connect', {
        session,
        hearing: hearing.map(([listener, speakers]) => [listener.id, speakers.map(({ id }) => id)]),
      });
    },
    async adopt(leg) {
      const known = owned.get(leg);
      if (known === undefined) throw new FailureError('The leg is of another engine');
      const move = known.move(home);
      holdOpen(move);
      await move;
    },
    watch(...watched) {
      edge.tell('watch', { session, legs: watched.map(({ id }) => id) });
    },
    record({ path, left, right }) {
      const others = [right].flat().map(({ id }) => id);
      edge.tell('record', { session, path, left: left.id, right: others, at: sharedNow() });
    },
    pauseRecording(paused) {
      if (closing === undefined) edge.tell('pauseRecording', { session, paused });
    },
    endRecording() {
      if (closing === undefined) edge.tell('endRecording', { session, at: sharedNow() });
    },
    close() {
      closing ??= finish(sharedNow());
      return closing;
    },
  };
};
