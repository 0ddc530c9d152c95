import { headerNumber, headerValues, parseUri } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
import { onCancel } from './cancel.ts';
import { count, isKnownMethod } from './counts.ts';
import { createDialogByNotify, dialogIdOf } from './dialogs.ts';
import { admit, newIncoming } from './incoming.ts';
import { onAck, onWithin } from './received.ts';
import { ALLOW_LINE, refuse, reply } from './reply.ts';
import { tooShort } from './session-headers.ts';
import type { Core, Decision, Dialog, Incoming } from './types.ts';

/** Requests that may start something. */
const FRESH: ReadonlySet<string> = new Set([
  'INVITE',
  'REGISTER',
  'MESSAGE',
  'OPTIONS',
  'INFO',
  'NOTIFY',
  'SUBSCRIBE',
  'PUBLISH',
  'REFER',
]);

/** Extensions understood when required (RFC 3262, RFC 4028). */
const REQUIRABLE: ReadonlySet<string> = new Set(['100rel', 'timer']);

/** A request of the network: retransmission, ACK, CANCEL, in a dialog or new, in the order of RFC 3261 8.2 and 17.2.3. */
export const onRequest = (core: Core, received: Received, request: SipRequest): void => {
  const known = core.server.match(request);
  if (request.method === 'ACK') {
    onAck(core, received, request, known);
    return;
  }
  if (known !== undefined) {
    core.server.repeat(known);
    return;
  }
  count(core.counters.requestsIn, request.method);
  if (request.method === 'CANCEL') {
    onCancel(core, received, request);
    return;
  }
  const { callId, fromTag, toTag } = request.core;
  if (toTag !== '') {
    const dialog = core.dialogs.match(callId, toTag, fromTag) ?? subscribedBy(core, request);
    if (dialog !== undefined) {
      within(core, received, request, dialog);
      return;
    }
  }
  if (received.stranger) {
    core.counters.droppedStrangers += 1;
    return;
  }
  if (toTag !== '') {
    refuse(core, received, request, 481);
    return;
  } // RFC 3261 12.2.2
  onFresh(core, received, request);
};

const within = (core: Core, received: Received, request: SipRequest, dialog: Dialog): void => {
  const missing = unsupported(request);
  if (missing !== undefined) {
    refuse(core, received, request, 420, missing);
    return;
  }
  onWithin(core, received, request, dialog);
};

/** A NOTIFY may come before the 2xx to our SUBSCRIBE and makes the dialog then (RFC 6665 4.4.1). */
const subscribedBy = (core: Core, request: SipRequest): Dialog | undefined => {
  if (request.method !== 'NOTIFY') return undefined;
  for (const outgoing of core.outgoing.values()) {
    const { method, callId } = outgoing.request;
    if (method !== 'SUBSCRIBE' || callId !== request.core.callId || outgoing.app === undefined) continue;
    if (outgoing.dialogId !== dialogIdOf(callId, request.core.toTag)) continue;
    return createDialogByNotify(core, outgoing, outgoing.app, request);
  }
  return undefined;
};

/** Unsupported line of a request that requires what we don't have (RFC 3261 8.2.2.3). */
const unsupported = (request: SipRequest): string | undefined => {
  const missing = headerValues(request, 'require').filter((option) => !REQUIRABLE.has(option.toLowerCase()));
  return missing.length === 0 ? undefined : `Unsupported: ${missing.join(', ')}\r\n`;
};

/** The status and lines to refuse a request outside dialogs with, before an application is asked. */
const objection = (core: Core, request: SipRequest): readonly [number, string] | undefined => {
  const { method } = request;
  if (!FRESH.has(method)) {
    if (!isKnownMethod(method)) return [501, ALLOW_LINE];
    return method === 'BYE' || method === 'PRACK' || method === 'UPDATE' ? [481, ''] : [405, ALLOW_LINE];
  }
  const scheme = parseUri(request.uri)?.scheme;
  if (scheme === undefined || scheme === 'other') return [416, '']; // RFC 3261 8.2.2.1
  if (core.server.matchCall(request) !== undefined) return [482, '']; // RFC 3261 8.2.2.2
  if (headerNumber(request, 'max-forwards') === 0) return [483, '']; // RFC 7332: a B2BUA may be part of a loop
  const missing = unsupported(request);
  if (missing !== undefined) return [420, missing];
  const minimum = method === 'INVITE' ? tooShort(core, request) : undefined;
  return minimum === undefined ? undefined : [422, `Min-SE: ${minimum}\r\n`];
};

const onFresh = (core: Core, received: Received, request: SipRequest): void => {
  const refusal = objection(core, request);
  if (refusal !== undefined) {
    refuse(core, received, request, refusal[0], refusal[1]);
    return;
  }
  const transaction = core.server.open(received, request);
  if (request.method === 'INVITE') reply(core, transaction, 100);
  const decision = core.route(request, received);
  if (decision instanceof Promise) decision.then((made) => carryOut(core, transaction, received, made));
  else carryOut(core, transaction, received, decision);
};

const carryOut = (
  core: Core,
  transaction: ServerTransaction<Incoming>,
  received: Received,
  decision: Decision,
): void => {
  const { request } = transaction;
  if (decision.type !== 'app') {
    const { status } = decision.type === 'refuse' ? decision : { status: 503 };
    if (request.method === 'REFER' && status === 503) reply(core, transaction, 405, ALLOW_LINE);
    else reply(core, transaction, status);
    return;
  }
  const { app } = decision;
  const makesDialog = request.method === 'INVITE' || request.method === 'SUBSCRIBE';
  const dialogId = makesDialog ? dialogIdOf(request.core.callId, request.core.fromTag) : '';
  const incoming = newIncoming(transaction, app, undefined, dialogId);
  admit(core, incoming);
  app.request(request, received, incoming.txn, '');
};
