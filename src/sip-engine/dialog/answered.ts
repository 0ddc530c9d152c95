import { headerValue } from '../message/index.ts';
import { tellStart, tellStop } from './cdr.ts';
import { endDialog } from './dialogs.ts';
import { noteFlow } from './flows.ts';
import { settle } from './reply.ts';
import type { SessionInterval } from './session-headers.ts';
import { armSessionTimer } from './session-timer.ts';
import { acceptSubscription, isTerminated } from './subscription.ts';
import type { AckWait, AppMessage, Core, Dialog, Incoming } from './types.ts';
import { hangUp } from './within.ts';

/** Repetition of a provisional response while nothing final comes (RFC 3261 13.3.1.1), in milliseconds. */
const REPEAT_PROVISIONAL = 60_000;

/** A provisional response to an INVITE goes out again from time to time, so that proxies don't give up. */
export const afterProvisional = (core: Core, incoming: Incoming, bytes: Buffer): void => {
  if (incoming.request.method !== 'INVITE') return;
  core.timers.clear(incoming.expiry);
  incoming.expiry = core.timers.set(REPEAT_PROVISIONAL, repeatProvisional, { core, incoming, bytes });
};

const repeatProvisional = ({
  core,
  incoming,
  bytes,
}: {
  core: Core;
  incoming: Incoming;
  bytes: Buffer;
}): void => {
  core.server.resend(incoming.transaction, bytes);
  incoming.expiry = core.timers.set(REPEAT_PROVISIONAL, repeatProvisional, { core, incoming, bytes });
};

/** A final response that has gone out. */
export type Final = {
  readonly status: number;
  readonly bytes: Buffer;
  readonly text: string;
  readonly message: AppMessage;
  readonly interval: SessionInterval | undefined;
};

/** What a final response of the application means for its dialog. */
export const afterFinal = (
  core: Core,
  incoming: Incoming,
  dialog: Dialog | undefined,
  final: Final,
): void => {
  settle(core, incoming);
  const { method } = incoming.request;
  const success = final.status < 300;
  if (success && (method === 'REGISTER' || method === 'SUBSCRIBE')) noteFlow(core, incoming, final.message);
  if (method === 'INVITE' && !incoming.inDialog) tellOutcome(core, success, final.text);
  if (dialog === undefined) return;
  if (!success && !incoming.inDialog) {
    endDialog(core, dialog);
    return;
  }
  if (
    method === 'NOTIFY' &&
    dialog.kind === 'subscribe' &&
    isTerminated(headerValue(incoming.request, 'subscription-state'))
  ) {
    endDialog(core, dialog);
    return;
  }
  if (success) afterSuccess(core, incoming, dialog, final);
};

const afterSuccess = (core: Core, incoming: Incoming, dialog: Dialog, final: Final): void => {
  const { method } = incoming.request;
  if (method === 'INVITE') {
    dialog.state = 'confirmed';
    if (final.message.body !== '') dialog.localSdp = final.message.body;
    waitForAck(core, dialog, incoming, final.bytes);
  }
  if (method === 'SUBSCRIBE' || (method === 'REFER' && !incoming.inDialog))
    acceptSubscription(core, dialog, incoming, final.message);
  if (method === 'INVITE' || (method === 'UPDATE' && dialog.state === 'confirmed'))
    armSessionTimer(core, dialog, final.interval);
};

const tellOutcome = (core: Core, success: boolean, text: string): void => {
  if (success) tellStart(core, 'application', 'uas', () => text);
  else tellStop(core, 'application', 'call-rejected', () => text);
};

/** Repeats a 2xx from T1, doubling up to T2, until its ACK or 64·T1 (RFC 3261 13.3.1.4), over every transport. */
const waitForAck = (core: Core, dialog: Dialog, incoming: Incoming, bytes: Buffer): void => {
  core.timers.clear(dialog.ackWait?.timer);
  const interval = core.times.t1;
  const wait: AckWait = { incoming, bytes, interval, waited: 0, timer: undefined };
  dialog.ackWait = wait;
  wait.timer = core.timers.set(interval, repeatAnswer, { core, dialog });
};

const repeatAnswer = ({ core, dialog }: { core: Core; dialog: Dialog }): void => {
  const wait = dialog.ackWait;
  if (wait === undefined) return;
  wait.waited += wait.interval;
  if (wait.waited >= 64 * core.times.t1) {
    dialog.ackWait = undefined;
    hangUp(core, dialog, 'ACK timeout');
    return;
  }
  core.server.resend(wait.incoming.transaction, wait.bytes);
  wait.interval = Math.min(wait.interval * 2, core.times.t2, 64 * core.times.t1 - wait.waited);
  wait.timer = core.timers.set(wait.interval, repeatAnswer, { core, dialog });
};
