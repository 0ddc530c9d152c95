import type { SipRequest, SipResponse } from '../message/types.ts';
import type { Endpoint, Flow, ListenPoint, Received, Transports } from '../transport/types.ts';
import type { SipTimers } from '../types.ts';
import type { Timer, Timers } from './timers.ts';

/** Where the messages of a transaction go, and from which of our points. */
export type Target = {
  readonly local: ListenPoint;
  readonly remote: Endpoint;
  readonly flow?: Flow | undefined;
};

/**
 * Server transaction (RFC 3261 17.2, with RFC 6026's `accepted`). `O` is what the transaction user keeps with it.
 * Mutable fields are written by the transaction layer only, `owner` by its user only.
 */
export type ServerTransaction<O> = {
  readonly key: string;
  /** Call-ID, From tag and CSeq, to find merged requests (RFC 3261 8.2.2.2) and ACKs with a wrong branch; empty when neither can be. */
  readonly callKey: string;
  readonly request: SipRequest;
  readonly received: Received;
  readonly target: Target;
  state: 'trying' | 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
  /** Last response sent. */
  response: Buffer | undefined;
  /** How often the request came again. */
  repeats: number;
  interval: number;
  /** Timer G. */
  retransmit: Timer | undefined;
  /** Timer H, I, J or L, whichever runs. */
  expiry: Timer | undefined;
  owner: O | undefined;
};

/** Client transaction (RFC 3261 17.1, with RFC 6026's `accepted`). */
export type ClientTransaction<O> = {
  readonly key: string;
  readonly branch: string;
  readonly method: string;
  readonly bytes: Buffer;
  readonly parts: RequestParts;
  readonly target: Target;
  readonly owner: O;
  state: 'calling' | 'trying' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
  interval: number;
  /** Timer A or E. */
  retransmit: Timer | undefined;
  /** Timer B, F, D, K or M, whichever runs. */
  expiry: Timer | undefined;
  /** ACK to the non-2xx final response, repeated for each of its retransmissions. */
  ack: Buffer | undefined;
};

/** What ACK and CANCEL copy from their request (RFC 3261 9.1, 17.1.1.3); values without header names. */
export type RequestParts = {
  readonly uri: string;
  readonly via: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  readonly routes: readonly string[];
};

/** What a request needs to become a client transaction. */
export type Departure<O> = {
  readonly branch: string;
  readonly method: string;
  readonly bytes: Buffer;
  readonly parts: RequestParts;
  readonly target: Target;
  readonly owner: O;
};

/** What the transaction layer tells its user. */
export type ClientHandlers<C> = {
  /** 1xx and finals of a client transaction; of an accepted INVITE also each further 2xx (RFC 6026 7.2). */
  response(transaction: ClientTransaction<C>, response: SipResponse, received: Received): void;
  /** No final response: timer B or F, or the transport failed (RFC 3261 17.1.4). The transaction is gone. */
  failed(transaction: ClientTransaction<C>, reason: 'timeout' | 'transport'): void;
  /** False for a response with more Vias than ours, which a user agent drops (RFC 3261 8.1.3.3). Left out: all are taken. */
  accepts?(response: SipResponse): boolean;
};

/** Counters that transactions keep. */
export type TransactionCounters = { retransmissionsIn: number; retransmissionsOut: number };

/** What both halves of the layer stand on. */
export type TransactionBase = {
  readonly transports: Pick<Transports, 'send'>;
  readonly timers: Timers;
  readonly times: SipTimers;
  readonly counters: TransactionCounters;
  /** Who gets no answer, not even one to what was taken before; nobody when left out. */
  readonly unanswered?: (address: string) => boolean;
  /** Told of each request that leaves, once. */
  readonly asked?: (parts: RequestParts, target: Target) => void;
  /** Told of each final response that leaves, once. */
  readonly answered?: (request: SipRequest, received: Received, status: number) => void;
};
