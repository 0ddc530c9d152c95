import { headerNumber, headerValues, messageText } from '../message/index.ts';
import type { SipResponse } from '../message/types.ts';
import type { ClientTransaction } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
import { tellStart, tellStop } from './cdr.ts';
import { countResponse } from './counts.ts';
import { createUacDialog, endDialog, learnFromResponse, refreshTarget, stopSessionTimer } from './dialogs.ts';
import { settleWith } from './reply.ts';
import { departNext, localResponse, noteTransportFailure } from './send.ts';
import { armFromResponse, retryTooSmall } from './session-timer.ts';
import { concludeNotify, concludeSubscribe } from './subscription.ts';
import type { App, Core, Dialog, Outgoing } from './types.ts';
import { cancelOutgoing, dispatchCancel, restartTimerC } from './withdraw.ts';
import { hangUp, hangUpSilently, sendAck } from './within.ts';

/** Whether a response has but our own Via (RFC 3261 8.1.3.3). */
export const hasOneVia = ({ headers }: SipResponse): boolean => {
  let seen = false;
  for (const { key, value } of headers) {
    if (key !== 'via') continue;
    if (seen || value.includes(',')) return false;
    seen = true;
  }
  return true;
};

/** A response of the network to one of our requests. */
export const onResponse = (
  core: Core,
  transaction: ClientTransaction<Outgoing>,
  response: SipResponse,
  received: Received,
): void => {
  countResponse(core.counters.responsesIn, transaction.method, response.status);
  noteAnswer(core, transaction, response.status);
  if (transaction.method === 'CANCEL') return; // its 200 says nothing; the INVITE's final response does
  const outgoing = transaction.owner;
  if (response.status < 200) {
    onProvisional(core, outgoing, response, received);
    return;
  }
  if (outgoing.finished) {
    onFurtherAnswer(core, outgoing, response, received);
    return;
  }
  // The next place, if there is one, when this one is overloaded or down (RFC 3263 4.3).
  if (response.status === 503 && tryNext(core, outgoing)) return;
  conclude(core, outgoing, response, received);
};

/** Which places are alive, for the next request that has a choice (RFC 3263 4.3). Connections of user agents are none of them. */
const noteAnswer = (core: Core, { target }: ClientTransaction<Outgoing>, status: number): void => {
  if (target.flow !== undefined) return;
  if (status === 503) core.locator.failed(target.remote);
  else core.locator.answered(target.remote);
};

/** Goes on to the next place as if the one before had not been. */
const tryNext = (core: Core, outgoing: Outgoing): boolean => {
  if (outgoing.cancel !== 'none' || outgoing.places.length === 0) return false;
  for (const fork of outgoing.forks) endDialog(core, fork);
  outgoing.forks = [];
  outgoing.provisional = false;
  core.timers.clear(outgoing.expiry);
  outgoing.expiry = undefined;
  return departNext(core, outgoing);
};

/** No response at all: the next place, or a response made here (RFC 3261 8.1.3.1). */
export const onFailure = (
  core: Core,
  transaction: ClientTransaction<Outgoing>,
  reason: 'timeout' | 'transport',
): void => {
  const outgoing = transaction.owner;
  if (transaction.method === 'CANCEL' || outgoing.finished) return;
  if (reason === 'transport') noteTransportFailure(core, transaction.target);
  if (transaction.target.flow === undefined && !outgoing.provisional)
    core.locator.failed(transaction.target.remote);
  if (!outgoing.provisional && tryNext(core, outgoing)) return;
  const response =
    reason === 'timeout'
      ? localResponse(core, outgoing, 408, 'Request Timeout')
      : localResponse(core, outgoing, 503, 'Service Unavailable');
  conclude(core, outgoing, response, undefined);
};

const onProvisional = (core: Core, outgoing: Outgoing, response: SipResponse, received: Received): void => {
  if (outgoing.finished) return;
  outgoing.provisional = true;
  if (outgoing.request.method === 'INVITE') {
    if (outgoing.cancel === 'held') dispatchCancel(core, outgoing);
    restartTimerC(core, outgoing, response.status);
  }
  if (response.status === 100 || outgoing.own !== undefined || outgoing.app === undefined) return;
  if (
    outgoing.request.method === 'INVITE' &&
    !trackProvisional(core, outgoing, outgoing.app, response, received)
  )
    return;
  outgoing.app.response(response, received.remote, received.size, outgoing.txn, outgoing.dialogId);
};

/** Early dialogs (RFC 3261 12.1.2) and the order of reliable provisionals (RFC 3262 4); false for repeats. */
const trackProvisional = (
  core: Core,
  outgoing: Outgoing,
  app: App,
  response: SipResponse,
  received: Received,
): boolean => {
  const { toTag } = response.core;
  if (toTag === '') return true;
  let dialog = outgoing.dialog ?? outgoing.forks.find((fork) => fork.remoteTag === toTag);
  if (dialog === undefined) {
    dialog = createUacDialog(core, outgoing, app, response, received);
    outgoing.forks.push(dialog);
  } else if (outgoing.dialog === undefined) {
    refreshTarget(core, dialog, response, received);
  }
  const rseq = headerNumber(response, 'rseq');
  if (
    rseq === undefined ||
    !headerValues(response, 'require').some((option) => option.toLowerCase() === '100rel')
  )
    return true;
  if (dialog.remoteRseq !== 0 && rseq !== dialog.remoteRseq + 1) return false;
  dialog.remoteRseq = rseq;
  return true;
};

/** A 2xx after the first (RFC 3261 13.2.2.4): repeated by the same callee, or of another fork. */
const onFurtherAnswer = (core: Core, outgoing: Outgoing, response: SipResponse, received: Received): void => {
  const accepted = outgoing.accepted;
  if (accepted === undefined || outgoing.request.method !== 'INVITE' || response.status >= 300) return;
  if (accepted.remoteTag === response.core.toTag || outgoing.dialog !== undefined) {
    core.counters.retransmissionsIn += 1;
    if (outgoing.ack === undefined) return; // the application has yet to acknowledge
    core.counters.retransmissionsOut += 1;
    core.transports.send(Buffer.from(outgoing.ack.text), outgoing.ack.target, () => {});
    return;
  }
  const known = core.dialogs.match(outgoing.request.callId, response.core.fromTag, response.core.toTag);
  const stray = known ?? createUacDialog(core, outgoing, accepted.app, response, received);
  core.dialogs.prefer(accepted);
  const { ack } = outgoing;
  const done = sendAck(core, stray, outgoing, '', '');
  const end = (): void => {
    outgoing.ack = ack;
    hangUpSilently(core, stray, 'another fork has answered');
  };
  if (done instanceof Promise) done.then(end);
  else end();
};

/** The final response of a request; `received` is undefined when it was made here. */
export const conclude = (
  core: Core,
  outgoing: Outgoing,
  response: SipResponse,
  received: Received | undefined,
): void => {
  if (outgoing.finished) return;
  if (response.status === 422 && retryTooSmall(core, outgoing, response)) return;
  outgoing.finished = true;
  core.timers.clear(outgoing.expiry);
  core.outgoing.delete(outgoing.txn);
  const { method } = outgoing.request;
  const app = outgoing.app ?? outgoing.dialog?.app;
  if (method === 'INVITE' && app !== undefined) concludeInvite(core, outgoing, app, response, received);
  else if (app !== undefined && isSubscribing(outgoing))
    concludeSubscribe(core, outgoing, app, response, received);
  else if (outgoing.dialog !== undefined) concludeWithin(core, outgoing, outgoing.dialog, response, received);
  if (outgoing.own !== undefined) {
    outgoing.own(core, outgoing, response, received);
    return;
  }
  const from = received?.remote ?? outgoing.sent.target.remote;
  outgoing.app?.response(response, from, received?.size ?? 0, outgoing.txn, outgoing.dialogId);
  // The application went away while its call was answered.
  if (outgoing.app?.open === false && outgoing.accepted !== undefined)
    hangUpSilently(core, outgoing.accepted, 'application gone');
};

/** A REFER subscribes too, outside a dialog that is there already (RFC 3515 2.4.4). */
const isSubscribing = ({ request, dialog }: Outgoing): boolean =>
  request.method === 'SUBSCRIBE' || (request.method === 'REFER' && dialog === undefined);

const isSuccess = (response: SipResponse): boolean => response.status >= 200 && response.status < 300;

const concludeInvite = (
  core: Core,
  outgoing: Outgoing,
  app: App,
  response: SipResponse,
  received: Received | undefined,
): void => {
  const { dialog } = outgoing;
  if (!isSuccess(response) || received === undefined) {
    for (const fork of outgoing.forks) endDialog(core, fork);
    if (dialog === undefined) tellRefusal(core, outgoing, response);
    return;
  }
  awaitAck(core, outgoing);
  if (dialog !== undefined) {
    outgoing.accepted = dialog;
    refreshTarget(core, dialog, response, received);
    armFromResponse(core, dialog, outgoing, response);
    return;
  }
  const { toTag } = response.core;
  const early = outgoing.forks.find((fork) => fork.remoteTag === toTag);
  const answered = early ?? createUacDialog(core, outgoing, app, response, received);
  if (early !== undefined) learnFromResponse(core, answered, response, received);
  answered.state = 'confirmed';
  outgoing.accepted = answered;
  for (const fork of outgoing.forks) if (fork !== answered) endDialog(core, fork);
  core.dialogs.prefer(answered);
  tellStart(core, 'network', 'uac', () => messageText(response));
  if (outgoing.cancel !== 'none') answered.endAfterAck = 'ACK-BYE due to cancel race condition';
  // Nobody could send anything in this dialog (RFC 3261 12.1.1 demands a Contact).
  else if (!response.headers.some((header) => header.key === 'contact'))
    answered.endAfterAck = 'No Contact in 200 OK';
  armFromResponse(core, answered, outgoing, response);
};

/** An application that never acknowledges: the callee gives up after 64·T1 (RFC 3261 13.3.1.4), and so do we. */
const awaitAck = (core: Core, outgoing: Outgoing): void => {
  outgoing.expiry = core.timers.set(64 * core.times.t1, unacknowledged, { core, outgoing });
};

const unacknowledged = ({ core, outgoing }: { core: Core; outgoing: Outgoing }): void => {
  const dialog = outgoing.accepted;
  if (dialog !== undefined && outgoing.ack === undefined)
    hangUp(core, dialog, dialog.endAfterAck ?? 'ACK timeout');
};

const tellRefusal = (core: Core, outgoing: Outgoing, response: SipResponse): void =>
  tellStop(core, 'network', outgoing.cancel === 'none' ? 'call-rejected' : 'call-canceled', () =>
    messageText(response),
  );

const concludeWithin = (
  core: Core,
  outgoing: Outgoing,
  dialog: Dialog,
  response: SipResponse,
  received: Received | undefined,
): void => {
  const { method } = outgoing.request;
  const challenged = response.status === 401 || response.status === 407;
  if (method === 'BYE') {
    const released = { core, outgoing, dialog };
    if (!challenged) {
      release(released);
      return;
    }
    // It is sent again with credentials, so its dialog stays (RFC 3261 22.2), but not for long: the call is over.
    stopSessionTimer(core, dialog);
    dialog.expiry ??= core.timers.set(64 * core.times.t1, release, released);
    return;
  }
  if (method === 'NOTIFY' && dialog.kind === 'subscribe' && !challenged) {
    concludeNotify(core, outgoing, dialog, response);
    return;
  }
  if (!isSuccess(response) || received === undefined) return;
  if (method === 'UPDATE') {
    refreshTarget(core, dialog, response, received);
    armFromResponse(core, dialog, outgoing, response);
  }
};

type Released = { readonly core: Core; readonly outgoing: Outgoing; readonly dialog: Dialog };

/** The application has hung up. */
const release = ({ core, outgoing, dialog }: Released): void => {
  if (outgoing.app !== undefined && dialog.state === 'confirmed' && dialog.kind === 'invite')
    tellStop(core, 'application', 'normal-release', () => outgoing.sent.text);
  endSession(core, dialog);
};

/** The end of a session ends the changes under way in it, of both sides (RFC 3261 15.1.2). */
const endSession = (core: Core, dialog: Dialog): void => {
  if (dialog.peerInvite !== undefined) settleWith(core, dialog.peerInvite, 487);
  if (dialog.invite?.finished === false) cancelOutgoing(core, dialog.invite, '');
  endDialog(core, dialog);
};
