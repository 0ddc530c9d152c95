import { convertG711 } from '../g711.ts';
import type { LegMedia } from './messages.ts';
import { opusSamples } from './opus-packet.ts';
import type { Outgoing } from './outgoing.ts';
import * as rtp from './packet.ts';
import type { PayloadKind } from './payload-types.ts';
import { EVENT_LENGTH } from './telephone-event.ts';
import type { Speaker } from './voice.ts';
import { widenEvent, widened } from './wide-clock.ts';

/** mediasoup takes a stream for what its first packet is, and is told to expect G.711: so many go before any Opus. */
const PRIMED = 10;

/**
 * What goes to one leg's peer, in one RTP stream: G.711, or Opus where that was agreed on, packet by packet. Time stamps of Opus, and of
 * keys among it, go by 48 kHz (RFC 7587 4.1); a change is marked, and by its payload type the receiver knows the clock.
 */
export type Sender = {
  configure(media: LegMedia): void;
  /** For what is made here: G.711 and keys. */
  readonly speaker: Speaker;
  /**
   * Passes on a packet of another leg's peer.
   * @param last it may be rewritten in place
   */
  relay(
    source: number,
    packet: Buffer,
    start: number,
    end: number,
    kind: PayloadKind,
    now: number,
    last: boolean,
  ): void;
  /** The peer may be sent Opus now. */
  readonly takesOpus: boolean;
  /** As `Outgoing` has it, by the clock of what is sent. */
  timestampAt(now: number): number;
  /** Packets passed on. */
  readonly forwarded: number;
};

const isLaw = (kind: PayloadKind): kind is 'PCMU' | 'PCMA' => kind === 'PCMU' || kind === 'PCMA';

/** @param transmit false when nobody knows where to */
export const createSender = (
  outgoing: Outgoing,
  transmit: (packet: Buffer, payloadBytes: number) => boolean,
): Sender => {
  let media: LegMedia | undefined;
  /** The last audio was Opus. */
  let wide = false;
  /** Packets of G.711 that the peer's present place has been sent. */
  let primed = 0;
  let forwarded = 0;

  const talkedLaw = (): void => {
    wide = false;
    if (primed < PRIMED) primed += 1;
  };

  const keyType = (): number | undefined =>
    (wide ? media?.opus?.telephoneEvent : undefined) ?? media?.telephoneEvent?.send;

  /** A key among Opus goes by its clock, its duration by that of its payload type. */
  const widenKey = (packet: Buffer, payloadType: number, start: number, end: number): void => {
    if (payloadType === media?.opus?.telephoneEvent && end - start >= EVENT_LENGTH) widenEvent(packet, start);
  };

  const send = (packet: Buffer, start: number, end: number, payloadType: number, timestamp: number): void => {
    const at = start - rtp.RTP_HEADER;
    rtp.writeHeader(packet, at, outgoing.marker, payloadType, outgoing.sequence, timestamp, outgoing.ssrc);
    forwarded += 1;
    transmit(at === 0 && end === packet.length ? packet : packet.subarray(at, end), end - start);
  };

  const payloadTypeOf = (kind: PayloadKind): number => {
    if (isLaw(kind)) return media?.send.payloadType ?? -1;
    if (kind === 'opus') return media?.opus?.send ? media.opus.payloadType : -1;
    return kind === 'telephone-event' ? (keyType() ?? -1) : -1;
  };

  /** In samples of 8 kHz; 0 for keys, -1 for what is none. */
  const lengthOf = (packet: Buffer, start: number, end: number, kind: PayloadKind): number => {
    if (isLaw(kind)) return end - start;
    return kind === 'opus' ? opusSamples(packet, start, end) : 0;
  };

  /** Makes of `packet` what `kind` is to be, and sends it. */
  const write = (
    { send: law }: LegMedia,
    packet: Buffer,
    start: number,
    end: number,
    kind: PayloadKind,
    type: number,
  ): void => {
    const { timestamp } = outgoing;
    if (isLaw(kind)) {
      talkedLaw();
      if (kind !== law.name) convertG711(kind, law.name, packet.subarray(start, end));
      send(packet, start, end, type, timestamp);
      return;
    }
    if (kind === 'opus') wide = true;
    else if (wide) widenKey(packet, type, start, end);
    send(packet, start, end, type, wide ? widened(timestamp) : timestamp);
  };

  return {
    configure(next) {
      if (next.remote?.port !== media?.remote?.port || next.send.name !== media?.send.name) primed = 0;
      media = next;
    },
    speaker: {
      get codec() {
        return media?.maySend ? media.send : undefined;
      },
      get telephoneEvent() {
        return media?.maySend ? keyType() : undefined;
      },
      send(packet, payloadBytes) {
        const payloadType = rtp.payloadTypeOf(packet);
        if (payloadType === media?.send.payloadType) {
          talkedLaw();
        } else if (wide) {
          packet.writeUInt32BE(widened(rtp.timestampOf(packet)), 4);
          widenKey(packet, payloadType, rtp.RTP_HEADER, packet.length);
        }
        return transmit(packet, payloadBytes);
      },
    },
    relay(source, packet, start, end, kind, now, last) {
      if (!media?.maySend) {
        outgoing.interrupt();
        return;
      }
      const payloadType = payloadTypeOf(kind);
      const ssrc = rtp.ssrcOf(packet);
      const sequence = rtp.sequenceOf(packet);
      const samples = lengthOf(packet, start, end, kind);
      if (payloadType < 0 || end === start || samples < 0) {
        outgoing.skip(source, ssrc, sequence);
        return;
      }
      const marker = rtp.markerOf(packet);
      if (!outgoing.relay(source, ssrc, sequence, rtp.timestampOf(packet), marker, samples, now)) return;
      write(media, last ? packet : Buffer.from(packet), start, end, kind, payloadType);
    },
    get takesOpus() {
      return primed === PRIMED && media?.opus?.send === true;
    },
    timestampAt(now) {
      const timestamp = outgoing.timestampAt(now);
      return wide ? widened(timestamp) : timestamp;
    },
    get forwarded() {
      return forwarded;
    },
  };
};
