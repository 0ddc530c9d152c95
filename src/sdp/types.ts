/** G.711 laws that every leg speaks: RFC 3551 4.5.14. */
export type CodecName = 'PCMU' | 'PCMA';

/** Crypto suites of RFC 4568 6.2 and RFC 7714 14.2. */
export type SrtpSuite =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM';

/** What one `a=crypto` line says (RFC 4568 5): how its writer protects what it sends. */
export type CryptoLine = {
  /** Tells the lines of a description apart; an answer repeats that of the line it takes. 1 to 999999999. */
  readonly tag: number;
  readonly suite: SrtpSuite;
  /** Master key and salt together, base64 with padding. */
  readonly key: string;
  /** Packets for which the key is good (RFC 4568 6.1); undefined: as many as the suite allows. */
  readonly lifetime?: number | undefined;
};

/** Which audio streams of a description may be taken. */
export type Protection = {
  /** The crypto suites that we have, best first; none: plain RTP alone. */
  readonly suites: readonly SrtpSuite[];
  /** False: a peer without any of them is given plain RTP. */
  readonly required: boolean;
};

/** RFC 3264 5.1, from the point of view of who wrote the description. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export type Codec = {
  readonly name: CodecName;
  /** RTP payload type, 0 to 127. */
  readonly payloadType: number;
};

/** One side of an audio session as its SDP describes it. Only the first usable audio stream counts. */
export type AudioDescription = {
  /** Connection address (IPv4 or IPv6 literal); `0.0.0.0` and `::` mean hold (RFC 3264 8.4). */
  readonly address: string;
  /** RTP port; 0 refuses the stream. */
  readonly port: number;
  /** RTCP port (RFC 3605), RTP port + 1 unless said otherwise. */
  readonly rtcpPort: number;
  /** G.711 payload types in the describer's order of preference. */
  readonly codecs: readonly Codec[];
  /** Payload type of telephone-event/8000 (RFC 4733), when present. */
  readonly telephoneEvent: number | undefined;
  /** Milliseconds of audio a packet, 10 to 60. */
  readonly ptime: number;
  readonly direction: Direction;
  /** Session id and version of the o= line, kept as digits (they exceed 2^53). */
  readonly origin: { readonly id: string; readonly version: string };
  /** Transport protocol of its m= line, in capitals: `RTP/AVP`. */
  readonly protocol: string;
  /** The ways to protect it that both sides have, in the describer's order; none: plain RTP. */
  readonly crypto: readonly CryptoLine[];
  /** Media lines in order, so that an answer can refuse what it does not use (RFC 3264 6). */
  readonly media: readonly {
    readonly type: string;
    readonly protocol: string;
    readonly formats: string;
    readonly used: boolean;
  }[];
};

/** What a leg is willing to do, from which its offers and answers are written. */
export type LocalAudio = {
  readonly address: string;
  readonly port: number;
  readonly codecs: readonly CodecName[];
  /** Payload type we offer for telephone-event; 101 by custom. */
  readonly telephoneEvent: number;
  readonly ptime: number;
  readonly origin: { readonly id: string; readonly version: number };
  /** Keys of what we send, best first in an offer and the chosen one in an answer; none: plain RTP. */
  readonly crypto?: readonly CryptoLine[];
};

/** What both sides agreed on, as the RTP edge needs it. */
export type NegotiatedAudio = {
  readonly remote: { readonly address: string; readonly port: number; readonly rtcpPort: number };
  /** The codec we send, under the peer's payload type. */
  readonly send: Codec;
  /** Payload types that the peer may send to us. */
  readonly receive: readonly Codec[];
  /** Payload type of telephone-event towards the peer, and from it. */
  readonly telephoneEvent: { readonly send: number; readonly receive: number } | undefined;
  readonly ptime: number;
  /** Our direction: what we may send and expect to receive. */
  readonly direction: Direction;
};

/** SDP that can't be used; `sipStatus` is what to answer: 400 malformed, 488 nothing in common (RFC 3261 21.4.26). */
export class SdpError extends Error {
  readonly sipStatus: 400 | 488;

  constructor(message: string, sipStatus: 400 | 488) {
    super(message);
    this.name = 'SdpError';
    this.sipStatus = sipStatus;
  }
}
