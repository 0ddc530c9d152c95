import { createLatch, type Latch } from './latch.ts';

/** Where a leg's peer is, for RTP and for RTCP, which follows it. */
export type PeerAddress = {
  readonly rtp: Latch;
  /** Takes what signalling says; undefined is a null address, to which nothing is sent. */
  aim(
    remote: { readonly address: string; readonly port: number; readonly rtcpPort: number } | undefined,
  ): void;
  /** Whether a datagram on the RTCP port is the peer's. @param learnable it looks like RTCP */
  acceptsRtcp(address: string, port: number, learnable: boolean, now: number): boolean;
  /** The latch that says where to send reports; undefined while there is nowhere. */
  rtcp(): Latch | undefined;
};

export const createPeerAddress = (nat: boolean): PeerAddress => {
  const rtp = createLatch(nat);
  const rtcp = createLatch(nat);
  let rtcpPort = 0;
  let silent = true;

  /** What signalling said, or the port after the one that was learned. */
  const follow = (): void => {
    if (rtp.address !== undefined) rtcp.aim(rtp.address, rtp.learned ? rtp.port + 1 : rtcpPort);
  };

  return {
    rtp,
    aim(remote) {
      silent = remote === undefined;
      if (remote === undefined) return;
      rtp.aim(remote.address, remote.port);
      rtcpPort = remote.rtcpPort;
      follow();
    },
    acceptsRtcp(address, port, learnable, now) {
      if (rtp.holds(address, port)) return true;
      follow();
      // Only the host that speaks RTP may be learned from.
      return learnable && address === rtp.address && rtcp.accepts(address, port, now);
    },
    rtcp() {
      // A null address silences RTCP as well (RFC 3264 8.4).
      if (silent) return undefined;
      follow();
      return rtcp;
    },
  };
};
