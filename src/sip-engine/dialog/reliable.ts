import { headerValue } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';
import type { Core, Incoming } from './types.ts';

type Running = {
  readonly core: Core;
  readonly incoming: Incoming;
  readonly missed: (core: Core, incoming: Incoming) => void;
};

/** The next RSeq of an INVITE: a random start below 2^31, then one more each (RFC 3262 3). */
export const nextRseq = (incoming: Incoming): number => {
  incoming.rseq = incoming.rseq === 0 ? 1 + Math.floor(Math.random() * 0x3fffffff) : incoming.rseq + 1;
  return incoming.rseq;
};

/** Repeats a reliable provisional response from T1, doubling, for 64·T1 at most; then calls `missed` (RFC 3262 3). */
export const startReliable = (
  core: Core,
  incoming: Incoming,
  rseq: number,
  bytes: Buffer,
  missed: Running['missed'],
): void => {
  const interval = core.times.t1;
  const timer = core.timers.set(interval, repeat, { core, incoming, missed });
  incoming.reliable = { rseq, bytes, interval, waited: 0, timer };
};

const repeat = (running: Running): void => {
  const { core, incoming, missed } = running;
  const { reliable } = incoming;
  if (reliable === undefined || incoming.answered) return;
  reliable.waited += reliable.interval;
  if (reliable.waited >= 64 * core.times.t1) {
    missed(core, incoming);
    return;
  }
  core.server.resend(incoming.transaction, reliable.bytes);
  reliable.interval *= 2;
  reliable.timer = core.timers.set(reliable.interval, repeat, running);
};

/** Stops the repetition: a PRACK came, or a final response goes out. */
export const stopReliable = (core: Core, incoming: Incoming): void =>
  core.timers.clear(incoming.reliable?.timer);

const RACK = /^(\d+)\s+(\d+)\s+(\S+)/;

/** Whether a PRACK names the reliable provisional of this INVITE that is outstanding (RFC 3262 3, 7.2). */
export const isPrackOf = (prack: SipRequest, incoming: Incoming): boolean => {
  const match = RACK.exec(headerValue(prack, 'rack') ?? '');
  if (match === null || incoming.reliable === undefined) return false;
  const { cseq } = incoming.request.core;
  return (
    Number(match[1]) === incoming.reliable.rseq && Number(match[2]) === cseq.number && match[3] === 'INVITE'
  );
};
