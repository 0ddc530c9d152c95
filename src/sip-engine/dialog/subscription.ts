import { headerNumber, headerValue, valueParameters } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { Received } from '../transport/types.ts';
import { createDialogByNotify, createUacDialog, dialogIdOf, endDialog, refreshTarget } from './dialogs.ts';
import { given } from './headers.ts';
import type { App, AppMessage, Core, Dialog, Incoming, Outgoing } from './types.ts';

/** Seconds of a subscription that nobody gives a time for, and of the one a REFER makes until its NOTIFYs say. */
const DEFAULT_EXPIRY = { SUBSCRIBE: 3600, REFER: 300 } as const;

const defaultOf = (method: string): number =>
  method === 'REFER' ? DEFAULT_EXPIRY.REFER : DEFAULT_EXPIRY.SUBSCRIBE;

/** The final response to our SUBSCRIBE, or to a REFER outside dialogs (RFC 6665 4.1.2, RFC 3515 2.4.4). */
export const concludeSubscribe = (
  core: Core,
  outgoing: Outgoing,
  app: App,
  response: SipResponse,
  received: Received | undefined,
): void => {
  const { status } = response;
  if (status >= 300 || received === undefined) {
    for (const fork of outgoing.forks) endDialog(core, fork);
    // The subscription is gone at the other side (RFC 6665 4.1.2.2).
    if (status === 481 && outgoing.dialog?.kind === 'subscribe') endDialog(core, outgoing.dialog);
    return;
  }
  if (headerValue(response, 'refer-sub')?.trim().toLowerCase() === 'false') return; // RFC 4488 4
  const { toTag, fromTag } = response.core;
  const known = outgoing.dialog ?? core.dialogs.match(outgoing.request.callId, fromTag, toTag);
  const dialog = known ?? createUacDialog(core, outgoing, app, response, received);
  if (dialog.state === 'early') dialog.state = 'confirmed';
  refreshTarget(core, dialog, response, received);
  expireSubscription(core, dialog, headerNumber(response, 'expires') ?? defaultOf(outgoing.request.method));
};

/** The dialog of a NOTIFY that overtook the 2xx to our SUBSCRIBE or REFER (RFC 6665 4.4.1). */
export const subscribedBy = (core: Core, request: SipRequest, received: Received): Dialog | undefined => {
  if (request.method !== 'NOTIFY') return undefined;
  const { callId, toTag } = request.core;
  for (const outgoing of core.outgoing.values()) {
    const { method } = outgoing.request;
    if (outgoing.request.callId !== callId || outgoing.app === undefined || outgoing.dialog !== undefined)
      continue;
    if ((method !== 'SUBSCRIBE' && method !== 'REFER') || outgoing.dialogId !== dialogIdOf(callId, toTag))
      continue;
    const dialog = createDialogByNotify(core, outgoing, outgoing.app, request, received);
    outgoing.forks.push(dialog);
    expireSubscription(core, dialog, defaultOf(method));
    return dialog;
  }
  return undefined;
};

/** We have answered a SUBSCRIBE, or a REFER outside dialogs, with a 2xx: it lasts as our response says, else as asked. */
export const acceptSubscription = (
  core: Core,
  dialog: Dialog,
  { request }: Incoming,
  message: AppMessage,
): void => {
  if (dialog.state === 'early') dialog.state = 'confirmed';
  const granted = Number.parseInt(given(message, 'expires') ?? '', 10);
  const seconds = granted >= 0 ? granted : headerNumber(request, 'expires');
  expireSubscription(core, dialog, seconds ?? defaultOf(request.method));
};

/** Whether a Subscription-State value ends its subscription. */
export const isTerminated = (state: string | undefined): boolean => /^\s*terminated\b/i.test(state ?? '');

const STATE_LINE = /^Subscription-State:([^\r\n]*)/im;

/** A NOTIFY was sent or received: its Subscription-State tells how long the subscription goes on (RFC 6665 4.1.2.4). */
export const followState = (core: Core, dialog: Dialog, state: string | undefined): void => {
  const seconds = Number.parseInt(valueParameters(state ?? '').get('expires') ?? '', 10);
  if (dialog.kind === 'subscribe' && seconds >= 0) expireSubscription(core, dialog, seconds);
};

/** The answer to our NOTIFY: the last one, and a peer that knows of no subscription, end it (RFC 6665 4.2.2). */
export const concludeNotify = (
  core: Core,
  outgoing: Outgoing,
  dialog: Dialog,
  response: SipResponse,
): void => {
  const state = STATE_LINE.exec(outgoing.request.lines)?.[1];
  if (isTerminated(state) || response.status === 481) endDialog(core, dialog);
  else if (response.status < 300) followState(core, dialog, state);
};

/** A subscription that nobody refreshes or ends is forgotten 64·T1 after its time (RFC 6665 4.1.2.4). */
const expireSubscription = (core: Core, dialog: Dialog, seconds: number): void => {
  if (dialog.kind !== 'subscribe' || dialog.state === 'ended') return;
  core.timers.clear(dialog.expiry);
  const ms = Math.min(seconds * 1000, 86_400_000) + 64 * core.times.t1;
  dialog.expiry = core.timers.set(ms, forget, { core, dialog });
};

const forget = ({ core, dialog }: { core: Core; dialog: Dialog }): void => endDialog(core, dialog);
