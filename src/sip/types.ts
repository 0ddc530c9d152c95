import type {
  Admission,
  BanChange,
  SipEngine,
  SipEngineOptions,
  SipEngineStats,
  TlsOptions,
} from '../sip-engine/index.ts';

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

/** Names a dialog (RFC 3261 12), as a Replaces header does; the tags are our peer's view of it (RFC 3891 3). */
export type DialogId = { readonly callId: string; readonly toTag: string; readonly fromTag: string };

/** The peer asks that its opposite be connected with somebody else (RFC 3515). */
export type Refer = {
  /** The URI of Refer-To, without headers. */
  readonly target: string;
  /** The dialog whose other side is meant (RFC 5589 7). */
  readonly replaces: DialogId | undefined;
  /** 202; what becomes of it is told by `notify`. */
  accept(): void;
  refuse(status: number): void;
  /** The status of the call that was asked for (RFC 3515 2.4.5); 200 and above is the last word. Never rejects. */
  notify(status: number, reason: string): Promise<void>;
};

/** A confirmed INVITE dialog. */
export type SipDialog = {
  readonly sipCallId: string;
  /** Whether the peer means this dialog. */
  isNamed(id: DialogId): boolean;
  /** Called once, also when the dialog ended before it was set. */
  onHangUp(handler: (hangUp: HangUp) => void): void;
  /** Handlers of the peer's changes to the media, in place of earlier ones. `makeOffer` serves a re-INVITE without SDP, whose answer comes in its ACK. */
  onMedia(handlers: {
    receiveOffer: OfferHandler;
    makeOffer: () => string;
    receiveAnswer: (answer: string) => Promise<void>;
  }): void;
  /** A key press that came as INFO (application/dtmf-relay, application/dtmf). */
  onDigit(handler: (digit: string, durationMs: number) => void): void;
  /** The peer wants to transfer the call. Without a handler it is refused (403). */
  onRefer(handler: (refer: Refer) => void): void;
  /**
   * Offers the peer something new (re-INVITE); tries again when it was making an offer itself (491).
   * @returns its answer
   * @throws Error when it refuses, or says nothing within 10 s
   */
  offer(sdp: string): Promise<string>;
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
  /** The dialog that this one is to take the place of (RFC 3891). */
  readonly replaces: DialogId | undefined;
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
  /** Sends a final response of 300 to 699. A header of several values gets a line for each. */
  refuse(status: number, headers?: Readonly<Record<string, string | readonly string[]>>): void;
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

/** A REGISTER as it came. */
export type IncomingRegister = {
  readonly uri: string;
  readonly peer: SipPeer;
  readonly body: string;
  /** Repeated lines joined by commas. */
  header(name: string): string | undefined;
};

export type RegisterResponse = {
  readonly status: number;
  readonly reason?: string;
  /** A header of several values gets a line for each. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
};

export type PingResult =
  | { readonly reachable: true; readonly status: number; readonly milliseconds: number }
  | { readonly reachable: false; readonly reason: string };

/** One REGISTER (RFC 3261 10.2). */
export type RegisterOptions = {
  /** Request-URI: the registrar's domain. */
  readonly server: string;
  /** Address of record: `sip:4711@carrier.example`. */
  readonly address: string;
  /** User part of our Contact. */
  readonly contactUser: string;
  /** Seconds asked for; 0 takes the registration back. */
  readonly expires: number;
  /** The same for all of one registration, with `sequence` rising. */
  readonly callId: string;
  readonly sequence: number;
  /** Next hop when it is not the server's URI. */
  readonly proxy: string | undefined;
  readonly auth: { readonly username: string; readonly password: string };
  readonly timeoutMs: number;
};

export type RegisterResult =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly reason: string;
      header(name: string): string | undefined;
      /** Where the answer came from. */
      readonly address: string | undefined;
      /** Our Contact as it was sent. */
      readonly contact: string | undefined;
      /** CSeq of the last try. */
      readonly sequence: number;
    }
  | { readonly type: 'silence' }
  | { readonly type: 'unsent'; readonly reason: string };

/** Bans of the embedded engine, in force now. */
export type SipWall = Pick<SipEngine, 'bans' | 'ban' | 'unban'>;

/** The SIP side of the gateway, whichever server listens. */
export type SipServer = {
  /** Listening points as `udp/127.0.0.1:5060`. */
  readonly hostports: readonly string[];
  dial(options: DialOptions): OutgoingInvite;
  /** OPTIONS to `uri` (RFC 3261 11); any final response counts as reachable, 408 and 503 made locally do not. */
  ping(uri: string, timeoutMs: number): Promise<PingResult>;
  /** Registers at a carrier, with credentials when asked. Never rejects. */
  register(options: RegisterOptions): Promise<RegisterResult>;
  /** Whom the embedded engine lets in from now on; an external server has rules of its own. */
  setAdmission(admission: Admission): void;
  /** Certificates for connections from now on; rejects when they can't be used. Nothing happens with an external server. */
  setTls(tls: TlsOptions): Promise<void>;
  /** Undefined with an external server, and when the wall is switched off. */
  readonly wall: SipWall | undefined;
  /** Undefined with an external server. */
  stats(): Promise<SipEngineStats | undefined>;
  close(): Promise<void>;
};

export type SipServerOptions = {
  readonly server:
    | { readonly type: 'embedded'; readonly options: Omit<SipEngineOptions, 'admin'> }
    | { readonly type: 'drachtio'; readonly host: string; readonly port: number; readonly secret: string };
  readonly onInvite: (invite: IncomingInvite) => void;
  /** Left out: REGISTER is not taken. */
  readonly onRegister?: ((message: IncomingRegister) => Promise<RegisterResponse>) | undefined;
  /** OPTIONS from a peer: the status to answer, undefined for silence. */
  readonly onOptions: (peer: SipPeer) => number | undefined;
  /** A ban begins or ends, whoever made it. */
  readonly onBan?: (change: BanChange) => void;
  /** The server is gone, and every dialog with it. An external server is connected to again by itself. */
  readonly onLost: (error: Error) => void;
};
