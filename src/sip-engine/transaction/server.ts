import type { SipRequest } from '../message/types.ts';
import type { Received } from '../transport/types.ts';
import type { ServerTransaction, Target, TransactionBase } from './types.ts';

const COOKIE = 'z9hG4bK';

/** Matching of requests to server transactions (RFC 3261 17.2.3); `method` ACK counts as INVITE. */
const serverKey = (request: SipRequest, method: string): string => {
  const { via, callId, fromTag, cseq } = request.core;
  const by = `${via.host}:${via.port ?? ''}|${method === 'ACK' ? 'INVITE' : method}`;
  if (via.branch.startsWith(COOKIE)) return `${via.branch}|${by}`;
  return `${via.branch}|${callId}|${fromTag}|${cseq.number}|${by}`;
};

const callKey = (request: SipRequest): string => {
  const { callId, fromTag, cseq } = request.core;
  const method = request.method === 'ACK' ? 'INVITE' : request.method;
  return `${callId}|${fromTag}|${cseq.number}|${method}`;
};

export type ServerTransactions<S> = {
  /** The transaction a request belongs to: a retransmission, or the ACK to a final response. */
  match(request: SipRequest): ServerTransaction<S> | undefined;
  /** The INVITE transaction that a CANCEL names (RFC 3261 9.2). */
  matchCancelled(cancel: SipRequest): ServerTransaction<S> | undefined;
  /** Another transaction of the same request that came by another path (RFC 3261 8.2.2.2), or an ACK's INVITE. */
  matchCall(request: SipRequest): ServerTransaction<S> | undefined;
  open(received: Received, request: SipRequest): ServerTransaction<S>;
  /** The peer repeated its request: the last response goes out again. */
  repeat(transaction: ServerTransaction<S>): void;
  /** Sends a response and moves on. Later responses to a finished transaction are the caller's mistake and are not sent. */
  respond(transaction: ServerTransaction<S>, status: number, bytes: Buffer): void;
  /** Sends bytes again without any change of state: 2xx to INVITE and reliable provisionals, which the user repeats. */
  resend(transaction: ServerTransaction<S>, bytes: Buffer): void;
  /** ACK to a non-2xx response (RFC 3261 17.2.1). */
  acknowledged(transaction: ServerTransaction<S>): void;
  /** Ends a transaction without a response. */
  abandon(transaction: ServerTransaction<S>): void;
  /**
   * Whether a new request may be taken when so many are the most. The longest answered is forgotten to make room, which
   * costs no more than a repeated response; only requests that wait for an answer keep others out. Guests have half of the
   * room, and theirs are forgotten first.
   */
  hasRoom(most: number, guest: boolean): boolean;
  readonly size: number;
};

const ignore = (): void => {};

/** Server transactions: INVITE (RFC 3261 17.2.1, RFC 6026 7.1) and the others (17.2.2). */
export const createServerTransactions = <S>(base: TransactionBase): ServerTransactions<S> => {
  const { timers, times, transports, counters } = base;
  const byKey = new Map<string, ServerTransaction<S>>();
  const byCall = new Map<string, ServerTransaction<S>>();
  const lifetime = 64 * times.t1;
  /** Answered ones in the order of their answers. */
  const answered = new Set<ServerTransaction<S>>();
  const answeredGuests = new Set<ServerTransaction<S>>();
  let guests = 0;

  const isGuest = ({ received }: ServerTransaction<S>): boolean => received.guest === true;
  const noteAnswered = (transaction: ServerTransaction<S>): void => {
    if (isGuest(transaction)) answeredGuests.add(transaction);
    else answered.add(transaction);
  };
  const forget = (transaction: ServerTransaction<S>): void => {
    if (byKey.get(transaction.key) !== transaction) return;
    byKey.delete(transaction.key);
    if (!isGuest(transaction)) {
      answered.delete(transaction);
      return;
    }
    answeredGuests.delete(transaction);
    guests -= 1;
  };

  const send = (transaction: ServerTransaction<S>, bytes: Buffer): void => {
    const { target } = transaction;
    if (base.unanswered?.(target.remote.address)) return;
    if (target.flow === undefined || target.flow.open) {
      transports.send(bytes, target, ignore);
      return;
    }
    if (target.remote.protocol === 'ws' || target.remote.protocol === 'wss') return; // browsers take no connections
    // The connection is gone: a new one to the sent-by port (RFC 3261 18.2.2).
    const port = transaction.request.core.via.port ?? (target.remote.protocol === 'tls' ? 5061 : 5060);
    transports.send(bytes, { local: target.local, remote: { ...target.remote, port } }, ignore);
  };

  const terminate = (transaction: ServerTransaction<S>): void => {
    transaction.state = 'terminated';
    timers.clear(transaction.retransmit);
    timers.clear(transaction.expiry);
    forget(transaction);
    if (byCall.get(transaction.callKey) === transaction) byCall.delete(transaction.callKey);
  };

  /** Timer G (RFC 3261 17.2.1). */
  const retransmit = (transaction: ServerTransaction<S>): void => {
    if (transaction.state !== 'completed' || transaction.response === undefined) return;
    counters.retransmissionsOut += 1;
    send(transaction, transaction.response);
    transaction.interval = Math.min(transaction.interval * 2, times.t2);
    transaction.retransmit = timers.set(transaction.interval, retransmit, transaction);
  };

  const expireAfter = (transaction: ServerTransaction<S>, ms: number): void => {
    timers.clear(transaction.expiry);
    if (ms === 0) {
      terminate(transaction);
      return;
    }
    transaction.expiry = timers.set(ms, terminate, transaction);
  };

  const isStream = (target: Target): boolean => target.remote.protocol !== 'udp';

  const complete = (transaction: ServerTransaction<S>, status: number): void => {
    noteAnswered(transaction);
    if (transaction.request.method !== 'INVITE') {
      transaction.state = 'completed';
      expireAfter(transaction, isStream(transaction.target) ? 0 : lifetime);
      return; // timer J
    }
    if (status < 300) {
      transaction.state = 'accepted';
      expireAfter(transaction, lifetime);
      return; // timer L, RFC 6026 7.1
    }
    transaction.state = 'completed';
    expireAfter(transaction, lifetime); // timer H
    if (isStream(transaction.target)) return;
    transaction.interval = times.t1;
    transaction.retransmit = timers.set(times.t1, retransmit, transaction);
  };

  return {
    match: (request) => byKey.get(serverKey(request, request.method)),
    matchCancelled: (cancel) => byKey.get(serverKey(cancel, 'INVITE')),
    matchCall: (request) => byCall.get(callKey(request)),
    open(received, request) {
      const transaction: ServerTransaction<S> = {
        key: serverKey(request, request.method),
        callKey: request.core.toTag === '' || request.method === 'INVITE' ? callKey(request) : '',
        request,
        received,
        target: { local: received.local, remote: received.remote, flow: received.flow },
        state: 'trying',
        response: undefined,
        repeats: 0,
        interval: 0,
        retransmit: undefined,
        expiry: undefined,
        owner: undefined,
      };
      byKey.set(transaction.key, transaction);
      if (isGuest(transaction)) guests += 1;
      if (transaction.callKey !== '' && !byCall.has(transaction.callKey))
        byCall.set(transaction.callKey, transaction);
      return transaction;
    },
    repeat(transaction) {
      counters.retransmissionsIn += 1;
      transaction.repeats += 1;
      // An accepted INVITE absorbs its retransmissions: the 2xx is repeated end to end (RFC 6026 7.1).
      if (transaction.state !== 'proceeding' && transaction.state !== 'completed') return;
      if (transaction.response !== undefined) send(transaction, transaction.response);
    },
    respond(transaction, status, bytes) {
      if (transaction.state !== 'trying' && transaction.state !== 'proceeding') return;
      transaction.response = bytes;
      send(transaction, bytes);
      if (status < 200) {
        transaction.state = 'proceeding';
        return;
      }
      complete(transaction, status);
      base.answered?.(transaction.request, transaction.received, status);
    },
    resend(transaction, bytes) {
      counters.retransmissionsOut += 1;
      send(transaction, bytes);
    },
    acknowledged(transaction) {
      if (transaction.state !== 'completed') return;
      transaction.state = 'confirmed';
      timers.clear(transaction.retransmit);
      expireAfter(transaction, isStream(transaction.target) ? 0 : times.t4); // timer I
    },
    abandon: terminate,
    hasRoom(most, guest) {
      if (byKey.size < most && (!guest || guests < most / 2)) return true;
      const [oldestGuest] = answeredGuests;
      const [oldestKnown] = answered;
      const oldest = oldestGuest ?? (guest ? undefined : oldestKnown);
      if (oldest === undefined) return false;
      terminate(oldest);
      return true;
    },
    get size() {
      return byKey.size;
    },
  };
};
