import { headerValue } from '../message/index.ts';
import type { SipResponse } from '../message/types.ts';
import type { Flow, Received } from '../transport/types.ts';
import { buildHopAck } from './hop.ts';
import type { ClientHandlers, ClientTransaction, Departure, TransactionBase } from './types.ts';

export type ClientTransactions<C> = {
  start(departure: Departure<C>): ClientTransaction<C>;
  /** Hands a response to its transaction; false when there is none (the response is dropped, RFC 3261 18.1.2). */
  receive(response: SipResponse, received: Received): boolean;
  /** Ends a transaction without a word. */
  abandon(transaction: ClientTransaction<C>): void;
  /** The stream a transaction was sent by is gone. */
  flowClosed(flow: Flow): void;
  readonly size: number;
};

const ignore = (): void => {};

/** Client transactions: INVITE (RFC 3261 17.1.1, RFC 6026 7.2) and the others (17.1.2). */
export const createClientTransactions = <C>(
  base: TransactionBase,
  handlers: ClientHandlers<C>,
): ClientTransactions<C> => {
  const { timers, times, transports, counters } = base;
  const byKey = new Map<string, ClientTransaction<C>>();
  const lifetime = 64 * times.t1;

  /** Timers B and F; a dialog that stands is not given up sooner than RFC 3261 says. */
  const patience = ({ method, parts }: Departure<C>): number =>
    method === 'INVITE' && times.b !== undefined && !/;\s*tag=/i.test(parts.to) ? times.b : lifetime;

  const stopTimers = (transaction: ClientTransaction<C>): void => {
    timers.clear(transaction.retransmit);
    timers.clear(transaction.expiry);
  };

  const terminate = (transaction: ClientTransaction<C>): void => {
    transaction.state = 'terminated';
    stopTimers(transaction);
    if (byKey.get(transaction.key) === transaction) byKey.delete(transaction.key);
  };

  const fail = (transaction: ClientTransaction<C>, reason: 'timeout' | 'transport'): void => {
    const { state } = transaction;
    if (state !== 'calling' && state !== 'trying' && state !== 'proceeding') return;
    terminate(transaction);
    handlers.failed(transaction, reason);
  };

  /** Timers B and F. */
  const timedOut = (transaction: ClientTransaction<C>): void => fail(transaction, 'timeout');

  /** Timers A and E: A doubles without bound, E up to T2 and stays at T2 once proceeding. */
  const retransmit = (transaction: ClientTransaction<C>): void => {
    counters.retransmissionsOut += 1;
    transports.send(transaction.bytes, transaction.target, ignore);
    const doubled = transaction.interval * 2;
    if (transaction.state === 'calling') transaction.interval = doubled;
    else transaction.interval = transaction.state === 'proceeding' ? times.t2 : Math.min(doubled, times.t2);
    transaction.retransmit = timers.set(transaction.interval, retransmit, transaction);
  };

  const expireAfter = (transaction: ClientTransaction<C>, ms: number): void => {
    stopTimers(transaction);
    if (ms === 0) {
      terminate(transaction);
      return;
    }
    transaction.expiry = timers.set(ms, terminate, transaction);
  };

  const isStream = (transaction: ClientTransaction<C>): boolean =>
    transaction.target.remote.protocol !== 'udp';

  const sendAck = (transaction: ClientTransaction<C>): void => {
    if (transaction.ack !== undefined) transports.send(transaction.ack, transaction.target, ignore);
  };

  /** What still comes for an INVITE that has its final response. */
  const receiveLate = (
    transaction: ClientTransaction<C>,
    response: SipResponse,
    received: Received,
  ): void => {
    const success = response.status >= 200 && response.status < 300;
    if (transaction.state === 'accepted') {
      if (success) handlers.response(transaction, response, received);
      return;
    }
    if (response.status < 300) return;
    counters.retransmissionsIn += 1;
    sendAck(transaction);
  };

  const receiveInvite = (
    transaction: ClientTransaction<C>,
    response: SipResponse,
    received: Received,
  ): void => {
    const { state, parts } = transaction;
    if (state === 'completed' || state === 'accepted') {
      receiveLate(transaction, response, received);
      return;
    }
    if (response.status < 200) {
      if (state === 'calling') stopTimers(transaction);
      transaction.state = 'proceeding';
    } else if (response.status < 300) {
      transaction.state = 'accepted';
      expireAfter(transaction, lifetime); // timer M, RFC 6026 7.2
    } else {
      transaction.state = 'completed';
      transaction.ack = Buffer.from(buildHopAck(parts, headerValue(response, 'to') ?? parts.to));
      sendAck(transaction);
      expireAfter(transaction, isStream(transaction) ? 0 : lifetime); // timer D: at least 32 s
    }
    handlers.response(transaction, response, received);
  };

  const receiveOther = (
    transaction: ClientTransaction<C>,
    response: SipResponse,
    received: Received,
  ): void => {
    if (transaction.state === 'completed') {
      counters.retransmissionsIn += 1;
      return;
    }
    if (response.status < 200) {
      transaction.state = 'proceeding';
      handlers.response(transaction, response, received);
      return;
    }
    transaction.state = 'completed';
    expireAfter(transaction, isStream(transaction) ? 0 : times.t4); // timer K
    handlers.response(transaction, response, received);
  };

  return {
    start(departure) {
      const invite = departure.method === 'INVITE';
      const transaction: ClientTransaction<C> = {
        key: `${departure.branch}|${departure.method}`,
        branch: departure.branch,
        method: departure.method,
        bytes: departure.bytes,
        parts: departure.parts,
        target: departure.target,
        owner: departure.owner,
        state: invite ? 'calling' : 'trying',
        interval: times.t1,
        retransmit: undefined,
        expiry: undefined,
        ack: undefined,
      };
      byKey.set(transaction.key, transaction);
      transaction.expiry = timers.set(patience(departure), timedOut, transaction);
      if (!isStream(transaction)) transaction.retransmit = timers.set(times.t1, retransmit, transaction);
      base.asked?.(transaction.parts, transaction.target);
      transports.send(transaction.bytes, transaction.target, () => fail(transaction, 'transport'));
      return transaction;
    },
    receive(response, received) {
      const transaction = byKey.get(`${response.core.via.branch}|${response.core.cseq.method}`);
      if (transaction === undefined) return false;
      if (response.core.cseq.number !== transaction.parts.cseq || handlers.accepts?.(response) === false)
        return true;
      if (transaction.method === 'INVITE') receiveInvite(transaction, response, received);
      else receiveOther(transaction, response, received);
      return true;
    },
    abandon: terminate,
    flowClosed(flow) {
      const { address, port } = flow.remote;
      for (const transaction of byKey.values()) {
        const { target } = transaction;
        if (target.remote.protocol === 'udp') continue;
        const same =
          target.flow === undefined
            ? target.remote.address === address && target.remote.port === port
            : target.flow.id === flow.id;
        if (same) fail(transaction, 'transport');
      }
    },
    get size() {
      return byKey.size;
    },
  };
};
