import type { LegMedia } from './messages.ts';
import * as rtp from './packet.ts';
import { createPayloadTypes, type PayloadKind } from './payload-types.ts';
import type { PeerAddress } from './peer-address.ts';
import type { SilenceWatch } from './silence-watch.ts';
import type { Reception } from './statistics.ts';
import { createDigitDetector } from './telephone-event.ts';
import { createWideClock } from './wide-clock.ts';

/**
 * One accepted packet of the peer, its payload at `start` to `end`; `ssrc` is the one in its header. Timestamps go by 8 kHz, those of
 * Opus, too (`createWideClock`).
 */
export type Heard = (
  packet: Buffer,
  start: number,
  end: number,
  kind: PayloadKind,
  ssrc: number,
  now: number,
) => void;

type From = { readonly address: string; readonly port: number };

export type IncomingParts = {
  readonly address: PeerAddress;
  readonly reception: Reception;
  readonly silence: SilenceWatch;
  /** Takes a compound RTCP packet; false when it is malformed. */
  readonly report: (packet: Buffer) => boolean;
  readonly pressed: (digit: string, durationMs: number) => void;
  readonly heard: Heard;
};

/** What comes in on a leg's two sockets: sorted, counted, and what is good passed to `heard`. */
export type Incoming = {
  configure(media: LegMedia): void;
  receiveRtp(packet: Buffer, from: From): void;
  receiveRtcp(packet: Buffer, from: From): void;
  /** Ends keys whose end was lost. */
  expire(now: number): void;
  close(): void;
  readonly packets: number;
  readonly bytes: number;
  readonly strangers: number;
  readonly malformed: number;
  /** Monotonic milliseconds. */
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
  /** The peer talked Opus last. */
  readonly opus: boolean;
};

export const createIncoming = (parts: IncomingParts): Incoming => {
  const { address, reception, silence, heard } = parts;
  const payloadTypes = createPayloadTypes();
  const detector = createDigitDetector(parts.pressed);
  const wide = createWideClock();
  /** Before it, nobody is known to be the peer, and nothing is counted. */
  let media: LegMedia | undefined;
  let ssrc = -1;
  let packets = 0;
  let bytes = 0;
  let strangers = 0;
  let malformed = 0;
  let firstAt: number | undefined;
  let lastAt: number | undefined;

  const takeReport = (packet: Buffer): void => {
    if (!parts.report(packet)) malformed += 1;
  };

  /** Something else than RTP on the RTP port: RTCP (RFC 5761), or junk, from which no address is learned. */
  const takeOther = (packet: Buffer, from: From): void => {
    if (!address.rtp.holds(from.address, from.port)) strangers += 1;
    else if (rtp.isRtcp(packet)) takeReport(packet);
    else malformed += 1;
  };

  const count = (now: number, payloadBytes: number): void => {
    packets += 1;
    bytes += payloadBytes;
    firstAt ??= now;
    lastAt = now;
    silence.heard(now);
  };

  const take = (packet: Buffer, start: number, end: number, mayReceive: boolean, now: number): void => {
    count(now, end - start);
    const source = rtp.ssrcOf(packet);
    if (source !== ssrc) {
      detector.reset();
      ssrc = source;
    }
    let kind = payloadTypes.kindOf(rtp.payloadTypeOf(packet));
    const law = kind === 'PCMU' || kind === 'PCMA';
    if (law) wide.rest();
    else kind = wide.narrow(packet, start, end, kind);
    const timestamp = rtp.timestampOf(packet);
    const audio = law || kind === 'opus';
    if (!reception.packet(source, rtp.sequenceOf(packet), timestamp, now, audio) || !mayReceive) return;
    if (kind === 'telephone-event') detector.packet(packet, start, end, timestamp, rtp.markerOf(packet), now);
    heard(packet, start, end, kind, law ? source : rtp.ssrcOf(packet), now);
  };

  return {
    configure(next) {
      media = next;
      payloadTypes.set(next.receive, next.telephoneEvent, next.opus);
    },
    receiveRtp(packet, from) {
      if (media === undefined) return;
      const start = rtp.payloadStart(packet);
      const end = start < 0 ? -1 : rtp.payloadEnd(packet, start);
      if (end < 0 || rtp.isRtcp(packet)) {
        takeOther(packet, from);
        return;
      }
      const now = performance.now();
      if (address.rtp.accepts(from.address, from.port, now)) take(packet, start, end, media.mayReceive, now);
      else strangers += 1;
    },
    receiveRtcp(packet, from) {
      if (media === undefined) return;
      if (address.acceptsRtcp(from.address, from.port, rtp.isRtcp(packet), performance.now()))
        takeReport(packet);
      else strangers += 1;
    },
    expire: detector.expire,
    close: detector.reset,
    get packets() {
      return packets;
    },
    get bytes() {
      return bytes;
    },
    get strangers() {
      return strangers;
    },
    get malformed() {
      return malformed;
    },
    get firstAt() {
      return firstAt;
    },
    get lastAt() {
      return lastAt;
    },
    get opus() {
      return wide.running;
    },
  };
};
