/**
 * A visitor's call in the browser, as what is drawn around it sees it. `openCall` (main.ts) makes one; the script that
 * pages load keeps it in a bundle of its own, fetched on the press.
 */

/** How far a call has come. */
export type CallPhase =
  /** Nothing was asked of the visitor yet; lasts for an instant. */
  | 'preparing'
  /**
   * The browser asks for the microphone, or could not give it: then `problem` says why, and the call waits for
   * {@link WidgetCall.goOn} or {@link WidgetCall.hangUp}.
   */
  | 'microphone'
  /** The gateway is being called. */
  | 'connecting'
  /** It rings at the other end; a ringing tone is heard, the gateway's or our own. */
  | 'ringing'
  | 'talking'
  /** Answered, but nobody hears anybody just now: the network broke, or the page was left and the call is taken up again. */
  | 'reconnecting'
  /** For good; `end` says how. No change follows. */
  | 'ended';

/** What a visitor can act on. One at a time: the one that matters most now. */
export type CallProblem =
  /** The page is not served over HTTPS: no browser gives it a microphone. Asking again is of no use. */
  | { readonly type: 'insecure-origin' }
  /** A browser without WebRTC or WebSocket. The call has ended. */
  | { readonly type: 'no-webrtc' }
  /**
   * The microphone was not allowed: by the visitor now or before (`person`), by closing the question without an answer
   * (`dismissed`), by the operating system's settings (`system`). Asking again may help after `dismissed`; after the
   * others only once the setting was changed.
   */
  | { readonly type: 'microphone-refused'; readonly by: 'person' | 'dismissed' | 'system' }
  /** The page stands in a frame whose owner does not allow it a microphone (`allow="microphone"` is missing). */
  | { readonly type: 'microphone-framed' }
  /** No microphone is plugged in. A call in which the visitor only hears is possible: `goOn('none')`. */
  | { readonly type: 'no-microphone' }
  /** Another program uses the microphone, or its driver fails. */
  | { readonly type: 'microphone-busy' }
  /** No microphone here does what was asked of it (OverconstrainedError). */
  | { readonly type: 'microphone-unfit' }
  /** The device in use is gone; another one is used, or none when there is no other (`replaced` false). */
  | {
      readonly type: 'device-gone';
      readonly kind: 'microphone' | 'speaker';
      readonly label: string;
      readonly replaced: boolean;
    }
  /** The browser plays no sound before the visitor touches the page again: ask for a click. */
  | { readonly type: 'no-sound-yet' };

/** How a call sounds, judged every 2 s; a warning stays until the network has been fine for a while. */
export type QualityWarning = 'rtt' | 'jitter' | 'loss' | 'mos' | 'mic';

export type CallQuality = {
  /** E-model estimate (ITU-T G.107), 1.0 to 4.5; undefined until sound has come in. */
  readonly mos: number | undefined;
  readonly rttMs: number | undefined;
  readonly jitterMs: number | undefined;
  readonly lossPercent: number | undefined;
  /** `rtt`: delay over 400 ms; `jitter`: over 30 ms; `loss`: over 3 %; `mos`: under 3.5; `mic`: nothing comes from the microphone. */
  readonly warnings: readonly QualityWarning[];
};

/** Why a call is over. */
export type EndReason =
  /** Somebody hung up: `by` says who. */
  | 'hung-up'
  /** Whoever was called is busy, or declined. */
  | 'busy'
  /** Nobody answered, or nobody is there. */
  | 'no-answer'
  /** Nobody takes calls at this hour. */
  | 'closed'
  /** The gateway did not let this page or press call: `text` may say why. */
  | 'refused'
  /** Too many calls from here or at all: `retryAfterS` says when to try again, where it is known. */
  | 'too-many'
  /** The gateway could not be reached, or takes no calls from browsers. */
  | 'unreachable'
  /** The connection broke and could not be made again within 20 s. */
  | 'lost'
  /** Calls of this button are not longer than this. */
  | 'longest-time'
  /** The browser can't make calls. */
  | 'unable'
  /** Whatever else went wrong. */
  | 'failed';

export type CallEnd = {
  readonly by: 'us' | 'other' | 'gateway';
  readonly reason: EndReason;
  /** SIP status, or that of the token's HTTP answer. */
  readonly status?: number;
  /** The `code` of a refused token: origin, closed, verify, intent …; `offline`: the browser has no network. */
  readonly code?: string;
  /** The gateway's words, in English; for a log rather than for a person. */
  readonly text?: string;
  readonly retryAfterS?: number;
};

export type CallDevice = { readonly id: string; readonly label: string };

/** What is plugged in. Labels are empty until the microphone was allowed. */
export type CallDevices = {
  readonly microphones: readonly CallDevice[];
  readonly speakers: readonly CallDevice[];
  /** In use; undefined: the system's own choice. */
  readonly microphone: string | undefined;
  readonly speaker: string | undefined;
  /** False where the browser can't choose (Safari, Firefox before 116): show no list. */
  readonly canChooseSpeaker: boolean;
};

/** A piece of the visitor's own voice, recorded in the browser alone and played back. The other side hears nothing of it. */
export type HearTest = {
  readonly phase: 'recording' | 'playing' | 'done' | 'failed';
  /** Length of the recording; the playing takes as long. */
  readonly lengthMs: number;
  /** Once recorded. `silent`: no sound at all; `quiet`: hard to hear; `loud`: distorted. */
  readonly verdict: 'silent' | 'quiet' | 'good' | 'loud' | undefined;
};

export type CallState = {
  readonly phase: CallPhase;
  /** When the call was asked for, milliseconds since the epoch; a resumed call has that of its beginning. */
  readonly startedAt: number;
  /** When it first rang. */
  readonly ringingAt: number | undefined;
  /** When it was answered: a timer shows now less this. */
  readonly answeredAt: number | undefined;
  /** The call is ended by the gateway after so many seconds from the answer; undefined until known. */
  readonly maxSeconds: number | undefined;
  /** Audio has found a way to the gateway; stays true though the way may break. */
  readonly connected: boolean;
  readonly muted: boolean;
  /** The other side holds the call. */
  readonly heldByOther: boolean;
  /** Loudness now, 0 to 1 (-60 dB to full scale), about ten times a second while the page is seen. */
  readonly levels: { readonly microphone: number; readonly speaker: number };
  readonly quality: CallQuality | undefined;
  readonly problem: CallProblem | undefined;
  readonly end: CallEnd | undefined;
  /** The visitor hears and is not heard. */
  readonly listenOnly: boolean;
  readonly devices: CallDevices;
  readonly hearTest: HearTest | undefined;
  /** Keys sent so far. */
  readonly keys: string;
};

/** A STUN or TURN server, as RTCPeerConnection takes it. */
export type IceServer = {
  readonly urls: string | string[];
  readonly username?: string;
  readonly credential?: string;
};

/** A server's permission for one call: the 200 of `POST /v1/button/token`, and its refusals. */
export type TokenAnswer =
  | {
      readonly type: 'given';
      /** For the INVITE; single use. */
      readonly token: string;
      /** Seconds. */
      readonly expiresIn: number;
      /** To take the call up again after the page was left. */
      readonly resume: string;
      /** Address to call, `sip:sales@host`. */
      readonly uri: string;
      /** WebSockets, `wss://…`; the first that works is used. */
      readonly servers: readonly string[];
      readonly iceServers: readonly IceServer[];
      readonly maxSeconds: number;
    }
  | {
      readonly type: 'refused';
      /** HTTP status; 0: the gateway could not be reached. */
      readonly status: number;
      readonly code: string;
      readonly text?: string;
      readonly retryAfterS?: number;
    };

/** What a page keeps (`sessionStorage`) so that the next one takes the call up again; plain JSON. */
export type KeptCall = {
  readonly version: 1;
  /** When it was kept, milliseconds since the epoch. */
  readonly savedAt: number;
  /** The dialog as this side names it (RFC 3261 12). */
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly resume: string;
  readonly uri: string;
  readonly servers: readonly string[];
  readonly iceServers: readonly IceServer[];
  readonly maxSeconds: number;
  readonly pressId: string;
  readonly startedAt: number;
  readonly answeredAt: number;
  readonly muted: boolean;
  readonly listenOnly: boolean;
  readonly keys: string;
  readonly microphone: string | undefined;
  readonly speaker: string | undefined;
};

/** Where samples of the quality go: `POST <url>` every half minute, at the end, and when the page is left. */
export type QualityReport = {
  /** `https://gateway/v1/button/quality`. */
  readonly url: string;
  readonly site: string;
};

export type OpenCallOptions = {
  /** Names the call everywhere: the press's id. */
  readonly pressId: string;
  /**
   * Fetches the permission. Called at once, in parallel with the microphone, and again when the visitor took longer than
   * it is good for. Must not reject. Not called for a resumed call.
   */
  token(): Promise<TokenAnswer>;
  /** `none`: a call in which the visitor only hears. */
  readonly microphone: 'ask' | 'none';
  /** A call of the page before this one, by `readKept`. */
  readonly resumed?: KeptCall;
  /** Language tag for the rhythm of the ringing tone (`zh-CN`); default: the browser's. */
  readonly language?: string;
  /** Devices chosen before. */
  readonly devices?: { readonly microphone?: string; readonly speaker?: string };
  readonly report?: QualityReport;
  /** Called after each change, never from within `openCall` itself. */
  onChange(state: CallState): void;
};

/** A call under way. Nothing here throws or rejects; what can't be done now does nothing. */
export type WidgetCall = {
  readonly state: CallState;
  /** Ends it in whatever phase. */
  hangUp(): void;
  /** After a problem with the microphone: asks again, or calls without one. Call it in a click's handler. */
  goOn(microphone: 'ask' | 'none'): void;
  mute(muted: boolean): void;
  /**
   * Sends keys `0-9 * # A-D` (RFC 4733; 160 ms each, 70 ms apart) behind those under way; other characters are dropped.
   *
   * @returns what is sent; '' when the call takes no keys now: before the answer, or without a microphone
   */
  press(keys: string): string;
  /** Undefined: the system's own choice. Holds at once; `problem` says when it can't be had (the former one stays). */
  setMicrophone(id: string | undefined): void;
  setSpeaker(id: string | undefined): void;
  /** Starts "can't hear me?": `state.hearTest` follows it. Another one under way is left alone. */
  hearTest(): void;
  /** Plays the sound that the browser has held back; call it in a click's handler. */
  playSound(): void;
  /** Takes `problem` away once it was read. */
  dismiss(): void;
  /** For the next page; undefined while the call is not answered or is over. Ask on `pagehide`. */
  keep(): KeptCall | undefined;
};

/** The type of the bundle's one export that pages use. */
export type OpenCall = (options: OpenCallOptions) => WidgetCall;
