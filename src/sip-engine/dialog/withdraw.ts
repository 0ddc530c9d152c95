import { randomUUID } from 'node:crypto';
import { buildCancel } from '../transaction/index.ts';
import { count } from './counts.ts';
import { cancelLines } from './headers.ts';
import { refused } from './request.ts';
import { localResponse } from './send.ts';
import { ownSide } from './text.ts';
import type { AppMessage, Core, Outcome, Outgoing } from './types.ts';

/** Timer C: nothing final for too long (RFC 3261 16.8). */
const timerC = ({ core, outgoing }: { core: Core; outgoing: Outgoing }): void => {
  if (!outgoing.finished) cancelOutgoing(core, outgoing, '');
};

/** No final response 64·T1 after the CANCEL (RFC 3261 9.1). */
const cancelExpired = ({ core, outgoing }: { core: Core; outgoing: Outgoing }): void => {
  if (outgoing.finished) return;
  if (outgoing.transaction !== undefined) core.client.abandon(outgoing.transaction);
  core.conclude(outgoing, localResponse(core, outgoing, 408, 'Request Timeout'), undefined);
};

/** Cancels an INVITE in progress: at once, or when its first provisional response comes (RFC 3261 9.1). */
export const cancelOutgoing = (core: Core, outgoing: Outgoing, lines: string): void => {
  if (outgoing.finished || outgoing.cancel !== 'none') return;
  outgoing.cancelLines = lines;
  outgoing.cancel = 'held';
  if (outgoing.provisional) dispatchCancel(core, outgoing);
};

/** Sends a CANCEL that was held back; the INVITE has had its first provisional response. */
export const dispatchCancel = (core: Core, outgoing: Outgoing): void => {
  const { transaction } = outgoing;
  if (transaction === undefined) return;
  outgoing.cancel = 'sent';
  count(core.counters.requestsOut, 'CANCEL');
  core.client.start({
    branch: transaction.branch,
    method: 'CANCEL',
    bytes: Buffer.from(buildCancel(transaction.parts, outgoing.cancelLines)),
    parts: transaction.parts,
    target: transaction.target,
    owner: outgoing,
  });
  core.timers.clear(outgoing.expiry);
  outgoing.expiry = core.timers.set(64 * core.times.t1, cancelExpired, { core, outgoing });
};

/** The application's CANCEL of its INVITE `txn`. */
export const cancelByApp = (core: Core, txn: string, message: AppMessage): Outcome => {
  const outgoing = core.outgoing.get(txn);
  const transaction = outgoing?.transaction;
  if (outgoing === undefined || transaction === undefined || outgoing.request.method !== 'INVITE') {
    return refused(`unable to cancel unknown transaction id: ${txn}`);
  }
  const { local, remote } = outgoing.sent.target;
  const lines = cancelLines(message, ownSide(core, local, remote.address));
  const text = buildCancel(transaction.parts, lines);
  cancelOutgoing(core, outgoing, lines);
  return {
    ok: true,
    sent: { text, size: Buffer.byteLength(text), target: transaction.target },
    txn: randomUUID(),
    dialogId: undefined,
  };
};

/** Timer C, started anew by each 101 to 199 (RFC 3261 16.8). */
export const restartTimerC = (core: Core, outgoing: Outgoing, status: number): void => {
  if (outgoing.cancel !== 'none' || (status === 100 && outgoing.expiry !== undefined)) return;
  core.timers.clear(outgoing.expiry);
  outgoing.expiry = core.timers.set(core.times.c, timerC, { core, outgoing });
};
