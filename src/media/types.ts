import type { CodecName } from '../sdp/index.ts';

/** Something a leg can be made to hear. */
export type Playable =
  /** Call-progress tone of the given region's plan; unknown regions hear the ITU's 425 Hz. */
  | { readonly type: 'ringback'; readonly region?: string }
  /** Sine waves, `level` in dBm0 (0 is loudest, -12 usual), for `seconds` or until stopped. */
  | {
      readonly type: 'tone';
      readonly frequencies: readonly number[];
      readonly level?: number;
      readonly seconds?: number;
    }
  /** A mono 8 kHz WAV file (16-bit PCM, A-law or µ-law). */
  | { readonly type: 'file'; readonly path: string; readonly loop?: boolean };

/** What one leg's RTP was like; counts are packets and bytes of RTP payload since the leg began. */
export type LegStats = {
  readonly codec: CodecName | undefined;
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
  /** Round trip from RTCP (RFC 3550 6.4.1), when the peer sends it. */
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
};

/** A leg's media: one RTP and one RTCP socket, and what was negotiated for them. Closed with its session. */
export type MediaLeg = {
  readonly id: string;
  readonly label: string;
  /** Our offer (RFC 3264 5); a new one, its o= version raised when something changed, at each call. */
  createOffer(): string;
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
  /** The description we last wrote, for session refreshes. */
  readonly localSdp: string | undefined;
  /** True while the peer's last description holds us (sendonly, inactive, or a null address). */
  readonly held: boolean;
  /** Plays to this leg's peer, over whatever the bridge sends; resolves when it ended or was stopped. */
  play(what: Playable): Promise<void>;
  stopPlaying(): void;
  /** Sends RFC 4733 digits, 100 ms each unless said otherwise. */
  sendDigits(digits: string, durationMs?: number): Promise<void>;
  /** Ends this leg alone (a line that did not answer) and gives its ports back. */
  close(): Promise<LegStats>;
};

export type MediaEvents = {
  /** The peer of `leg` pressed a key: 0-9 * # A-D. */
  dtmf: (leg: MediaLeg, digit: string, durationMs: number) => void;
  /** Nothing came from `leg`'s peer for the configured time, though it was not on hold. */
  timeout: (leg: MediaLeg) => void;
  /** The recording stopped by itself (disk full, not writable). The call goes on. */
  recordingFailed: (error: Error) => void;
};

export type SessionSummary = {
  readonly legs: ReadonlyMap<string, LegStats>;
  readonly recording: RecordingResult | undefined;
};

/** A call's media. */
export type MediaSession = {
  readonly id: string;
  on<E extends keyof MediaEvents>(event: E, listener: MediaEvents[E]): void;
  /** @throws FailureError when the RTP port range is used up */
  addLeg(options: LegOptions): Promise<MediaLeg>;
  /** Sends what each hears to the other, from now on. A leg bridged to itself is an echo. Replaces earlier bridges of both. */
  bridge(a: MediaLeg, b: MediaLeg): void;
  /** Starts the timers that end a call whose peer went silent; called when the call is answered. */
  watch(...legs: MediaLeg[]): void;
  /** Records what `left`'s and `right`'s peers say, from now on. Never rejects: see `recordingFailed`. */
  record(options: { readonly path: string; readonly left: MediaLeg; readonly right: MediaLeg }): void;
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
};

export type MediaEngine = {
  /** @param id the call's id, for logs */
  createSession(id: string): MediaSession;
  stats(): Promise<MediaEngineStats>;
  /** Ends every session. */
  close(): Promise<void>;
};
