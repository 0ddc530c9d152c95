import { newTag } from '../message/index.ts';
import { countResponse } from './counts.ts';
import { createUasDialog, endDialog } from './dialogs.ts';
import { contactOf, contentTypeLine, given, otherLines } from './headers.ts';
import { nextRseq, startReliable } from './reliable.ts';
import { settle, settleWith } from './reply.ts';
import { refused } from './request.ts';
import { answerInterval, type SessionInterval, supports } from './session-headers.ts';
import { armSessionTimer } from './session-timer.ts';
import { expireSubscription } from './subscription.ts';
import { ownSide, recordRouteLines, renderResponse, tagOf } from './text.ts';
import type { AckWait, App, AppMessage, Core, Dialog, Incoming, Outcome } from './types.ts';
import { hangUp } from './within.ts';

const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?$/;
const UNKNOWN = 'Response not sent due to unknown transaction';

/** Repetition of a provisional response while nothing final comes (RFC 3261 13.3.1.1), in milliseconds. */
const REPEAT_PROVISIONAL = 60_000;

const isReliable = (message: AppMessage): boolean =>
  /(?:^|[\s,])100rel(?:$|[\s,])/i.test(given(message, 'require') ?? '');

const DIALOG_MAKING: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE']);
const WITH_CONTACT: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE']);

type Shape = { readonly status: number; readonly reason: string; readonly reliable: boolean };

/** The dialog of a response that makes one (RFC 3261 12.1.1); the one the request came in otherwise. */
const dialogOf = (core: Core, incoming: Incoming, shape: Shape, contact: string): Dialog | undefined => {
  const { method } = incoming.request;
  if (incoming.dialog !== undefined || shape.status <= 100 || shape.status >= 300) return incoming.dialog;
  const makes = method === 'INVITE' || (method === 'SUBSCRIBE' && shape.status >= 200);
  if (!makes) return undefined;
  const dialog = createUasDialog(core, incoming, contact);
  incoming.dialog = dialog;
  if (method === 'INVITE') dialog.peerInvite = incoming;
  return dialog;
};

const contactLine = (incoming: Incoming, message: AppMessage, shape: Shape, contact: string): string => {
  const success = shape.status >= 200 && shape.status < 300;
  const due = WITH_CONTACT.has(incoming.request.method) && (success || shape.reliable);
  return due || given(message, 'contact') !== undefined ? `Contact: ${contact}\r\n` : '';
};

const timerInterval = (
  core: Core,
  incoming: Incoming,
  message: AppMessage,
  shape: Shape,
): ReturnType<typeof answerInterval> => {
  const { method } = incoming.request;
  const session = method === 'INVITE' || (method === 'UPDATE' && incoming.inDialog);
  return session && shape.status >= 200 && shape.status < 300
    ? answerInterval(core, incoming.request, message)
    : undefined;
};

/** Sends an application's response to the request `txn`. */
export const respondByApp = (core: Core, app: App, txn: string, message: AppMessage): Outcome => {
  const incoming = core.incoming.get(txn);
  if (incoming === undefined || incoming.answered || incoming.app !== app) return refused(UNKNOWN);
  const match = STATUS_LINE.exec(message.startLine);
  if (match === null) return refused(`invalid status line: ${message.startLine}`);
  const status = Number(match[1]);
  const { request, transaction, inDialog } = incoming;
  const reliable = request.method === 'INVITE' && status > 100 && status < 200 && isReliable(message);
  if (reliable && !supports(request, '100rel')) return refused('Remote endpoint does not support 100rel');
  if (incoming.localTag === '' && status > 100)
    incoming.localTag = tagOf(given(message, 'to') ?? '') || newTag();

  const shape: Shape = { status, reason: match[2] ?? '', reliable };
  const own = ownSide(core, transaction.target.local, transaction.target.remote.address);
  const remembered = given(message, 'contact') === undefined ? incoming.dialog?.contact : undefined;
  const contact = remembered ?? contactOf(message, own);
  const dialog = dialogOf(core, incoming, shape, contact);
  const interval = timerInterval(core, incoming, message, shape);
  const routes =
    !inDialog && status > 100 && status < 300 && DIALOG_MAKING.has(request.method)
      ? recordRouteLines(request)
      : '';
  const lines =
    routes +
    contactLine(incoming, message, shape, contact) +
    (reliable ? `RSeq: ${nextRseq(incoming)}\r\n` : '') +
    otherLines(message, own) +
    (interval?.lines ?? '') +
    (contentTypeLine(message) ?? '');
  const text = renderResponse(request, status, shape.reason, incoming.localTag, lines, message.body);
  const bytes = Buffer.from(text);
  countResponse(core.counters.responsesOut, request.method, status);
  core.server.respond(transaction, status, bytes);
  if (status < 200) afterProvisional(core, incoming, bytes, reliable);
  else afterFinal(core, incoming, dialog, { status, bytes, body: message.body, interval });
  return {
    ok: true,
    sent: { text, size: bytes.length, target: transaction.target },
    txn,
    dialogId: incoming.dialogId,
  };
};

const afterProvisional = (core: Core, incoming: Incoming, bytes: Buffer, reliable: boolean): void => {
  if (incoming.request.method !== 'INVITE') return;
  core.timers.clear(incoming.expiry);
  incoming.expiry = core.timers.set(REPEAT_PROVISIONAL, repeatProvisional, { core, incoming, bytes });
  if (!reliable) return;
  core.timers.clear(incoming.reliable?.timer);
  startReliable(core, incoming, bytes, notPracked);
};

/** RFC 3262 3: an INVITE whose reliable provisional is never acknowledged is refused with a 5xx. */
const notPracked = (core: Core, incoming: Incoming): void => settleWith(core, incoming, 504);

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

type Final = {
  readonly status: number;
  readonly bytes: Buffer;
  readonly body: string;
  readonly interval: SessionInterval | undefined;
};

const afterFinal = (core: Core, incoming: Incoming, dialog: Dialog | undefined, final: Final): void => {
  settle(core, incoming);
  if (dialog === undefined) return;
  const { method } = incoming.request;
  const success = final.status < 300;
  if (!success && !incoming.inDialog) {
    endDialog(core, dialog);
    return;
  }
  if (method === 'NOTIFY' && dialog.kind === 'subscribe' && isTerminated(incoming)) {
    endDialog(core, dialog);
    return;
  }
  if (!success) return;
  if (method === 'INVITE') {
    dialog.state = 'confirmed';
    if (final.body !== '') dialog.localSdp = final.body;
    waitForAck(core, dialog, incoming, final.bytes);
  }
  if (method === 'SUBSCRIBE') {
    dialog.state = 'confirmed';
    const asked = incoming.request.headers.find((header) => header.key === 'expires')?.value;
    expireSubscription(core, dialog, Number.parseInt(asked ?? '', 10) || 3600);
  }
  if (method === 'INVITE' || (method === 'UPDATE' && dialog.state === 'confirmed'))
    armSessionTimer(core, dialog, final.interval);
};

const isTerminated = (incoming: Incoming): boolean =>
  incoming.request.headers.some(
    ({ key, value }) => key === 'subscription-state' && /^terminated/i.test(value),
  );

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
