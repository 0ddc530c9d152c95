import type { LegMedia } from './rtp/messages.ts';
import type { LegSecurity, LegTransport, OfferOptions } from './types.ts';

/**
 * What stands between a leg in the RTP edge and its peer: nothing but the peer's address for plain RTP, mediasoup for an
 * encrypted leg. Speaks the SDP of its kind. Descriptions are taken one at a time, in the order in which they come.
 */
export type Wire = {
  /** Our offer (RFC 3264 5); a new one, its o= version raised when something changed, at each call. */
  createOffer(options?: OfferOptions): string;
  /**
   * Takes the peer's answer to our last offer; may come again with a forked or later response.
   * @throws SdpError and leaves all as it was
   */
  acceptAnswer(sdp: string): Promise<LegMedia>;
  /**
   * Takes the peer's offer, the first or a later one.
   * @returns our answer, and what the edge must be told before it goes out
   * @throws SdpError and leaves all as it was
   */
  acceptOffer(sdp: string): Promise<{ readonly media: LegMedia; readonly answer: string }>;
  /** The description we last wrote. */
  readonly localSdp: string | undefined;
  /** `MediaLeg.mayTalkOpus`; left out: never. */
  readonly mayTalkOpus?: boolean;
  /** `MediaLeg.preferOpus`. */
  preferOpus?(on: boolean): boolean;
  readonly security: LegSecurity;
  /** How the peer's packets come, once that is known. */
  readonly transport: LegTransport | undefined;
  /** The leg's relay heard the peer under a new SSRC, which nobody has authenticated yet. */
  heard?(ssrc: number): void;
  close(): void;
};

/** What a wire may have to say by itself. */
export type WireEvents = {
  /** The peer must be sent a new offer: what it was connected to is gone, and something else has taken its place. */
  readonly moved: () => void;
  /** There is no way to the peer any more. */
  readonly lost: (reason: string) => void;
  /** Round trip to the peer in milliseconds, and what it lost in 256ths, where the edge itself sees only the way to mediasoup. */
  readonly measured: (rttMs: number, lost?: number) => void;
};
