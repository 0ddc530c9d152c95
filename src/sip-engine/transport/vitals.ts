import type { StreamLimits } from './types.ts';

/** When what happened on an open connection, in milliseconds of one clock. */
export type Vitals = {
  readonly openedAt: number;
  /** Last byte from the peer. */
  heardAt: number;
  /** Last message sent, keep-alives aside. */
  sentAt: number;
  /** Last whole message of the peer; undefined before the first. */
  messageAt: number | undefined;
  /** A message that isn't whole yet began then. */
  begunAt: number | undefined;
  /** Our last keep-alive. */
  pingedAt: number;
  /** Whether that keep-alive is still unanswered. */
  awaitsPong: boolean;
  /** Whether the peer has ever answered one. */
  ponged: boolean;
  /** Set once no more is wanted of the peer: when its time to read the rest is over. */
  endsAt: number | undefined;
};

export const newVitals = (now: number): Vitals => ({
  openedAt: now,
  heardAt: now,
  sentAt: now,
  messageAt: undefined,
  begunAt: undefined,
  pingedAt: now,
  awaitsPong: false,
  ponged: false,
  endsAt: undefined,
});

/** What kind of connection it is. */
export type Situation = {
  /** We opened it. */
  readonly dialed: boolean;
  /** The peer is served without further question, or was sent something. */
  readonly known: boolean;
  /** Milliseconds between our keep-alives; 0 for none. */
  readonly keepAlive: number;
  /** An answer to a keep-alive is sure to come while the peer lives (WebSocket: RFC 6455 5.5.2). */
  readonly mustPong: boolean;
};

/** What to do with it now: nothing, send a keep-alive, or close it for this reason. */
export type Verdict = 'fine' | 'ping' | { readonly close: string };

const FINE: Verdict = 'fine';
const PING: Verdict = 'ping';

/**
 * Whether a connection may go on: deadlines for the first message and for each one begun, idle time, keep-alives (RFC 5626
 * 4.4.1: a peer that has answered them before must go on to).
 */
export const judgeVitals = (
  vitals: Vitals,
  { dialed, known, keepAlive, mustPong }: Situation,
  limits: StreamLimits,
  now: number,
): Verdict => {
  const { openedAt, heardAt, sentAt, messageAt, begunAt, pingedAt, endsAt } = vitals;
  if (endsAt !== undefined) return now >= endsAt ? { close: 'connection closed' } : FINE;
  if (begunAt !== undefined && now - begunAt > (known ? limits.wholeOfKnown : limits.whole))
    return { close: 'message not finished in time' };
  if (!known && !dialed && messageAt === undefined && now - openedAt > limits.first)
    return { close: 'no message in time' };
  if (known && now - Math.max(heardAt, sentAt) > limits.idle) return { close: 'idle' };
  // Line ends keep nobody here who has nothing to say.
  if (!known && now - Math.max(messageAt ?? openedAt, sentAt) > limits.strangerIdle) return { close: 'idle' };
  if (vitals.awaitsPong && (mustPong || vitals.ponged) && now - pingedAt > limits.pong)
    return { close: 'peer answers no keep-alives' };
  return keepAlive > 0 && now - pingedAt >= keepAlive && !endangered(vitals, mustPong) ? PING : FINE;
};

/** A keep-alive is out that decides over the connection: another would put the decision off. */
const endangered = ({ awaitsPong, ponged }: Vitals, mustPong: boolean): boolean =>
  awaitsPong && (mustPong || ponged);
