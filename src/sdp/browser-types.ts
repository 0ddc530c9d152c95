import type { AudioDescription, Codec, CodecName, Direction } from './types.ts';

/** How the two ends of a DTLS handshake are told apart (RFC 4145 4, RFC 8842 5.3). */
export type DtlsSetup = 'actpass' | 'active' | 'passive';

/** Hash of a certificate (RFC 8122 5): `value` as upper-case hex pairs with colons. */
export type Fingerprint = {
  readonly algorithm: 'sha-1' | 'sha-224' | 'sha-256' | 'sha-384' | 'sha-512';
  readonly value: string;
};

export type IceCredentials = { readonly usernameFragment: string; readonly password: string };

/** An address at which a peer may be reached (RFC 8839 5.1). A host name (mDNS) is kept as it is. */
export type IceCandidate = {
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
  /** Of TCP: only `passive` can be connected to (RFC 6544 4.5). */
  readonly tcpType?: 'active' | 'passive' | 'so';
};

/** Opus (RFC 7587) beside G.711, under the same payload types both ways. */
export type OpusTypes = {
  readonly payloadType: number;
  /** Payload type of telephone-event/48000, which goes with Opus (RFC 4733 2.1). */
  readonly telephoneEvent: number | undefined;
};

/** Opus as a description has it. */
export type OpusChoice = OpusTypes & {
  /** It stands before G.711: the peer is to send it. */
  readonly preferred: boolean;
};

/** One side of a browser's audio session: one bundled audio stream over DTLS-SRTP. Only the first usable stream counts. */
export type BrowserDescription = {
  /** Media identification (RFC 5888 4), which other streams of the offer are refused beside. */
  readonly mid: string;
  /** Whether it is part of a bundle (RFC 9143); an answer to one that is not must not make it so. */
  readonly bundled: boolean;
  readonly ice: IceCredentials;
  /** It sends candidates later, too; ours are complete, and we need none of its own. */
  readonly trickles: boolean;
  readonly candidates: readonly IceCandidate[];
  readonly setup: DtlsSetup;
  readonly fingerprints: readonly Fingerprint[];
  /** G.711 payload types in the describer's order of preference. */
  readonly codecs: readonly Codec[];
  /** Undefined where it has none. */
  readonly opus: OpusTypes | undefined;
  /** Payload type of telephone-event/8000 (RFC 4733); that of /48000 stands with Opus. */
  readonly telephoneEvent: number | undefined;
  /** Id of the header extension that carries the mid (RFC 9143 15), when it has one. */
  readonly midExtension: number | undefined;
  /** SSRC and CNAME of its audio, when it names them (RFC 5576 4.1); Firefox and Chromium do. */
  readonly ssrc: number | undefined;
  readonly cname: string | undefined;
  readonly ptime: number;
  readonly direction: Direction;
  readonly origin: AudioDescription['origin'];
  /** Media lines in order, each with its mid, so that an answer can refuse what it does not use. */
  readonly media: readonly {
    readonly type: string;
    readonly protocol: string;
    readonly formats: string;
    readonly mid: string | undefined;
    readonly used: boolean;
  }[];
};

/** Our side of a browser's audio session, from which its offers and answers are written. We are ICE-lite always. */
export type LocalBrowserAudio = {
  /** Of the o= and c= lines; candidates say where to connect. */
  readonly address: string;
  readonly ice: IceCredentials;
  readonly candidates: readonly IceCandidate[];
  readonly fingerprint: Fingerprint;
  readonly codecs: readonly CodecName[];
  /** Undefined: our descriptions are without. */
  readonly opus?: OpusChoice | undefined;
  /** Payload type offered for telephone-event; 101 by custom. */
  readonly telephoneEvent: number;
  /** SSRC and CNAME of what we send. */
  readonly ssrc: number;
  readonly cname: string;
  readonly ptime: number;
  readonly origin: { readonly id: string; readonly version: number };
};

/** What a session has already, and a later offer of ours keeps (RFC 3264 8). */
export type EstablishedBrowserAudio = Pick<BrowserDescription, 'media'> &
  Pick<NegotiatedBrowserAudio, 'midExtension' | 'codec' | 'telephoneEvent'>;

/** What both sides agreed on, as a WebRTC transport needs it. */
export type NegotiatedBrowserAudio = {
  readonly mid: string;
  readonly midExtension: number | undefined;
  readonly ice: IceCredentials;
  readonly fingerprints: readonly Fingerprint[];
  /** What the peer is in the DTLS handshake. */
  readonly peerRole: 'client' | 'server';
  /** One law both ways. */
  readonly codec: Codec;
  /** Undefined: G.711 alone. Both sides send what they like of the two. */
  readonly opus: OpusChoice | undefined;
  /** Payload type of telephone-event, the same both ways. */
  readonly telephoneEvent: number | undefined;
  readonly ssrc: number | undefined;
  readonly ptime: number;
  /** Our direction. */
  readonly direction: Direction;
};
