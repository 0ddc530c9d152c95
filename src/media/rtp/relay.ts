import type { RemoteInfo } from 'node:dgram';
import type { PortPair, RelayAim } from './messages.ts';
import * as rtp from './packet.ts';
import { createPeerAddress } from './peer-address.ts';
import { openAnySockets, openSockets } from './sockets.ts';

/** Where what a relay passes on is decrypted. */
const LOOPBACK = '127.0.0.1';
/** SSRCs of the peer that are known at a time: what it sends, what it sent before, and some to spare. */
const SSRCS_KNOWN = 4;
/** A peer that changes its SSRC more often than that is heard late. */
const TELL_MS = 20;

export type RelayOptions = {
  readonly nat: boolean;
  readonly address: string;
  readonly port: number;
  /** The peer sends under an SSRC that is not known; from its header, which nobody has authenticated yet. */
  readonly heard: (ssrc: number) => void;
};

/**
 * Passes datagrams unread between a leg's peer, on two public ports, and whoever speaks SRTP with it on this machine. The peer
 * is told from strangers by the same rules as everywhere (`createPeerAddress`).
 */
export type Relay = {
  /** Its ports on the loopback address, from which it passes on what the peer sends. */
  readonly inner: PortPair;
  aim(aim: RelayAim): void;
  /** Datagrams from elsewhere than the peer. */
  readonly strangers: number;
  /** Datagrams of the peer that are neither RTP nor RTCP. */
  readonly malformed: number;
  close(): void;
};

/** @returns undefined when one of the public ports is in use */
export const openRelay = async ({ nat, address, port, heard }: RelayOptions): Promise<Relay | undefined> => {
  const peer = createPeerAddress(nat);
  const known: number[] = [];
  let aim: RelayAim = { remote: undefined, to: undefined, from: undefined };
  let strangers = 0;
  let malformed = 0;
  let lastSsrc = -1;
  let toldAt = Number.NEGATIVE_INFINITY;

  const learn = (ssrc: number, now: number): void => {
    if (!known.includes(ssrc)) {
      if (now - toldAt < TELL_MS) return;
      toldAt = now;
      known.push(ssrc);
      if (known.length > SSRCS_KNOWN) known.shift();
      heard(ssrc);
    }
    lastSsrc = ssrc;
  };

  const receiveRtp = (packet: Buffer, from: RemoteInfo): void => {
    const { to } = aim;
    if (to === undefined) return;
    if (rtp.isRtcp(packet) || rtp.payloadStart(packet) < 0) {
      // RTCP on the RTP port (RFC 5761), or junk, from which no address is learned.
      if (!peer.rtp.holds(from.address, from.port)) strangers += 1;
      else if (rtp.isRtcp(packet)) inner.sendRtcp(packet, to.rtcpPort, LOOPBACK);
      else malformed += 1;
      return;
    }
    const now = performance.now();
    if (!peer.rtp.accepts(from.address, from.port, now)) {
      strangers += 1;
      return;
    }
    const ssrc = rtp.ssrcOf(packet);
    if (ssrc !== lastSsrc) learn(ssrc, now);
    inner.sendRtp(packet, to.port, LOOPBACK);
  };

  const receiveRtcp = (packet: Buffer, from: RemoteInfo): void => {
    const { to } = aim;
    if (to === undefined) return;
    const isRtcp = rtp.isRtcp(packet);
    if (!peer.acceptsRtcp(from.address, from.port, isRtcp, performance.now())) strangers += 1;
    else if (isRtcp) inner.sendRtcp(packet, to.rtcpPort, LOOPBACK);
    else malformed += 1;
  };

  const outer = await openSockets(address, port, receiveRtp, receiveRtcp);
  if (outer === undefined) return undefined;

  const sendRtp = (packet: Buffer, from: RemoteInfo): void => {
    const to = peer.rtp.address;
    if (aim.remote === undefined || to === undefined) return;
    if (from.port === aim.from?.port && from.address === LOOPBACK) outer.sendRtp(packet, peer.rtp.port, to);
  };

  const sendRtcp = (packet: Buffer, from: RemoteInfo): void => {
    if (from.port !== aim.from?.rtcpPort || from.address !== LOOPBACK) return;
    const to = peer.rtcp();
    if (to?.address !== undefined) outer.sendRtcp(packet, to.port, to.address);
  };

  const inner = await openAnySockets(LOOPBACK, sendRtp, sendRtcp).catch((error: unknown) => {
    outer.close();
    throw error;
  });

  return {
    inner: { port: inner.port, rtcpPort: inner.rtcpPort },
    aim(next) {
      aim = next;
      peer.aim(next.remote);
    },
    get strangers() {
      return strangers;
    },
    get malformed() {
      return malformed;
    },
    close() {
      outer.close();
      inner.close();
    },
  };
};
