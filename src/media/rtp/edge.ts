import { errorMessage, FailureError } from '../../base/errors.ts';
import type { LegStats, RecordingResult } from '../types.ts';
import { type EdgeLeg, openLeg } from './leg.ts';
import {
  type EdgeSettings,
  type Input,
  type Output,
  type RequestType,
  type SessionEvent,
  sharedNow,
} from './messages.ts';
import { createPacer } from './pacer.ts';
import { startTape, type Tape } from './tape.ts';

/** How often timers are looked at. */
const TICK_MS = 50;

/** A moment of the shared clock by this thread's own; one that is still to come is now. */
const onThisClock = (at: number): number => performance.now() - Math.max(0, sharedNow() - at);

type EdgeSession = { readonly legs: Map<string, EdgeLeg>; tape: Tape | undefined };

/** What an edge thread does when asked. Everything but sockets and files happens at once. */
export type Edge = { readonly [T in RequestType]: (input: Input<T>) => Output<T> | Promise<Output<T>> };

/** The sessions of one thread. @param tell where events go */
export const createEdge = (
  settings: EdgeSettings,
  tell: (session: string, event: SessionEvent) => void,
): Edge => {
  const sessions = new Map<string, EdgeSession>();
  const pacer = createPacer();
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
  };

  const sessionOf = (id: string): EdgeSession => {
    const known = sessions.get(id);
    if (known !== undefined) return known;
    const session: EdgeSession = { legs: new Map(), tape: undefined };
    sessions.set(id, session);
    timer ??= setInterval(tick, TICK_MS);
    return session;
  };

  const legOf = (session: string, id: string): EdgeLeg => {
    const leg = sessions.get(session)?.legs.get(id);
    if (leg === undefined) throw new FailureError('The leg is closed');
    return leg;
  };

  const separate = (legs: Map<string, EdgeLeg>, ...these: readonly EdgeLeg[]): void => {
    for (const leg of legs.values()) {
      if (these.includes(leg) || (leg.peer !== undefined && these.includes(leg.peer))) leg.peer = undefined;
    }
  };

  const endLeg = (session: EdgeSession, leg: EdgeLeg): LegStats => {
    separate(session.legs, leg);
    session.legs.delete(leg.id);
    forwardedBefore += leg.forwarded;
    strangersBefore += leg.strangers;
    return leg.close(performance.now());
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
        pressed: (digit, durationMs) => tell(session, { type: 'dtmf', leg: id, digit, durationMs }),
        silent: () => tell(session, { type: 'timeout', leg: id }),
      });
      if (leg === undefined) return undefined;
      sessionOf(session).legs.set(id, leg);
      return leg.ssrc;
    },
    configure({ session, leg, media }) {
      legOf(session, leg).configure(media, performance.now());
    },
    connect({ session, hearing }) {
      const legs = sessions.get(session)?.legs;
      if (legs === undefined) return;
      const listeners = hearing.flatMap(([id]) => legs.get(id) ?? []);
      separate(legs, ...listeners);
      for (const [listener, speakers] of hearing) {
        const speaker = legs.get(speakers[0] ?? '');
        if (speaker !== undefined) speaker.peer = legs.get(listener);
      }
    },
    measured() {},
    watch({ session, legs }) {
      const now = performance.now();
      for (const id of legs) sessions.get(session)?.legs.get(id)?.watch(now);
    },
    async record({ session: id, path, left, right, at }) {
      const session = sessions.get(id);
      if (session === undefined) return;
      try {
        const [first, second] = [legOf(id, left), legOf(id, right)];
        if (session.tape?.path !== path) {
          const before = session.tape;
          const failed = (error: unknown): void =>
            tell(id, { type: 'recordingFailed', message: errorMessage(error) });
          session.tape = undefined;
          session.tape = startTape(path, onThisClock(at), failed);
          recordings += 1;
          session.tape.listen(first, second);
          if (before !== undefined) await endTape(before, onThisClock(at));
          return;
        }
        session.tape.listen(first, second);
      } catch (error) {
        tell(id, { type: 'recordingFailed', message: errorMessage(error) });
      }
    },
    async play({ session, leg, what }) {
      await legOf(session, leg).voice.play(what);
    },
    stopPlaying({ session, leg }) {
      sessions.get(session)?.legs.get(leg)?.voice.stop();
    },
    async sendDigits({ session, leg: id, digits, durationMs }) {
      const leg = legOf(session, id);
      if (!leg.canSendDigits) throw new FailureError('The peer takes no telephone-event digits');
      await leg.voice.sendDigits(digits, durationMs);
    },
    closeLeg({ session, leg: id }) {
      const leg = legOf(session, id);
      return endLeg(sessionOf(session), leg);
    },
    async closeSession({ session: id, at }) {
      const session = sessions.get(id);
      if (session === undefined) return { legs: [], recording: undefined };
      const ended = onThisClock(at);
      const legs = [...session.legs.values()].map((leg) => [leg.id, endLeg(session, leg)] as const);
      forget(id);
      return { legs, recording: session.tape && (await endTape(session.tape, ended)) };
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
      return { legs, socketsOpen: legs * 2, recordings, packetsForwarded, strangerPackets };
    },
  };
};
