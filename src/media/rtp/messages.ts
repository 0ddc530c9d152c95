import type { Codec, OpusTypes } from '../../sdp/index.ts';
import type { LegStats, MessageOptions, MessageResult, Playable, Played, RecordingResult } from '../types.ts';

/** What the edge must know of a negotiated leg. */
export type LegMedia = {
  /** As the bound socket's family writes addresses, so that they compare with a packet's source; undefined is a null address. */
  readonly remote: { readonly address: string; readonly port: number; readonly rtcpPort: number } | undefined;
  readonly send: Codec;
  readonly receive: readonly Codec[];
  /** Opus under the same payload types both ways; whatever comes of it is understood. */
  readonly opus?: (OpusTypes & { /** The peer takes it, too. */ readonly send: boolean }) | undefined;
  readonly telephoneEvent: { readonly send: number; readonly receive: number } | undefined;
  readonly ptime: number;
  readonly maySend: boolean;
  readonly mayReceive: boolean;
  /** The peer holds us. */
  readonly held: boolean;
};

/** Milliseconds of the clock that all threads share; `performance.now()` counts from each thread's own start. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6;

type OnLeg = { readonly session: string; readonly leg: string };

/** Everything the main thread may ask of an edge thread, and what it answers. */
export type Requests = {
  openLeg: {
    input: OnLeg & {
      readonly label: string;
      readonly nat: boolean;
      readonly address: string;
      readonly port: number;
    };
    /** SSRC of what the leg sends; undefined when somebody else holds the port. */
    output: number | undefined;
  };
  /** Puts a relay before an open leg; ends with it. */
  openRelay: {
    input: {
      readonly leg: string;
      readonly nat: boolean;
      readonly address: string;
      readonly port: number;
    };
    /** The relay's inner ports; undefined when somebody else holds `port` or the next. */
    output: PortPair | undefined;
  };
  /** What the leg's relay does from now on. */
  aimRelay: { input: RelayAim & { readonly leg: string }; output: undefined };
  expectOpus: { input: OnLeg; output: undefined };
  configure: { input: OnLeg & { readonly media: LegMedia }; output: undefined };
  /** Who hears whom from now on, in place of what these listeners heard before. */
  connect: {
    input: {
      readonly session: string;
      /** Nobody else hears these any more. */
      readonly alone?: readonly string[];
      readonly hearing: readonly (readonly [listener: string, speakers: readonly string[]])[];
    };
    output: undefined;
  };
  /** Round trip to the leg's peer, and the share that it lost in 256ths, known from elsewhere than the edge's own RTCP. */
  measured: { input: OnLeg & { readonly rttMs: number; readonly lost?: number }; output: undefined };
  /** Moves a leg from one session to another; answers with its statistics until then. */
  adopt: { input: OnLeg & { readonly from: string }; output: LegStats };
  watch: { input: { readonly session: string; readonly legs: readonly string[] }; output: undefined };
  record: {
    input: {
      readonly session: string;
      readonly path: string;
      readonly left: string;
      readonly right: readonly string[];
      /** When it was ordered, by `sharedNow`: the recording's first moment, however busy this thread is. */
      readonly at: number;
    };
    output: undefined;
  };
  pauseRecording: {
    input: { readonly session: string; readonly paused: boolean };
    output: undefined;
  };
  /** `at`: when it was ordered, by `sharedNow`. */
  endRecording: { input: { readonly session: string; readonly at: number }; output: undefined };
  /** Answered when the playing ends. */
  play: { input: OnLeg & { readonly what: Playable }; output: Played };
  stopPlaying: { input: OnLeg; output: undefined };
  holdDigits: { input: OnLeg & { readonly on: boolean }; output: undefined };
  listenForTones: { input: OnLeg & { readonly on: boolean }; output: undefined };
  /** Answered when the message is over and its file closed. `at`: as for `record`. */
  recordMessage: { input: OnLeg & MessageOptions & { readonly at: number }; output: MessageResult };
  stopMessage: { input: OnLeg; output: undefined };
  /** Answered when the last digit is sent. */
  sendDigits: { input: OnLeg & { readonly digits: string; readonly durationMs: number }; output: undefined };
  closeLeg: { input: OnLeg; output: LegStats };
  closeSession: {
    input: {
      readonly session: string;
      /** When it was ordered, by `sharedNow`: the recording's last moment. */
      readonly at: number;
    };
    output: {
      readonly legs: readonly (readonly [string, LegStats])[];
      readonly recording: RecordingResult | undefined;
    };
  };
  counts: { input: Record<never, never>; output: EdgeCounts };
};

/** Ports for RTP and for RTCP. */
export type PortPair = { readonly port: number; readonly rtcpPort: number };

/** Between whom a relay passes datagrams. */
export type RelayAim = {
  /** As `LegMedia` has it; undefined: nothing is sent to the peer. */
  readonly remote: LegMedia['remote'];
  /** On this machine: who gets what the peer sends; undefined: nobody. */
  readonly to: PortPair | undefined;
  /** On this machine: whose datagrams go to the peer. */
  readonly from: PortPair | undefined;
};

export type RequestType = keyof Requests;
export type Input<T extends RequestType> = Requests[T]['input'];
export type Output<T extends RequestType> = Requests[T]['output'];

export type EdgeCounts = {
  readonly legs: number;
  readonly socketsOpen: number;
  readonly recordings: number;
  readonly packetsForwarded: number;
  readonly strangerPackets: number;
};

export type RequestMessage = { readonly id: number; readonly type: RequestType; readonly input: unknown };

/** What happens in a session without being asked for. */
export type SessionEvent =
  | {
      readonly type: 'dtmf';
      readonly leg: string;
      readonly digit: string;
      readonly durationMs: number;
      readonly way: 'event' | 'tone';
    }
  | { readonly type: 'timeout'; readonly leg: string }
  | { readonly type: 'quiet'; readonly leg: string; readonly quiet: boolean }
  | { readonly type: 'unplayable'; readonly leg: string; readonly reason: string }
  /** The leg's relay heard its peer under an SSRC that it had not heard before. */
  | { readonly type: 'ssrc'; readonly leg: string; readonly ssrc: number }
  | { readonly type: 'recordingFailed'; readonly message: string };

/** From the edge thread to the main thread. */
export type EdgeMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: number; readonly output: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly message: string }
  | { readonly type: 'event'; readonly session: string; readonly event: SessionEvent };

/** Settings of an edge thread, as its worker data. */
export type EdgeSettings = { readonly timeoutMs: { readonly first: number; readonly later: number } };
