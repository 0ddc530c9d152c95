/** One header field, one entry for each line of the message, in the order of the wire. */
export type HeaderField = {
  /** Long name in lower case, compact forms expanded: `call-id`. */
  readonly key: string;
  /** Usual spelling for the wire: `Call-ID`. */
  readonly name: string;
  /** Unfolded value, trimmed. */
  readonly value: string;
};

export type SipUri = {
  readonly scheme: 'sip' | 'sips' | 'tel' | 'other';
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Without the brackets of IPv6; the whole rest of the URI for schemes without a host. */
  readonly host: string;
  readonly port: number | undefined;
  /** Names in lower case; a parameter without value has `''`. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What stands after `?`, unparsed. */
  readonly headers: string;
  /** The text it was read from. */
  readonly raw: string;
};

export type NameAddress = {
  readonly display: string | undefined;
  readonly uri: SipUri;
  /** Header parameters (tag, expires, q …), names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
};

export type Via = {
  /** `UDP`, `TCP`, `TLS`, `WS`, `WSS`, in upper case. */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly branch: string;
  readonly parameters: ReadonlyMap<string, string>;
};

/** What each message needs for matching, read once when it is parsed. */
export type MessageCore = {
  readonly callId: string;
  readonly fromTag: string;
  /** Empty outside dialogs. */
  readonly toTag: string;
  readonly cseq: { readonly number: number; readonly method: string };
  readonly via: Via;
};

export type SipRequest = {
  readonly kind: 'request';
  readonly method: string;
  /** Request-URI as text. */
  readonly uri: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
  readonly core: MessageCore;
};

export type SipResponse = {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
  readonly core: MessageCore;
};

export type SipMessage = SipRequest | SipResponse;

/**
 * What became of the bytes of a message.
 * `reject` can be answered (enough of the request was readable for a response); `drop` can't.
 */
export type ParseResult =
  | { readonly ok: true; readonly message: SipMessage }
  | {
      readonly ok: false;
      readonly action: 'reject';
      readonly status: number;
      readonly reason: string;
      readonly request: RejectedRequest;
    }
  | { readonly ok: false; readonly action: 'drop'; readonly reason: string };

/** The headers that a response to an unusable request copies (RFC 3261 8.2.6.2). */
export type RejectedRequest = {
  readonly method: string;
  readonly headers: readonly HeaderField[];
};

/** Bounds that keep a parse linear and small. */
export type ParseLimits = {
  /** Bytes of a whole message. */
  readonly message: number;
  /** Bytes of a header line after unfolding. */
  readonly line: number;
  readonly headers: number;
  /** Comma-separated items of one header line. */
  readonly items: number;
  readonly vias: number;
};
