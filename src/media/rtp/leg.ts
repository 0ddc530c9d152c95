import type { LegStats } from '../types.ts';
import { createEars, type Ears } from './ears.ts';
import { createIncoming } from './incoming.ts';
import type { LegMedia } from './messages.ts';
import { createMix, type Mix } from './mix.ts';
import { createOutgoing } from './outgoing.ts';
import type { Pacer } from './pacer.ts';
import { createPassOn } from './pass-on.ts';
import type { PayloadKind } from './payload-types.ts';
import { createPeerAddress } from './peer-address.ts';
import { createQuality } from './quality.ts';
import { createRtcpSession } from './rtcp-session.ts';
import { createSender } from './sender.ts';
import { createSilenceWatch } from './silence-watch.ts';
import { openSockets } from './sockets.ts';
import { createReception } from './statistics.ts';
import { createVoice, type Voice } from './voice.ts';

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
  /** Nothing comes for a while, or it comes again. */
  readonly quiet: (quiet: boolean) => void;
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
  /** Round trip to the peer, known better than by RTCP, and what it has lost (`lostByPeer`). */
  measured(rttMs: number, lost: number): void;
  /** The peer is about to talk Opus. */
  expectOpus(): void;
  /** It sends its peer Opus as it comes; else it takes G.711 alone. */
  readonly takesOpus: boolean;
  /** Of what its peer was sent, the share that it has lost lately, in 256ths. */
  readonly lostByPeer: number;
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
  const passOn = createPassOn(() => leg, ears);
  /** Opus can be protected against it at its source alone; of G.711 everybody repairs his own. */
  const lostBeyond = (): number =>
    incoming.opus ? leg.listeners.reduce((worst, { lostByPeer }) => Math.max(worst, lostByPeer), 0) : 0;
  let media: LegMedia | undefined;
  let heldSince: number | undefined;
  let heldMs = 0;
  let judgeAt = 0;
  let measuredMs: number | undefined;
  let measuredLost = 0;
  const rttMs = (): number | undefined => measuredMs ?? rtcp.rttMs;

  const incoming = createIncoming({
    address,
    reception,
    silence,
    report: (packet) => rtcp.receive(packet),
    pressed: (digit, durationMs) => options.pressed(digit, durationMs, 'event'),
    heard: passOn.heard,
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

  const sender = createSender(outgoing, transmit);
  const { speaker } = sender;
  const stamps = { ssrc: outgoing.ssrc, timestampAt: sender.timestampAt };
  const rtcp = createRtcpSession(`${id}@dialtrace`, stamps, reception, sent, lostBeyond);

  const sendReport = (report: Buffer): void => {
    const to = address.rtcp();
    if (to?.address !== undefined) sockets.sendRtcp(report, to.port, to.address);
  };

  const voice = createVoice(options.pacer, outgoing, speaker);
  const mix = createMix(options.pacer, outgoing, speaker, () => voice.busy);

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
      codec: incoming.opus ? 'opus' : media?.send.name,
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
      sender.configure(next);
      ears.hasEvents(next.telephoneEvent !== undefined);
      address.aim(next.remote);
      silence.expect(next.mayReceive && !next.held, now);
      countHold(next.held, now);
    },
    get canSendDigits() {
      return media?.telephoneEvent !== undefined;
    },
    watch: silence.start,
    measured(ms, lost) {
      measuredMs = ms;
      measuredLost = lost;
    },
    expectOpus: passOn.expectOpus,
    get takesOpus() {
      return sender.takesOpus && !mix.running;
    },
    get lostByPeer() {
      return measuredLost;
    },
    relay(source, packet, start, end, kind, now, last) {
      if (mix.running) mix.packet(source, packet, start, end, kind, now);
      else if (!voice.busy) sender.relay(source, packet, start, end, kind, now, last);
    },
    tick(now) {
      if (media === undefined) return;
      incoming.expire(now);
      ears.expire(now);
      if (silence.passed(now)) options.silent();
      const quiet = silence.turned(now);
      if (quiet !== undefined) options.quiet(quiet);
      judge(now);
      const report = rtcp.due(now);
      if (report !== undefined) sendReport(report);
    },
    get forwarded() {
      return sender.forwarded;
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
      passOn.close();
      quality.judge(reception, rttMs(), Date.now());
      sendReport(rtcp.goodbye(now));
      sockets.close();
      return stats(now);
    },
  };
  return leg;
};
