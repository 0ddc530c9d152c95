import type { ParseLimits, ParseResult, SipMessage } from '../message/types.ts';
import type { Admission, SipEngineOptions, SipLimits, SipProtocol, TlsOptions } from '../types.ts';
import type { Wall } from '../wall/types.ts';

export type TransportProtocol = SipProtocol;

/** Where a message came from or goes to, by protocol and address literal (IPv6 without brackets). */
export type Endpoint = {
  readonly protocol: TransportProtocol;
  readonly address: string;
  readonly port: number;
  /** The name it was found by, where TLS needs one: shown to the peer (SNI), and what its certificate must be for (RFC 5922). */
  readonly host?: string;
};

/** A bound listening point. */
export type ListenPoint = {
  readonly protocol: TransportProtocol;
  /** Bound address and the port really bound. */
  readonly address: string;
  readonly port: number;
  /**
   * What peers in general are told (hostports): the external address if configured; a concrete one where the bound is a
   * wildcard. For the Via and Contact of one message ask `Transports.advertisedTo`.
   */
  readonly advertised: { readonly address: string; readonly port: number };
};

/**
 * A message on its way in. `remote` is where it really came from; Via's received and rport are filled in already.
 * Messages that can't be answered (`action: 'drop'`) never get here.
 */
export type Received = {
  readonly result: Exclude<ParseResult, { action: 'drop' }>;
  /** Size on the wire in bytes. */
  readonly size: number;
  readonly remote: Endpoint;
  /** The listening point that took it. */
  readonly local: ListenPoint;
  /** The address it arrived on; of a UDP wildcard point the likely one. */
  readonly localAddress: string;
  /**
   * It comes from nobody the admission knows: a response or an in-dialog request, which may be from the far end of a call
   * of ours. What matches no transaction or dialog must be dropped without an answer, counted in `droppedStrangers`.
   */
  readonly stranger: boolean;
  /** Its sender is unknown, and served only because it names a domain of ours, which anybody may: it gets half of the room. */
  readonly guest?: boolean;
  /** A stranger to whose address something was sent lately: it may be told that a dialog is gone. */
  readonly correspondent?: boolean;
  /** The stream it came by; responses go back on it. Undefined for UDP. */
  readonly flow: Flow | undefined;
};

/** An open stream connection. */
export type Flow = {
  readonly id: string;
  readonly remote: Endpoint;
  /** Of the page that opened it, where it is a WebSocket that a browser opened. */
  readonly origin?: string | undefined;
  readonly open: boolean;
};

export type Sent = {
  /** The text as it went out, Via and Contact filled in. */
  readonly text: string;
  readonly size: number;
  readonly local: ListenPoint;
  readonly remote: Endpoint;
};

/** Everything below transactions. One object owns every socket and closes them all. */
export type Transports = {
  readonly listenPoints: readonly ListenPoint[];
  /**
   * The listening point to send to `remote` from: same protocol and address family, loopback for loopback only.
   * Undefined when there is none (`requested protocol/transport not available`).
   */
  select(remote: Endpoint): ListenPoint | undefined;
  /** What Via and Contact of a message to (or from) this address say: see `ListenPoint.advertised`; loopback peers of a wildcard are told loopback. */
  advertisedTo(
    local: ListenPoint,
    remoteAddress: string,
  ): { readonly address: string; readonly port: number };
  /** Whether a URI's host and port are a listening point of ours, bound or advertised. */
  isOwnAddress(host: string, port: number | undefined): boolean;
  /** Whether a request of so many bytes may go by UDP (RFC 3261 18.1.1). */
  fitsUdp(size: number): boolean;
  /** Open stream connections. */
  readonly connections: number;
  setAdmission(admission: Admission | undefined): void;
  /** @throws the system's error when key or certificate can't be used; nothing is changed then */
  setTls(tls: TlsOptions): void;
  /** The flow of this id while it is open. */
  flow(id: string): Flow | undefined;
  /**
   * Sends bytes. UDP: from the listening point's socket. Streams: on `flow` if open, else on a connection to `remote`, opened
   * when needed and kept for reuse. Failure (refused, unreachable, reset, too large for a datagram, a certificate that isn't
   * the peer's, a time-out of connecting or handshaking) comes by the callback, at most once and never before `send` returns.
   */
  send(
    bytes: Buffer,
    target: { local: ListenPoint; remote: Endpoint; flow?: Flow | undefined },
    failed: (error: Error) => void,
  ): void;
  close(): Promise<void>;
};

export type TransportHandlers = {
  /** A parsed (or refused) message of an admitted peer. */
  received(received: Received): void;
  /** A stream ended; its transactions fail. Called once for each flow that `received` has shown or `send` has opened. */
  flowClosed(flow: Flow): void;
};

/** Counted in place, so that the owner reads them whenever it likes. */
export type TransportCounters = {
  /** Messages of strangers that got no answer. */
  droppedStrangers: number;
  /** Messages of known peers that no answer can be given to. */
  droppedMalformed: number;
  /** Requests of known peers that were handed up to be refused. */
  rejectedMalformed: number;
  /** Messages and connections refused because a limit was reached, by its name. */
  readonly refusedByLimit: Partial<Record<keyof SipLimits, number>>;
};

/** How to run the transports; everything but `listen` has a default. */
export type TransportOptions = Pick<
  SipEngineOptions,
  'listen' | 'mtu' | 'admission' | 'tls' | 'keepAliveSeconds' | 'limits'
> & {
  /** Bounds of the parser beside `limits`. */
  readonly parseLimits?: ParseLimits;
  /** Left out: everybody may send. */
  readonly wall?: Wall;
  readonly counters?: TransportCounters;
  /** Datagrams and stream messages a second that one unknown address has parsed; twice as many at once. Default 50. */
  readonly strangersPerSecond?: number;
  readonly streams?: Partial<StreamLimits>;
};

export type StreamLimits = {
  /** Connections in all, open or on the way to it; further ones are closed at once. Default `SipLimits.connections`. */
  readonly connections: number;
  /** Connections of one unknown address, WebSockets over loopback aside. Default `SipLimits.connectionsPerStranger`. */
  readonly perStranger: number;
  /** Milliseconds without a byte after which a connection is closed. Default 15 minutes. */
  readonly idle: number;
  /** The same for unknown addresses, without a whole message. Default 60 s. */
  readonly strangerIdle: number;
  /** Milliseconds for TCP to connect. Default 5000. */
  readonly connect: number;
  /** Milliseconds for the TLS handshake and WebSocket's upgrade; for peers that connect to us, both together. Default 10 s. */
  readonly handshake: number;
  /** Milliseconds until an unknown address that connects has sent a whole message. Default 10 s. */
  readonly first: number;
  /** Milliseconds until a message that has begun is whole: of unknown addresses, and of others. Defaults 10 s and 30 s. */
  readonly whole: number;
  readonly wholeOfKnown: number;
  /** Milliseconds for the answer to a keep-alive. Default 10 s. */
  readonly pong: number;
  /** Bytes that may wait for a slow reader before its connection is closed. Default 1 MiB. */
  readonly backlog: number;
};

export type { SipMessage };
