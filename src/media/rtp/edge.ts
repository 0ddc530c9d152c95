import { errorMessage, FailureError } from '../../base/errors.ts';
import type { LegStats, RecordingResult } from '../types.ts';
import { hear, part } from './hearing.ts';
import { type EdgeLeg, openLeg } from './leg.ts';
import {
  type EdgeSettings,
  type Input,
  type Output,
  type RequestType,
  type SessionEvent,
  sharedNow,
} from './messages.ts';
import { createMessages } from './messages-in-progress.ts';
import { createPacer } from './pacer.ts';
import { openRelay, type Relay } from './relay.ts';
import { startTape, type Tape } from './tape.ts';

/** How often timers are looked at. */
const TICK_MS = 50;

/** A moment of the shared clock by this thread's own; one that is still to come is now. */
const onThisClock = (at: number): number => performance.now() - Math.max(0, sharedNow() - at);

type EdgeSession = { readonly legs: Map<string, EdgeLeg>; tape: Tape | undefined; paused: boolean };

/** What an edge thread does when asked. Everything but sockets and files happens at once. */
export type Edge = { readonly [T in RequestType]: (input: Input<T>) => Output<T> | Promise<Output<T>> };

/** The sessions of one thread. @param tell where events go */
export const createEdge = (
  settings: EdgeSettings,
  tell: (session: string, event: SessionEvent) => void,
): Edge => {
  const sessions = new Map<string, EdgeSession>();
  /** Which session each leg is in now. */
  const owners = new Map<string, string>();
  /** What stands before the legs whose peers speak SRTP, by leg. */
  const relays = new Map<string, Relay>();
  const pacer = createPacer();
  const messages = createMessages();
  let legsMade = 0;
  let recordings = 0;
  /** Of legs that are closed. */
  let forwardedBefore = 0;
  let strangersBefore = 0;
  let timer: NodeJS.Timeout | undefined;

  const tick = (): void => {
    const now = performance.now();
    for (const session of sessions.values()) {
      for (const leg of session.legs.values()) leg.tick(now);
      session.tape?.tick(now);
    }
    messages.tick(now);
  };

  const sessionOf = (id: string): EdgeSession => {
    const known = sessions.get(id);
    if (known !== undefined) return known;
    const session: EdgeSession = { legs: new Map(), tape: undefined, paused: false };
    sessions.set(id, session);
    timer ??= setInterval(tick, TICK_MS);
    return session;
  };

  const legOf = (session: string, id: string): EdgeLeg => {
    const leg = sessions.get(session)?.legs.get(id);
    if (leg === undefined) throw new FailureError('The leg is closed');
    return leg;
  };

  const legsOf = (session: string, ids: readonly string[]): EdgeLeg[] =>
    ids.flatMap((id) => sessions.get(session)?.legs.get(id) ?? []);

  /** Takes a leg out of its session: nobody there hears it, nothing there records it. */
  const takeOut = (session: EdgeSession, leg: EdgeLeg): void => {
    part(leg);
    session.tape?.leave(leg);
    session.legs.delete(leg.id);
  };

  const endLeg = (session: EdgeSession, leg: EdgeLeg): LegStats => {
    takeOut(session, leg);
    forwardedBefore += leg.forwarded;
    strangersBefore += leg.strangers;
    // A key that is being pressed is told of as it closes.
    const stats = withRelay(leg.id, leg.close(performance.now()));
    owners.delete(leg.id);
    const relay = relays.get(leg.id);
    strangersBefore += relay?.strangers ?? 0;
    relay?.close();
    relays.delete(leg.id);
    return stats;
  };

  /** The leg's peer and strangers meet its relay, where it has one. */
  const withRelay = (leg: string, stats: LegStats): LegStats => {
    const relay = relays.get(leg);
    if (relay === undefined) return stats;
    return {
      ...stats,
      strangerPackets: stats.strangerPackets + relay.strangers,
      malformedPackets: stats.malformedPackets + relay.malformed,
    };
  };

  const tellOwner = (leg: string, event: SessionEvent): void => {
    const session = owners.get(leg);
    if (session !== undefined) tell(session, event);
  };

  const endTape = async (tape: Tape, at: number): Promise<RecordingResult | undefined> => {
    const result = await tape.close(at);
    recordings -= 1;
    return result;
  };

  const forget = (id: string): void => {
    sessions.delete(id);
    if (sessions.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  const liveLegs = function* (): Generator<EdgeLeg> {
    for (const session of sessions.values()) yield* session.legs.values();
  };

  return {
    async openLeg({ session, leg: id, nat, address, port }) {
      legsMade += 1;
      const leg = await openLeg({
        id,
        number: legsMade,
        nat,
        address,
        port,
        timeoutMs: settings.timeoutMs,
        pacer,
        pressed: (digit, durationMs, way) => tellOwner(id, { type: 'dtmf', leg: id, digit, durationMs, way }),
        silent: () => tellOwner(id, { type: 'timeout', leg: id }),
        quiet: (quiet) => tellOwner(id, { type: 'quiet', leg: id, quiet }),
      });
      if (leg === undefined) return undefined;
      owners.set(id, session);
      sessionOf(session).legs.set(id, leg);
      return leg.ssrc;
    },
    async openRelay({ leg, nat, address, port }) {
      const heard = (ssrc: number): void => tellOwner(leg, { type: 'ssrc', leg, ssrc });
      const relay = await openRelay({ nat, address, port, heard });
      if (relay === undefined) return undefined;
      if (!owners.has(leg)) {
        relay.close();
        throw new FailureError('The leg is closed');
      }
      relays.set(leg, relay);
      return relay.inner;
    },
    aimRelay({ leg, ...aim }) {
      relays.get(leg)?.aim(aim);
    },
    configure({ session, leg, media }) {
      legOf(session, leg).configure(media, performance.now());
    },
    expectOpus({ session, leg }) {
      sessions.get(session)?.legs.get(leg)?.expectOpus();
    },
    connect({ session, hearing, alone = [] }) {
      for (const leg of legsOf(session, alone)) part(leg);
      for (const [id, speakers] of hearing) {
        for (const listener of legsOf(session, [id])) hear(listener, legsOf(session, speakers));
      }
    },
    adopt({ session, from, leg: id }) {
      const leg = legOf(from, id);
      takeOut(sessionOf(from), leg);
      owners.set(id, session);
      sessionOf(session).legs.set(id, leg);
      return withRelay(id, leg.stats(performance.now()));
    },
    measured({ session, leg, rttMs, lost = 0 }) {
      sessions.get(session)?.legs.get(leg)?.measured(rttMs, lost);
    },
    watch({ session, legs }) {
      const now = performance.now();
      for (const id of legs) sessions.get(session)?.legs.get(id)?.watch(now);
    },
    async record({ session: id, path, left, right, at }) {
      const session = sessions.get(id);
      if (session === undefined) return;
      try {
        const first = [legOf(id, left)];
        // One of several may just have left.
        const others = legsOf(id, right);
        if (others.length === 0 && right.length > 0) throw new FailureError('The leg is closed');
        if (session.tape?.path !== path) {
          const before = session.tape;
          const failed = (error: unknown): void =>
            tell(id, { type: 'recordingFailed', message: errorMessage(error) });
          session.tape = undefined;
          const ended = before && endTape(before, onThisClock(at));
          session.tape = startTape(path, onThisClock(at), failed);
          session.tape.pause(session.paused);
          recordings += 1;
          session.tape.listen(first, others);
          await ended;
          return;
        }
        session.tape.listen(first, others);
      } catch (error) {
        tell(id, { type: 'recordingFailed', message: errorMessage(error) });
      }
    },
    pauseRecording({ session: id, paused }) {
      const session = sessionOf(id);
      session.paused = paused;
      session.tape?.pause(paused);
    },
    endRecording({ session, at }) {
      void sessions.get(session)?.tape?.close(onThisClock(at));
    },
    play({ session, leg, what }) {
      const unplayable = (reason: string): void => tellOwner(leg, { type: 'unplayable', leg, reason });
      return legOf(session, leg).voice.play(what, unplayable);
    },
    stopPlaying({ session, leg }) {
      sessions.get(session)?.legs.get(leg)?.voice.stop();
    },
    holdDigits({ session, leg, on }) {
      sessions.get(session)?.legs.get(leg)?.ears.holdDigits(on);
    },
    listenForTones({ session, leg, on }) {
      sessions.get(session)?.legs.get(leg)?.ears.listenForTones(on);
    },
    recordMessage({ session, leg, at, ...options }) {
      return messages.start(legOf(session, leg), options, onThisClock(at));
    },
    async stopMessage({ leg }) {
      await messages.end(leg, performance.now(), 'stopped');
    },
    async sendDigits({ session, leg: id, digits, durationMs }) {
      const leg = legOf(session, id);
      if (!leg.canSendDigits) throw new FailureError('The peer takes no telephone-event digits');
      await leg.voice.sendDigits(digits, durationMs);
    },
    async closeLeg({ session, leg: id }) {
      const leg = legOf(session, id);
      const message = messages.end(id, performance.now(), 'closed');
      const stats = endLeg(sessionOf(session), leg);
      await message;
      return stats;
    },
    async closeSession({ session: id, at }) {
      const session = sessions.get(id);
      if (session === undefined) return { legs: [], recording: undefined };
      const ended = onThisClock(at);
      const left = [...session.legs.values()].map((leg) => messages.end(leg.id, ended, 'closed'));
      const legs = [...session.legs.values()].map((leg) => [leg.id, endLeg(session, leg)] as const);
      forget(id);
      const recording = session.tape && (await endTape(session.tape, ended));
      await Promise.all(left);
      return { legs, recording };
    },
    counts() {
      let legs = 0;
      let packetsForwarded = forwardedBefore;
      let strangerPackets = strangersBefore;
      for (const leg of liveLegs()) {
        legs += 1;
        packetsForwarded += leg.forwarded;
        strangerPackets += leg.strangers;
      }
      for (const relay of relays.values()) strangerPackets += relay.strangers;
      const socketsOpen = legs * 2 + relays.size * 4;
      return { legs, socketsOpen, recordings, packetsForwarded, strangerPackets };
    },
  };
};
