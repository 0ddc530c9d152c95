import type { EdgeThread } from './rtp/edge-thread.ts';
import type { LegMedia } from './rtp/messages.ts';
import type { LegStats, MediaLeg } from './types.ts';
import type { Wire } from './wire.ts';

const PTIME_MS = 20;
const DIGIT_MS = 100;

export type LegParts = {
  readonly id: string;
  /** The edge's name for its session. */
  readonly session: string;
  readonly label: string;
  readonly wire: Wire;
  readonly edge: EdgeThread;
};

/** A leg, and what its session must do with it beyond the leg's own face. */
export type OwnedLeg = MediaLeg & {
  /** The session ended the leg in the edge. */
  ended(stats: LegStats): void;
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

/** @param closed called once, when the leg's ports are free again */
export const createLeg = (parts: LegParts, closed: (stats: LegStats) => void): OwnedLeg => {
  const { id, session, wire, edge } = parts;
  const on = { session, leg: id };
  let held = false;
  let closing: Promise<LegStats> | undefined;

  const configure = async (media: LegMedia): Promise<void> => {
    held = media.held;
    await edge.request('configure', { ...on, media });
  };

  const finish = async (): Promise<LegStats> => {
    const stats = await edge.request('closeLeg', on).catch(() => noStats);
    wire.close();
    closed(stats);
    return stats;
  };

  return {
    id,
    label: parts.label,
    createOffer: wire.createOffer,
    acceptAnswer: async (sdp) => configure(await wire.acceptAnswer(sdp)),
    async acceptOffer(sdp) {
      const { media, answer } = await wire.acceptOffer(sdp);
      await configure(media);
      return answer;
    },
    get localSdp() {
      return wire.localSdp;
    },
    get held() {
      return held;
    },
    get security() {
      return wire.security;
    },
    get transport() {
      return wire.transport;
    },
    async play(what) {
      if (closing !== undefined) return;
      try {
        await edge.request('play', { ...on, what });
      } catch (error) {
        // A thread that died has stopped playing, too; its session tells of it.
        if (edge.alive && closing === undefined) throw error;
      }
    },
    stopPlaying() {
      if (closing === undefined) edge.tell('stopPlaying', on);
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
      closed(stats);
    },
  };
};
