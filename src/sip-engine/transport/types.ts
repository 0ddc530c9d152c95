import type { ParseResult, SipMessage } from '../message/types.ts';

export type TransportProtocol = 'udp' | 'tcp';

/** Where a message came from or goes to, by protocol and address literal (IPv6 without brackets). */
export type Endpoint = { readonly protocol: TransportProtocol; readonly address: string; readonly port: number };

/** A bound listening point. */
export type ListenPoint = {
  readonly protocol: TransportProtocol;
  /** Bound address and the port really bound. */
  readonly address: string;
  readonly port: number;
  /** What peers are told (Via, Contact): the external address if configured; a concrete one where the bound is a wildcard. */
  readonly advertised: { readonly address: string; readonly port: number };
};

/** A message on its way in. `remote` is where it really came from; Via's received and rport are filled in already. */
export type Received = {
  readonly result: ParseResult;
  /** Size on the wire in bytes. */
  readonly size: number;
  readonly remote: Endpoint;
  /** The listening point that took it and the local address it arrived on. */
  readonly local: ListenPoint;
  /** The stream it came by; responses go back on it. Undefined for UDP. */
  readonly flow: Flow | undefined;
};

/** An open stream connection. */
export type Flow = {
  readonly id: string;
  readonly remote: Endpoint;
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
  /**
   * Sends bytes. UDP: from the listening point's socket. TCP: on `flow` if open, else on a connection to `remote`, opened
   * when needed and kept for reuse. Failure (refused, unreachable, reset, 5 s connect time-out) comes by the callback.
   */
  send(bytes: Buffer, target: { local: ListenPoint; remote: Endpoint; flow?: Flow | undefined }, failed: (error: Error) => void): void;
  close(): Promise<void>;
};

export type TransportHandlers = {
  /** A parsed (or refused) message of an admitted peer. */
  received(received: Received): void;
  /** A stream ended; its transactions fail. */
  flowClosed(flow: Flow): void;
};

export type { SipMessage };
