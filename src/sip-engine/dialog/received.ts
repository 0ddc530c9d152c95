import { randomUUID } from 'node:crypto';
import { headerNumber, headerValue, messageText } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
import { cancelIncoming } from './cancel.ts';
import { tellStop } from './cdr.ts';
import { count, isKnownMethod } from './counts.ts';
import { endDialog, refreshTarget } from './dialogs.ts';
import { admit, newIncoming } from './incoming.ts';
import { isPrackOf, stopReliable } from './reliable.ts';
import { ALLOW_LINE, refuse, reply, retryAfterLine, settleWith } from './reply.ts';
import { tooShort } from './session-headers.ts';
import { followState } from './subscription.ts';
import type { Core, Dialog, Incoming } from './types.ts';
import { cancelOutgoing } from './withdraw.ts';

/** Requests that move the peer (RFC 3261 12.2, RFC 3311 5.2, RFC 6665 4.4.1). */
const TARGET_REFRESH: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'REFER', 'NOTIFY']);

/** ACK: of a refusal it ends here, of a 2xx it goes to the application, once (RFC 3261 13.3.1.4, 17.2.1). */
export const onAck = (
  core: Core,
  received: Received,
  ack: SipRequest,
  known: ServerTransaction<Incoming> | undefined,
): void => {
  count(core.counters.requestsIn, 'ACK');
  if (known !== undefined && known.state !== 'accepted') {
    core.server.acknowledged(known);
    return;
  }
  const { callId, fromTag, toTag, cseq } = ack.core;
  const dialog = core.dialogs.match(callId, toTag, fromTag);
  const wait = dialog?.ackWait;
  if (dialog === undefined || wait === undefined) {
    // Some user agents give the ACK to a refusal a branch of its own.
    const invite = core.server.matchCall(ack);
    if (invite?.owner?.localTag === toTag) core.server.acknowledged(invite);
    return;
  }
  if (wait.incoming.request.core.cseq.number !== cseq.number) return;
  core.timers.clear(wait.timer);
  dialog.ackWait = undefined;
  dialog.app.request(ack, received, randomUUID(), dialog.id);
};

type Refusal = readonly [status: number, lines: string];

/** Whose turn it is to change the session (RFC 3261 14.2, RFC 3311 5.2). */
const collision = (dialog: Dialog, request: SipRequest): Refusal | undefined => {
  const ours = dialog.invite?.finished === false;
  if (request.method === 'INVITE') {
    if (dialog.peerInvite !== undefined) return [500, retryAfterLine()];
    return ours ? [491, ''] : undefined;
  }
  if (request.method !== 'UPDATE') return undefined;
  if (dialog.peerUpdate !== undefined) return [500, retryAfterLine()];
  // Before the call is answered an UPDATE belongs to the INVITE in progress.
  if (request.body.length === 0 || dialog.state !== 'confirmed') return undefined;
  if (ours) return [491, ''];
  return dialog.peerInvite === undefined ? undefined : [500, retryAfterLine()];
};

/** The status and lines to refuse a request in a dialog with, before the application is asked. */
const objection = (core: Core, dialog: Dialog, request: SipRequest): Refusal | undefined => {
  const { method } = request;
  const { number } = request.core.cseq;
  // RFC 3261 12.2.2
  if (dialog.remoteCseq !== undefined && number < dialog.remoteCseq) return [500, retryAfterLine()];
  dialog.remoteCseq = number;
  if (!isKnownMethod(method)) return [501, ALLOW_LINE];
  if (method === 'REGISTER') return [405, ALLOW_LINE];
  const refusal = collision(dialog, request);
  if (refusal !== undefined) return refusal;
  const minimum = method === 'INVITE' || method === 'UPDATE' ? tooShort(core, request) : undefined;
  return minimum === undefined ? undefined : [422, `Min-SE: ${minimum}\r\n`];
};

/** A request in a dialog (RFC 3261 12.2.2), ACK apart. */
export const onWithin = (core: Core, received: Received, request: SipRequest, dialog: Dialog): void => {
  const { method } = request;
  if (method === 'BYE') {
    onBye(core, received, request, dialog);
    return;
  }
  // Its owner has gone and nobody else knows it.
  if (!dialog.app.open) {
    refuse(core, received, request, 481);
    return;
  }
  if (method === 'PRACK') {
    onPrack(core, received, request, dialog);
    return;
  }
  const refusal = objection(core, dialog, request);
  if (refusal !== undefined) {
    refuse(core, received, request, refusal[0], refusal[1]);
    return;
  }
  if (TARGET_REFRESH.has(method)) refreshTarget(core, dialog, request, received);
  // The peer has connected anew.
  if (received.flow !== undefined && dialog.flow?.open === false) dialog.flow = received.flow;
  if (method === 'NOTIFY') followState(core, dialog, headerValue(request, 'subscription-state'));
  const incoming = deliver(core, received, request, dialog);
  if (method === 'INVITE') {
    dialog.peerInvite = incoming;
    reply(core, incoming.transaction, 100);
  }
  if (method === 'UPDATE') dialog.peerUpdate = incoming;
  dialog.app.request(request, received, incoming.txn, dialog.id);
};

const deliver = (core: Core, received: Received, request: SipRequest, dialog: Dialog): Incoming => {
  const incoming = newIncoming(core.server.open(received, request), dialog.app, dialog, dialog.id);
  admit(core, incoming);
  return incoming;
};

/** BYE (RFC 3261 15.1.2): the dialog is over whatever the application says; what is pending in it gets 487. */
const onBye = (core: Core, received: Received, request: SipRequest, dialog: Dialog): void => {
  if (dialog.remoteCseq !== undefined && request.core.cseq.number < dialog.remoteCseq) {
    refuse(core, received, request, 500);
    return;
  }
  const transaction = core.server.open(received, request);
  if (dialog.state === 'early' && dialog.role === 'uas') {
    reply(core, transaction, 200, '', dialog.localTag);
    const invite = dialog.peerInvite;
    // To the application this is what a CANCEL is: it has no dialog yet.
    if (invite !== undefined) {
      cancelIncoming(core, invite, asCancel(request, invite), received);
      return;
    }
    endDialog(core, dialog);
    return;
  }
  if (dialog.peerInvite !== undefined) settleWith(core, dialog.peerInvite, 487);
  if (dialog.invite?.finished === false && dialog.invite.dialog === dialog)
    cancelOutgoing(core, dialog.invite, '');
  if (dialog.kind === 'invite' && dialog.state === 'confirmed')
    tellStop(core, 'network', 'normal-release', () => messageText(request));
  endDialog(core, dialog);
  if (!dialog.app.open) {
    reply(core, transaction, 200);
    return;
  }
  const incoming = newIncoming(transaction, dialog.app, dialog, dialog.id);
  admit(core, incoming);
  dialog.app.request(request, received, incoming.txn, dialog.id);
};

const asCancel = (bye: SipRequest, invite: Incoming): SipRequest => {
  const cseq = invite.request.core.cseq.number;
  const headers = bye.headers.map((header) =>
    header.key === 'cseq' ? { ...header, value: `${cseq} CANCEL` } : header,
  );
  return { ...bye, method: 'CANCEL', headers };
};

const onPrack = (core: Core, received: Received, request: SipRequest, dialog: Dialog): void => {
  const invite = dialog.peerInvite;
  const { number } = request.core.cseq;
  if (dialog.remoteCseq !== undefined && number < dialog.remoteCseq) {
    refuse(core, received, request, 500);
    return;
  }
  dialog.remoteCseq = number;
  // After the final response nobody waits for it any more, but it may be on its way still (RFC 3262 3).
  const { ackWait } = dialog;
  if (
    invite === undefined &&
    ackWait !== undefined &&
    headerNumber(request, 'rack') === ackWait.incoming.rseq
  ) {
    reply(core, core.server.open(received, request), 200);
    return;
  }
  if (invite === undefined || !isPrackOf(request, invite)) {
    refuse(core, received, request, 481);
    return;
  }
  stopReliable(core, invite);
  invite.reliable = undefined;
  invite.heldReliable.shift()?.();
  const incoming = deliver(core, received, request, dialog);
  dialog.app.request(request, received, incoming.txn, dialog.id);
};
