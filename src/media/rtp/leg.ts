import { convertG711 } from '../g711.ts';
import type { LegStats } from '../types.ts';
import { createEars, type Ears } from './ears.ts';
import { createIncoming, type Heard } from './incoming.ts';
import type { LegMedia } from './messages.ts';
import { createMix, type Mix } from './mix.ts';
import { createOutgoing } from './outgoing.ts';
import type { Pacer } from './pacer.ts';
import * as rtp from './packet.ts';
import { NO_PAYLOAD, type PayloadKind } from './payload-types.ts';
import { createPeerAddress } from './peer-address.ts';
import { createQuality } from './quality.ts';
import { createRtcpSession } from './rtcp-session.ts';
import { createSilenceWatch } from './silence-watch.ts';
import { openSockets } from './sockets.ts';
import { createReception } from './statistics.ts';
import { createVoice, type Speaker, type Voice } from './voice.ts';

/** Quality is judged over so long a time. */
const JUDGED_MS = 5_000;
/** What is said of a leg before anything was negotiated. */
const USUAL_PTIME_MS = 20;

export type EdgeLegOptions = {
  readonly id: string;
  /** Tells legs of a thread apart, 1 or more. */
  readonly number: number;
  readonly nat: boolean;
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: { readonly first: number; readonly later: number };
  readonly pacer: Pacer;
  readonly pressed: (digit: string, durationMs: number, way: 'event' | 'tone') => void;
  readonly silent: () => void;
};

/** One leg in its edge thread: sockets, both streams, and whom it is bridged to. Times are monotonic milliseconds. */
export type EdgeLeg = {
  readonly id: string;
  readonly number: number;
  /** Of what is sent to the peer. */
  readonly ssrc: number;
  readonly voice: Voice;
  /** Takes over what was negotiated, at once. */
  configure(media: LegMedia, now: number): void;
  readonly canSendDigits: boolean;
  /** Whom this leg's peer hears, and who hears this leg's peer; may be the leg itself. `hear` keeps both. */
  speakers: readonly EdgeLeg[];
  listeners: readonly EdgeLeg[];
  readonly mix: Mix;
  readonly ears: Ears;
  watch(now: number): void;
  /** Round trip to the peer, known better than by RTCP. */
  measured(rttMs: number): void;
  /**
   * Sends a packet of `source`'s peer to this leg's peer, or adds it to what that hears.
   * @param last nobody else is to hear it: it may be rewritten in place
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
  /** Whatever is due: RTCP, quality, lost key ends, silence. Often enough is every 50 ms. */
  tick(now: number): void;
  readonly forwarded: number;
  readonly strangers: number;
  stats(now: number): LegStats;
  /** Says BYE and closes the sockets. */
  close(now: number): LegStats;
};

const payloadTypeTowards = (media: LegMedia, kind: PayloadKind): number => {
  if (kind === 'telephone-event') return media.telephoneEvent?.send ?? -1;
  return kind === NO_PAYLOAD ? -1 : media.send.payloadType;
};

/** @returns undefined when one of the ports is in use */
export const openLeg = async (options: EdgeLegOptions): Promise<EdgeLeg | undefined> => {
  const { id, number } = options;
  const address = createPeerAddress(options.nat);
  const reception = createReception();
  const outgoing = createOutgoing();
  const quality = createQuality();
  const silence = createSilenceWatch(options.timeoutMs);
  const ears = createEars((digit, durationMs) => options.pressed(digit, durationMs, 'tone'));
  const sent = { packets: 0, bytes: 0 };
  const rtcp = createRtcpSession(`${id}@dialtrace`, outgoing, reception, sent);
  let media: LegMedia | undefined;
  let forwarded = 0;
  let heldSince: number | undefined;
  let heldMs = 0;
  let judgeAt = 0;
  let measuredMs: number | undefined;
  const rttMs = (): number | undefined => measuredMs ?? rtcp.rttMs;

  const heard: Heard = (packet, start, end, kind, ssrc, now) => {
    const passed = ears.hear(packet, start, end, kind, ssrc, now);
    const { listeners } = leg;
    const last = listeners.length - 1;
    for (let i = 0; i <= last; i += 1) {
      listeners[i]?.relay(number, packet, start, end, passed, now, i === last);
    }
  };

  const incoming = createIncoming({
    address,
    reception,
    silence,
    report: rtcp.receive,
    pressed: (digit, durationMs) => options.pressed(digit, durationMs, 'event'),
    heard,
  });
  const sockets = await openSockets(options.address, options.port, incoming.receiveRtp, incoming.receiveRtcp);
  if (sockets === undefined) return undefined;

  const transmit = (packet: Buffer, payloadBytes: number): boolean => {
    const to = address.rtp.address;
    if (to === undefined) return false;
    sent.packets += 1;
    sent.bytes += payloadBytes;
    sockets.sendRtp(packet, address.rtp.port, to);
    return true;
  };

  const sendReport = (report: Buffer): void => {
    const to = address.rtcp();
    if (to?.address !== undefined) sockets.sendRtcp(report, to.port, to.address);
  };

  const towards: Speaker = {
    get codec() {
      return media?.maySend ? media.send : undefined;
    },
    get telephoneEvent() {
      return media?.maySend ? media.telephoneEvent?.send : undefined;
    },
    send: transmit,
  };
  const voice = createVoice(options.pacer, outgoing, towards);
  const mix = createMix(options.pacer, outgoing, towards, () => voice.busy);

  const countHold = (held: boolean, now: number): void => {
    if (held) {
      heldSince ??= now;
    } else if (heldSince !== undefined) {
      heldMs += now - heldSince;
      heldSince = undefined;
    }
  };

  const judge = (now: number): void => {
    if (judgeAt === 0) judgeAt = now + JUDGED_MS;
    if (now < judgeAt) return;
    judgeAt = now + JUDGED_MS;
    quality.judge(reception, rttMs(), Date.now());
  };

  const stats = (now: number): LegStats => {
    const wall = Date.now() - now;
    const { firstAt, lastAt } = incoming;
    return {
      codec: media?.send.name,
      ptimeMs: media?.ptime ?? USUAL_PTIME_MS,
      packetsReceived: incoming.packets,
      bytesReceived: incoming.bytes,
      packetsSent: sent.packets,
      bytesSent: sent.bytes,
      packetsLost: reception.lost,
      lossPercent: reception.expected === 0 ? 0 : (100 * reception.lost) / reception.expected,
      jitterMs: reception.jitterMs,
      jitterMaxMs: reception.jitterMaxMs,
      rttMs: rttMs(),
      mosAverage: quality.average,
      mosMinimum: quality.minimum,
      strangerPackets: incoming.strangers,
      malformedPackets: incoming.malformed,
      firstPacketAt: firstAt === undefined ? undefined : Math.round(wall + firstAt),
      lastPacketAt: lastAt === undefined ? undefined : Math.round(wall + lastAt),
      heldMs: Math.round(heldMs + (heldSince === undefined ? 0 : now - heldSince)),
      samples: quality.samples,
    };
  };

  const forward: EdgeLeg['relay'] = (source, packet, start, end, kind, now, last) => {
    if (voice.busy) return;
    if (!media?.maySend) {
      outgoing.interrupt();
      return;
    }
    const payloadType = payloadTypeTowards(media, kind);
    const ssrc = rtp.ssrcOf(packet);
    const sequence = rtp.sequenceOf(packet);
    if (payloadType < 0 || end === start) {
      outgoing.skip(source, ssrc, sequence);
      return;
    }
    const audio = kind === 'PCMU' || kind === 'PCMA';
    const samples = audio ? end - start : 0;
    const marker = rtp.markerOf(packet);
    if (!outgoing.relay(source, ssrc, sequence, rtp.timestampOf(packet), marker, samples, now)) return;
    const own = last ? packet : Buffer.from(packet);
    if (audio && kind !== media.send.name) convertG711(kind, media.send.name, own.subarray(start, end));
    const at = start - rtp.RTP_HEADER;
    const { sequence: next, timestamp } = outgoing;
    rtp.writeHeader(own, at, outgoing.marker, payloadType, next, timestamp, outgoing.ssrc);
    forwarded += 1;
    transmit(at === 0 && end === own.length ? own : own.subarray(at, end), end - start);
  };

  const leg: EdgeLeg = {
    id,
    number,
    ssrc: outgoing.ssrc,
    voice,
    speakers: [],
    listeners: [],
    mix,
    ears,
    configure(next, now) {
      media = next;
      incoming.configure(next);
      ears.hasEvents(next.telephoneEvent !== undefined);
      address.aim(next.remote);
      silence.expect(next.mayReceive && !next.held, now);
      countHold(next.held, now);
    },
    get canSendDigits() {
      return media?.telephoneEvent !== undefined;
    },
    watch: silence.start,
    measured(ms) {
      measuredMs = ms;
    },
    relay(source, packet, start, end, kind, now, last) {
      if (mix.running) mix.packet(source, packet, start, end, kind, now);
      else forward(source, packet, start, end, kind, now, last);
    },
    tick(now) {
      if (media === undefined) return;
      incoming.expire(now);
      ears.expire(now);
      if (silence.passed(now)) options.silent();
      judge(now);
      const report = rtcp.due(now);
      if (report !== undefined) sendReport(report);
    },
    get forwarded() {
      return forwarded;
    },
    get strangers() {
      return incoming.strangers;
    },
    stats,
    close(now) {
      mix.listen([]);
      voice.close();
      incoming.close();
      ears.close();
      quality.judge(reception, rttMs(), Date.now());
      sendReport(rtcp.goodbye(now));
      sockets.close();
      return stats(now);
    },
  };
  return leg;
};
