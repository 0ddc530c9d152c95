import { headerNumber } from '../message/index.ts';
import type { SipResponse } from '../message/types.ts';
import type { Received } from '../transport/types.ts';
import { createUacDialog, endDialog, refreshTarget } from './dialogs.ts';
import type { App, Core, Dialog, Outgoing } from './types.ts';

/** The final response to our SUBSCRIBE (RFC 6665 4.1.2). */
export const concludeSubscribe = (
  core: Core,
  outgoing: Outgoing,
  app: App,
  response: SipResponse,
  received: Received | undefined,
): void => {
  if (response.status >= 300 || received === undefined) return;
  const { toTag, fromTag } = response.core;
  const known = outgoing.dialog ?? core.dialogs.match(outgoing.request.callId, fromTag, toTag);
  const dialog = known ?? createUacDialog(core, outgoing, app, response, received.remote);
  dialog.state = 'confirmed';
  refreshTarget(dialog, response);
  expireSubscription(core, dialog, headerNumber(response, 'expires') ?? 3600);
};

/** A subscription that nobody refreshes or ends is forgotten 64·T1 after its time (RFC 6665 4.1.2.4). */
export const expireSubscription = (core: Core, dialog: Dialog, seconds: number): void => {
  core.timers.clear(dialog.expiry);
  const ms = Math.min(seconds * 1000, 86_400_000) + 64 * core.times.t1;
  dialog.expiry = core.timers.set(ms, forget, { core, dialog });
};

const forget = ({ core, dialog }: { core: Core; dialog: Dialog }): void => endDialog(core, dialog);
