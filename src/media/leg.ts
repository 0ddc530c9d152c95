import { randomInt } from 'node:crypto';
import {
  type AudioDescription,
  type LocalAudio,
  type NegotiatedAudio,
  negotiateAnswer,
  negotiateOffer,
  parseSdp,
  writeAnswer,
  writeOffer,
} from '../sdp/index.ts';
import { toLegMedia } from './leg-media.ts';
import type { EdgeThread } from './rtp/edge-thread.ts';
import type { LegOptions, LegStats, MediaLeg } from './types.ts';

/** Payload type that we offer for telephone-event, by custom. */
const TELEPHONE_EVENT = 101;
const PTIME_MS = 20;
const DIGIT_MS = 100;

export type LegParts = {
  readonly id: string;
  readonly session: string;
  readonly options: LegOptions;
  /** RTP port that the edge has bound for the leg. */
  readonly port: number;
  readonly boundAddress: string;
  readonly publicAddress: string;
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
};

/** @param closed called once, when the leg's ports are free again */
export const createLeg = (parts: LegParts, closed: (stats: LegStats) => void): OwnedLeg => {
  const { id, session, options, port, edge } = parts;
  const on = { session, leg: id };
  const originId = String(randomInt(1, 2 ** 47));
  let version = 1;
  let localSdp: string | undefined;
  let agreed: NegotiatedAudio | undefined;
  let held = false;
  let closing: Promise<LegStats> | undefined;

  const local = (): LocalAudio => ({
    address: parts.publicAddress,
    port,
    codecs: options.codecs,
    // A payload type keeps its meaning for the session's life (RFC 3264 8.3.2).
    telephoneEvent: agreed?.telephoneEvent?.receive ?? TELEPHONE_EVENT,
    ptime: agreed?.ptime ?? PTIME_MS,
    origin: { id: originId, version },
  });

  /** Writes a description, under a higher version when it says something new (RFC 3264 8). */
  const publish = (write: (local: LocalAudio) => string): string => {
    let text = write(local());
    if (localSdp !== undefined && text !== localSdp) {
      version += 1;
      text = write(local());
    }
    localSdp = text;
    return text;
  };

  const agree = async (
    description: AudioDescription,
    next: NegotiatedAudio,
    write: () => void,
  ): Promise<void> => {
    const media = toLegMedia(next, description, parts.boundAddress);
    agreed = next;
    held = media.held;
    write();
    await edge.request('configure', { ...on, media });
  };

  const finish = async (): Promise<LegStats> => {
    const stats = await edge.request('closeLeg', on).catch(() => noStats);
    closed(stats);
    return stats;
  };

  return {
    id,
    label: options.label,
    createOffer: () => publish(writeOffer),
    async acceptAnswer(sdp) {
      const answer = parseSdp(sdp);
      await agree(answer, negotiateOffer(local(), answer), () => {});
    },
    async acceptOffer(sdp) {
      const offer = parseSdp(sdp);
      const next = negotiateAnswer(local(), offer);
      let answer = '';
      await agree(offer, next, () => {
        answer = publish((ours) => writeAnswer(ours, offer, next));
      });
      return answer;
    },
    get localSdp() {
      return localSdp;
    },
    get held() {
      return held;
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
      closed(stats);
    },
  };
};
