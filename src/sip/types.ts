import type { SipEngineOptions, SipEngineStats } from '../sip-engine/index.ts';

/** What asked for something, by its packet's source. */
export type SipPeer = { readonly protocol: string; readonly address: string; readonly port: number };

/** Why a dialog ended, as its BYE tells it. */
export type HangUp = {
  /** `peer` sent BYE; `engine` gave up (no ACK, session timer). */
  readonly by: 'peer' | 'engine';
  readonly text: string | undefined;
  readonly q850: number | undefined;
};

/** Answers an offer of a re-INVITE or UPDATE; throws an error with a `sipStatus` to refuse it. */
export type OfferHandler = (offer: string) => Promise<string>;

/** A confirmed INVITE dialog. */
export type SipDialog = {
  readonly sipCallId: string;
  /** Called once, also when the dialog ended before it was set. */
  onHangUp(handler: (hangUp: HangUp) => void): void;
  /** Handlers of the peer's changes to the media. `makeOffer` serves a re-INVITE without SDP, whose answer comes in its ACK. */
  onMedia(handlers: {
    receiveOffer: OfferHandler;
    makeOffer: () => string;
    receiveAnswer: (answer: string) => Promise<void>;
  }): void;
  /** A key press that came as INFO (application/dtmf-relay, application/dtmf). */
  onDigit(handler: (digit: string, durationMs: number) => void): void;
  /** Sends BYE; resolves when it was answered, the engine gave up, or 5 s have passed. Never rejects. */
  bye(cause?: { q850: number; text: string }): Promise<void>;
};

/** An INVITE that is waiting for our answer. */
export type IncomingInvite = {
  readonly sipCallId: string;
  readonly peer: SipPeer;
  readonly requestUri: string;
  /** The caller's SDP offer; undefined when it wants ours (RFC 3261 13.2.1). */
  readonly offer: string | undefined;
  header(name: string): string | undefined;
  /** Called once when the caller cancels, also when it did before. */
  onCancel(handler: (reason: { q850: number | undefined }) => void): void;
  readonly cancelled: boolean;
  /** Handler of UPDATE before the answer (RFC 3311). */
  onEarlyOffer(handler: OfferHandler): void;
  /** Headers that every later response carries. */
  stamp(headers: Record<string, string>): void;
  /** 180 or 183, with SDP for early media. */
  ring(status: 180 | 183, sdp?: string): void;
  /**
   * Sends 200 and resolves when it is out.
   * For an INVITE without offer, `sdp` is our offer and `lateAnswer` gets the answer of the ACK.
   * @throws Error when the caller has cancelled or the peer is gone
   */
  answer(sdp: string, lateAnswer?: (sdp: string) => Promise<void>): Promise<SipDialog>;
  /** Sends a final response of 300 to 699. */
  refuse(status: number, headers?: Record<string, string>): void;
};

export type DialOptions = {
  readonly uri: string;
  /** Next hop when it is not the URI's. */
  readonly proxy?: string | undefined;
  readonly headers: Record<string, string>;
  readonly sdp: string;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** A provisional response above 100; `sdp` when it carries early media. */
  readonly onProgress: (status: number, sdp: string | undefined) => void;
};

export type DialResult =
  | {
      readonly type: 'answered';
      readonly dialog: SipDialog;
      readonly sdp: string;
      readonly peer: SipPeer | undefined;
      /** A header of the final response. */
      header(name: string): string | undefined;
    }
  | {
      readonly type: 'refused';
      readonly status: number;
      readonly reason: string;
      readonly q850: number | undefined;
      readonly peer: SipPeer | undefined;
      header(name: string): string | undefined;
    };

export type OutgoingInvite = {
  /** Settles with the final response; never rejects. */
  readonly result: Promise<DialResult>;
  readonly sipCallId: () => string | undefined;
  /** Takes the call back. An answer that crosses the CANCEL is hung up by itself. */
  cancel(reason?: { q850: number; text: string }): void;
};

export type PingResult =
  | { readonly reachable: true; readonly status: number; readonly milliseconds: number }
  | { readonly reachable: false; readonly reason: string };

/** The SIP side of the gateway, whichever server listens. */
export type SipServer = {
  /** Listening points as `udp/127.0.0.1:5060`. */
  readonly hostports: readonly string[];
  dial(options: DialOptions): OutgoingInvite;
  /** OPTIONS to `uri` (RFC 3261 11); any final response counts as reachable, 408 and 503 made locally do not. */
  ping(uri: string, timeoutMs: number): Promise<PingResult>;
  /** Undefined with an external server. */
  stats(): Promise<SipEngineStats | undefined>;
  close(): Promise<void>;
};

export type SipServerOptions = {
  readonly server:
    | { readonly type: 'embedded'; readonly options: Omit<SipEngineOptions, 'admin'> }
    | { readonly type: 'drachtio'; readonly host: string; readonly port: number; readonly secret: string };
  readonly onInvite: (invite: IncomingInvite) => void;
  /** OPTIONS from a peer: the status to answer, undefined for silence. */
  readonly onOptions: (peer: SipPeer) => number | undefined;
  /** The server is gone, and every dialog with it. An external server is connected to again by itself. */
  readonly onLost: (error: Error) => void;
};
