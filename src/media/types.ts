import { FailureError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CodecName, SrtpSuite } from '../sdp/index.ts';
import type { Playable, Played } from './playable.ts';
import type { MessageOptions, MessageRecording } from './recorded-message.ts';

export type { SrtpSuite } from '../sdp/index.ts';
export type { Playable, Played, ProgressTone } from './playable.ts';
export type { MessageOptions, MessageRecording, MessageResult } from './recorded-message.ts';

/** How a leg's audio is protected between us and its peer. */
export type LegSecurity =
  | { readonly type: 'none' }
  /** Keys in SDP (RFC 4568); `suite` as `AES_CM_128_HMAC_SHA1_80`. */
  | { readonly type: 'sdes'; readonly suite: string }
  /** Keys from a DTLS handshake (RFC 5764); no suite before it is done. */
  | { readonly type: 'dtls'; readonly suite: string | undefined };

/** How a browser's packets come. */
export type LegTransport = {
  readonly protocol: 'udp' | 'tcp';
  /** As its SDP named the address that the packets come from (RFC 8445 4.1.1.1); `prflx` when it did not. */
  readonly candidate: 'host' | 'srflx' | 'prflx' | 'relay';
};

/** What was heard of a leg's peer within 5 s; seconds in which hardly anything came are judged with those that follow. */
export type QualitySample = {
  /** The end of those 5 s, milliseconds since the epoch. */
  readonly at: number;
  readonly rttMs: number | undefined;
  readonly jitterMs: number;
  readonly lossPercent: number;
  /** ITU-T G.107 estimate, 1.0 to 4.5. */
  readonly mos: number;
};

/** What one leg's RTP was like; counts are packets and bytes of RTP payload since the leg began. */
export type LegStats = {
  /** What the peer talked last. */
  readonly codec: CodecName | 'opus' | undefined;
  readonly ptimeMs: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  /** Sequence numbers expected but never seen (RFC 3550 A.3). */
  readonly packetsLost: number;
  readonly lossPercent: number;
  /** Interarrival jitter (RFC 3550 A.8). */
  readonly jitterMs: number;
  readonly jitterMaxMs: number;
  /** Round trip from RTCP (RFC 3550 6.4.1), when the peer sends it; of a browser, the whole way to it. */
  readonly rttMs: number | undefined;
  /** ITU-T G.107 E-model estimate of what we received, 1.0 to 4.5; undefined before any packet. */
  readonly mosAverage: number | undefined;
  readonly mosMinimum: number | undefined;
  /** Datagrams dropped because they came from an address that signalling did not name. */
  readonly strangerPackets: number;
  /** Datagrams dropped because they were no RTP. */
  readonly malformedPackets: number;
  /** Milliseconds since the epoch. */
  readonly firstPacketAt: number | undefined;
  readonly lastPacketAt: number | undefined;
  /** Time that the leg's peer held us, in milliseconds. */
  readonly heldMs: number;
  /** Every 5 s in which the peer was heard, in order; the last 24 hours. */
  readonly samples: readonly QualitySample[];
};

export type RecordingResult = {
  readonly path: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly bytes: number;
  /** Hex SHA-256 of the finished file. */
  readonly sha256: string;
};

export type LegOptions = {
  /** For logs and statistics: `caller`, `line`. */
  readonly label: string;
  /** Learn the peer's RTP address from its first packet. */
  readonly nat: boolean;
  /** Codecs to offer and accept, best first. */
  readonly codecs: readonly CodecName[];
  /** Address written into this leg's SDP instead of the engine's, for peers on this machine or network. */
  readonly advertisedAddress?: string;
  /** Default: plain RTP. */
  readonly wire?: WireOptions;
};

/** What a leg's packets travel as. */
export type WireOptions =
  | { readonly type: 'rtp' }
  /** SRTP with keys in SDP. */
  | {
      readonly type: 'sdes';
      /** Best first; all but the first are for peers that lack it. */
      readonly suites: readonly SrtpSuite[];
      /** False: a peer that wants plain RTP gets it. */
      readonly required: boolean;
    }
  /** A browser: ICE, DTLS-SRTP. */
  | { readonly type: 'webrtc' };

export type OfferOptions = {
  /** A browser is to find its way to us anew (RFC 8445 9); other peers are offered what they have. */
  readonly iceRestart?: boolean;
};

/** A leg's media: one RTP and one RTCP socket, and what was negotiated for them. Closed with its session. */
export type MediaLeg = {
  readonly id: string;
  readonly label: string;
  /** Our offer (RFC 3264 5); a new one, its o= version raised when something changed, at each call. */
  createOffer(options?: OfferOptions): string;
  /**
   * The peer's answer to our last offer. May come again with a forked or later 18x/200: the last one holds.
   * @throws SdpError
   */
  acceptAnswer(sdp: string): Promise<void>;
  /**
   * The peer's offer, first or in a re-INVITE or UPDATE: takes the new address, codecs and direction.
   * @returns our answer
   * @throws SdpError and leaves all as it was
   */
  acceptOffer(sdp: string): Promise<string>;
  /** The peer is a browser that may have Opus, and we may talk it (`WebRtcOptions.opus`). */
  readonly mayTalkOpus: boolean;
  /**
   * Whether later descriptions ask for Opus before G.711. Whatever the peer then sends, everybody hears it: those with Opus as it is,
   * others and recordings as G.711.
   * @returns true when that is news to the peer, who is to be sent a new offer
   */
  preferOpus(on: boolean): boolean;
  /** The description we last wrote, for session refreshes. */
  readonly localSdp: string | undefined;
  /** True while the peer's last description holds us (sendonly, inactive, or a null address). */
  readonly held: boolean;
  readonly security: LegSecurity;
  /** Undefined for plain RTP, and before it is known. */
  readonly transport: LegTransport | undefined;
  /**
   * Plays to this leg's peer, over whatever the bridge sends; resolves when it ended or was stopped.
   * @throws FailureError when it can't be played; a sequence leaves out what can't
   */
  play(what: Playable): Promise<Played>;
  stopPlaying(): void;
  /**
   * Keeps the peer's RFC 4733 keys from whoever hears the leg, while `on`; `dtmf` goes on telling them. A key goes through
   * or is kept back whole, as it was when it was pressed.
   */
  holdDigits(on: boolean): void;
  /**
   * Listens for keys sent as tones in the audio (ITU-T Q.23), while `on` and as long as the peer has not agreed on
   * telephone-event; `dtmf` tells them when they end. The tones themselves stay in the audio.
   */
  listenForTones(on: boolean): void;
  /** Records what this leg's peer says, alone. A message that is being recorded ends as `stopped`. */
  recordMessage(options: MessageOptions): MessageRecording;
  /** Sends RFC 4733 digits, 100 ms each unless said otherwise. */
  sendDigits(digits: string, durationMs?: number): Promise<void>;
  /** Ends this leg alone (a line that did not answer) and gives its ports back. */
  close(): Promise<LegStats>;
};

export type MediaEvents = {
  /** The peer of `leg` pressed a key: 0-9 * # A-D. `tone`: who hears the leg has heard it, too (see `listenForTones`). */
  dtmf: (leg: MediaLeg, digit: string, durationMs: number, way: 'event' | 'tone') => void;
  /**
   * Nothing comes from `leg`'s peer any more: for the configured time, though it was not on hold, or for `reason`, a sentence
   * without its full stop.
   */
  lost: (leg: MediaLeg, reason?: string) => void;
  /** Nothing has come from `leg`'s peer for 2 s, though it is to be heard; or it is heard again. */
  quiet: (leg: MediaLeg, quiet: boolean) => void;
  /** What encrypted the leg is gone and has been replaced: send `leg`'s peer a new offer. */
  moved: (leg: MediaLeg) => void;
  /** Something that `leg` was to be played can't be, and is left out. `reason` is a sentence without its full stop. */
  unplayable: (leg: MediaLeg, reason: string) => void;
  /** The recording stopped by itself (disk full, not writable). The call goes on. */
  recordingFailed: (error: Error) => void;
};

export type SessionSummary = {
  readonly legs: ReadonlyMap<string, LegStats>;
  readonly recording: RecordingResult | undefined;
};

/** No leg can be opened before another one is closed. */
export class PortsUsedUp extends FailureError {}

/** A call's media. */
export type MediaSession = {
  readonly id: string;
  on<E extends keyof MediaEvents>(event: E, listener: MediaEvents[E]): void;
  /** @throws PortsUsedUp */
  addLeg(options: LegOptions): Promise<MediaLeg>;
  /**
   * Sends what each hears to the other, from now on. A leg bridged to itself is an echo. Replaces earlier bridges of both:
   * nobody else hears them any more.
   */
  bridge(a: MediaLeg, b: MediaLeg): void;
  /**
   * Sets whom each of these listeners hears, in place of whom it heard before; one with several speakers hears their sum,
   * one with none nothing. Who is not named as a listener goes on hearing whom it heard.
   */
  connect(hearing: readonly (readonly [listener: MediaLeg, speakers: readonly MediaLeg[]])[]): void;
  /**
   * Takes a leg over from another session of the same engine, which goes on without it; its bridges end. Streams,
   * statistics and what it plays go on; what happens to it is told here from then on. The other session's summary keeps what
   * the leg was like until then, and its recording hears the leg no more.
   * @throws FailureError when the sessions live in different threads (see `createSession`), or the leg or one of them is closed
   */
  adopt(leg: MediaLeg): Promise<void>;
  /** Starts the timers that end a call whose peer went silent; called when the call is answered. */
  watch(...legs: MediaLeg[]): void;
  /**
   * Records what `left`'s and `right`'s peers say, from now on; several on the right are added up, and
   * there may be none. Once more with the same path: listens to these from now on. Never rejects: see `recordingFailed`.
   */
  record(options: {
    readonly path: string;
    readonly left: MediaLeg;
    readonly right: MediaLeg | readonly MediaLeg[];
  }): void;
  /** While paused, now or before `record`, the recording hears nobody; its time goes on as silence. */
  pauseRecording(paused: boolean): void;
  /** Ends the recording before the session does; `close` tells of it. */
  endRecording(): void;
  /** Ends all legs and the recording; safe to call twice. */
  close(): Promise<SessionSummary>;
};

export type MediaEngineOptions = {
  /** Address to bind. */
  readonly address: string;
  /** Address to write into SDP. */
  readonly publicAddress: string;
  readonly ports: { readonly from: number; readonly to: number };
  readonly threads: number;
  readonly timeoutMs: { readonly first: number; readonly later: number };
  /** Left out: no leg can be encrypted. */
  readonly webrtc?: WebRtcOptions;
  readonly logger?: Logger;
};

/** How mediasoup is run. */
export type WebRtcOptions = {
  /** mediasoup-worker; default: mediasoup's own place for it. */
  readonly workerBinary?: string | undefined;
  readonly workers: number;
  /** Each worker listens on one port, UDP and TCP, from this one upwards; 0 lets the system pick. */
  readonly port: number;
  /** Where to bind, and what browsers are told instead where that differs (NAT, RFC 8839 5.1 candidate addresses). */
  readonly listen: readonly { readonly address: string; readonly publicAddress?: string | undefined }[];
  /** Browsers may be asked to talk Opus (`MediaLeg.preferOpus`). Default: false. */
  readonly opus?: boolean;
};

/** How mediasoup does. */
export type EncryptionStats = {
  /** Workers that run now, and deaths since the start. */
  readonly workers: number;
  readonly deaths: number;
  readonly browserLegs: number;
  readonly sdesLegs: number;
  /** The sum of the workers' resident memory in bytes. */
  readonly memoryBytes: number;
};

export type MediaEngineStats = {
  readonly sessions: number;
  readonly legs: number;
  readonly socketsOpen: number;
  /** Ports closed less than the quarantine ago, not yet given out again. */
  readonly portsQuarantined: number;
  readonly recordings: number;
  readonly packetsForwarded: number;
  readonly strangerPackets: number;
  /** Undefined while no leg can be encrypted. */
  readonly encryption: EncryptionStats | undefined;
};

export type MediaEngine = {
  /**
   * @param id the call's id, for logs
   * @param beside a session whose legs this one may adopt later, or the other way round
   */
  createSession(id: string, beside?: MediaSession): MediaSession;
  /** Whether legs can be encrypted, and if not, why: a sentence. */
  readonly encryption: { readonly available: true } | { readonly available: false; readonly reason: string };
  stats(): Promise<MediaEngineStats>;
  /** Ends every session. */
  close(): Promise<void>;
};
