import { FailureError } from '../base/errors.ts';
import type { EdgeThread } from './rtp/edge-thread.ts';
import { type LegMedia, type SessionEvent, sharedNow } from './rtp/messages.ts';
import type { LegStats, MediaLeg, MessageResult, Played } from './types.ts';
import type { Wire } from './wire.ts';

const PTIME_MS = 20;
const DIGIT_MS = 100;
const UNHEARD: Played = { ended: false, heardMs: 0 };

/** The session that a leg is in, as the leg sees it. */
export type Home = {
  /** The edge's name for it. */
  readonly session: string;
  readonly edge: EdgeThread;
  readonly closing: boolean;
  emit(event: 'moved' | 'lost', leg: MediaLeg, reason?: string): void;
  /** What the edge tells of one of its legs. */
  hear(event: SessionEvent): void;
  /** Takes in a leg that comes from elsewhere. */
  admit(leg: OwnedLeg): void;
  /** Lets a leg go; what is still told of it here is passed on to `heir`. */
  release(leg: OwnedLeg, heir: Home): void;
  /** What the leg was like before it went. */
  remember(leg: OwnedLeg, stats: LegStats): void;
  /** The leg has ended. */
  ended(leg: OwnedLeg, stats: LegStats): void;
};

export type LegParts = {
  readonly id: string;
  readonly label: string;
  readonly wire: Wire;
  readonly home: Home;
};

/** A leg, and what its session must do with it beyond the leg's own face. */
export type OwnedLeg = MediaLeg & {
  readonly home: Home;
  /** Its relay heard the peer under a new SSRC. */
  heard(ssrc: number): void;
  /** The session ended the leg in the edge. */
  ended(stats: LegStats): void;
  /**
   * Moves the leg to another session of the same thread.
   * @throws FailureError when that can't be
   */
  move(to: Home): Promise<void>;
};

/** Statistics of a leg whose thread died with them. */
export const noStats: LegStats = {
  codec: undefined,
  ptimeMs: PTIME_MS,
  packetsReceived: 0,
  bytesReceived: 0,
  packetsSent: 0,
  bytesSent: 0,
  packetsLost: 0,
  lossPercent: 0,
  jitterMs: 0,
  jitterMaxMs: 0,
  rttMs: undefined,
  mosAverage: undefined,
  mosMinimum: undefined,
  strangerPackets: 0,
  malformedPackets: 0,
  firstPacketAt: undefined,
  lastPacketAt: undefined,
  heldMs: 0,
  samples: [],
};

/** @param freed called once, when the leg's ports are free again */
export const createLeg = (parts: LegParts, freed: () => void): OwnedLeg => {
  const { id, wire } = parts;
  const { edge } = parts.home;
  let home = parts.home;
  let on = { session: home.session, leg: id };
  let held = false;
  let closing: Promise<LegStats> | undefined;

  const configure = async (media: LegMedia): Promise<void> => {
    held = media.held;
    await edge.request('configure', { ...on, media });
  };

  const finish = async (): Promise<LegStats> => {
    const stats = await edge.request('closeLeg', on).catch(() => noStats);
    wire.close();
    home.ended(leg, stats);
    freed();
    return stats;
  };

  const leg: OwnedLeg = {
    id,
    label: parts.label,
    createOffer: wire.createOffer,
    acceptAnswer: async (sdp) => configure(await wire.acceptAnswer(sdp)),
    async acceptOffer(sdp) {
      const { media, answer } = await wire.acceptOffer(sdp);
      await configure(media);
      return answer;
    },
    get home() {
      return home;
    },
    async move(to) {
      const from = home;
      if (to === from) return;
      if (closing !== undefined) throw new FailureError('The leg is closed');
      if (from.closing || to.closing) throw new FailureError('The media session is closed');
      if (from.edge !== to.edge) throw new FailureError("The leg's session lives in another thread");
      // At once, so that neither session's end takes the leg for the other's; the edge does all in this order.
      from.release(leg, to);
      to.admit(leg);
      home = to;
      on = { session: to.session, leg: id };
      from.remember(leg, await edge.request('adopt', { ...on, from: from.session }));
    },
    heard: (ssrc) => wire.heard?.(ssrc),
    get localSdp() {
      return wire.localSdp;
    },
    get held() {
      return held;
    },
    get mayTalkOpus() {
      return wire.mayTalkOpus ?? false;
    },
    preferOpus(wish) {
      const isNews = wire.preferOpus?.(wish) ?? false;
      if (isNews && wish && closing === undefined) edge.tell('expectOpus', on);
      return isNews;
    },
    get security() {
      return wire.security;
    },
    get transport() {
      return wire.transport;
    },
    async play(what) {
      if (closing !== undefined) return UNHEARD;
      try {
        return await edge.request('play', { ...on, what });
      } catch (error) {
        // A thread that died has stopped playing, too; its session tells of it.
        if (edge.alive && closing === undefined) throw error;
        return UNHEARD;
      }
    },
    stopPlaying() {
      if (closing === undefined) edge.tell('stopPlaying', on);
    },
    holdDigits(yes) {
      if (closing === undefined) edge.tell('holdDigits', { ...on, on: yes });
    },
    listenForTones(yes) {
      if (closing === undefined) edge.tell('listenForTones', { ...on, on: yes });
    },
    recordMessage(options) {
      const result =
        closing === undefined
          ? edge.request('recordMessage', { ...on, ...options, at: sharedNow() })
          : Promise.reject<MessageResult>(new FailureError('The leg is closed'));
      // Who only stops it need not hear of it.
      result.catch(() => undefined);
      return {
        result,
        stop() {
          if (closing === undefined) edge.tell('stopMessage', on);
        },
      };
    },
    async sendDigits(digits, durationMs = DIGIT_MS) {
      if (closing === undefined) await edge.request('sendDigits', { ...on, digits, durationMs });
    },
    close() {
      closing ??= finish();
      return closing;
    },
    ended(stats) {
      if (closing !== undefined) return;
      closing = Promise.resolve(stats);
      wire.close();
      home.ended(leg, stats);
      freed();
    },
  };
  return leg;
};
