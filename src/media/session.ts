import { isIPv6 } from 'node:net';
import { FailureError } from '../base/errors.ts';
import { ulid } from '../base/ids.ts';
import { createLeg, noStats, type OwnedLeg } from './leg.ts';
import { createPlainWire } from './plain-wire.ts';
import type { EdgeThread } from './rtp/edge-thread.ts';
import { type SessionEvent, sharedNow } from './rtp/messages.ts';
import type { PortPool } from './rtp/ports.ts';
import type { LegOptions, LegStats, MediaEvents, MediaLeg, MediaSession, SessionSummary } from './types.ts';
import type { Encryption } from './webrtc/types.ts';
import type { Wire, WireEvents } from './wire.ts';

export type SessionParts = {
  readonly id: string;
  readonly edge: EdgeThread;
  readonly pool: PortPool;
  readonly boundAddress: string;
  readonly publicAddress: string;
  /** The configured range, for the error message. */
  readonly ports: { readonly from: number; readonly to: number };
  /** Undefined: no leg can be encrypted. */
  readonly encryption?: Encryption | undefined;
};

type Listeners = { readonly [E in keyof MediaEvents]: Set<MediaEvents[E]> };

/** Where the edge meets mediasoup. */
const LOOPBACK = '127.0.0.1';

/** Where a leg binds: where the engine does, unless the address that its peer is told is of the other IP family. */
const bindAddress = (engine: string, advertised: string | undefined): string => {
  if (advertised === undefined || isIPv6(advertised) === isIPv6(engine)) return engine;
  if (advertised === '::1' || advertised === '127.0.0.1') return advertised;
  return isIPv6(advertised) ? '::' : '0.0.0.0';
};

/** @param closed called once, when everything of the session is gone */
export const createSession = (parts: SessionParts, closed: () => void): MediaSession => {
  const { edge, pool } = parts;
  /** The edge's name for the session: call ids come from outside and may repeat. */
  const session = ulid();
  const legs = new Map<string, OwnedLeg>();
  /** Final statistics of legs that are closed. */
  const finished = new Map<string, LegStats>();
  const opening = new Set<Promise<unknown>>();
  const listeners: Listeners = {
    dtmf: new Set(),
    timeout: new Set(),
    moved: new Set(),
    recordingFailed: new Set(),
  };
  let closing: Promise<SessionSummary> | undefined;

  const emit = <E extends keyof MediaEvents>(event: E, ...details: Parameters<MediaEvents[E]>): void => {
    for (const listener of listeners[event])
      (listener as (...details: Parameters<MediaEvents[E]>) => void)(...details);
  };

  const hear = (event: SessionEvent): void => {
    if (event.type === 'recordingFailed') {
      emit('recordingFailed', new FailureError(event.message));
      return;
    }
    const leg = legs.get(event.leg);
    if (leg === undefined) return;
    if (event.type === 'timeout') emit('timeout', leg);
    else emit('dtmf', leg, event.digit, event.durationMs);
  };

  const edgeDied = (): void => {
    if (closing !== undefined) return;
    for (const leg of [...legs.values()]) emit('timeout', leg);
  };

  edge.attend(session, hear, edgeDied);

  const takePort = (): number => {
    const port = pool.take(performance.now());
    if (port !== undefined) return port;
    const { from, to } = parts.ports;
    throw new FailureError(`All RTP ports from ${from} to ${to} are in use; widen media.rtpPorts`);
  };

  /** Binds a free port, passing over those that other programs hold. */
  const bind = async (
    id: string,
    options: LegOptions,
    address: string,
  ): Promise<{ port: number; ssrc: number }> => {
    const { label, nat } = options;
    for (;;) {
      const port = takePort();
      const input = { session, leg: id, label, nat, address, port };
      const ssrc = await edge.request('openLeg', input).catch((error: unknown) => {
        pool.release(port, performance.now());
        throw error;
      });
      if (ssrc !== undefined) return { port, ssrc };
      pool.release(port, performance.now());
    }
  };

  /** Opens what a leg's packets travel as, with the edge's end of it. */
  const openWire = async (
    id: string,
    options: LegOptions,
  ): Promise<{ readonly wire: Wire; readonly port: number }> => {
    const { codecs } = options;
    const type = options.wire?.type ?? 'rtp';
    const publicAddress = options.advertisedAddress ?? parts.publicAddress;
    if (type === 'rtp') {
      const boundAddress = bindAddress(parts.boundAddress, options.advertisedAddress);
      const { port } = await bind(id, options, boundAddress);
      return { wire: createPlainWire({ codecs, port, boundAddress, publicAddress }), port };
    }
    const { encryption } = parts;
    if (encryption === undefined || type !== 'webrtc')
      throw new FailureError("The leg can't be encrypted: no mediasoup worker runs");
    const { port, ssrc } = await bind(id, options, LOOPBACK);
    const edgeEnd = { address: LOOPBACK, port, ssrc };
    const events = wireEvents(id);
    return { wire: await encryption.browserWire({ codecs, edge: edgeEnd, publicAddress, events }), port };
  };

  const wireEvents = (id: string): WireEvents => {
    const withLeg = (use: (leg: OwnedLeg) => void): void => {
      const leg = legs.get(id);
      if (leg !== undefined && closing === undefined) use(leg);
    };
    return {
      moved: () => withLeg((leg) => emit('moved', leg)),
      lost: () => withLeg((leg) => emit('timeout', leg)),
      measured: (rttMs) => withLeg(() => edge.tell('measured', { session, leg: id, rttMs })),
    };
  };

  const open = async (options: LegOptions): Promise<MediaLeg> => {
    const id = ulid();
    const { wire, port } = await openWire(id, options);
    const leg = createLeg({ id, session, label: options.label, wire, edge }, (stats) => {
      legs.delete(id);
      finished.set(id, stats);
      pool.release(port, performance.now());
    });
    legs.set(id, leg);
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
      const settled = leg.catch(() => {}).finally(() => opening.delete(settled));
      opening.add(settled);
      return leg;
    },
    bridge(a, b) {
      edge.tell('connect', {
        session,
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
    async adopt() {
      throw new FailureError('not built');
    },
    watch(...watched) {
      edge.tell('watch', { session, legs: watched.map(({ id }) => id) });
    },
    record({ path, left, right }) {
      edge.tell('record', { session, path, left: left.id, right: right.id, at: sharedNow() });
    },
    close() {
      closing ??= finish(sharedNow());
      return closing;
    },
  };
};
