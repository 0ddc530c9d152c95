import { newTag, reasonPhrase } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
import { tellStop } from './cdr.ts';
import { ALLOW, countResponse } from './counts.ts';
import { endDialog } from './dialogs.ts';
import { stopReliable } from './reliable.ts';
import { renderResponse } from './text.ts';
import type { Core, Incoming } from './types.ts';

/** Answers a transaction with a response of the engine's own. `tag` left out: a new one. */
export const reply = (
  core: Core,
  transaction: ServerTransaction<Incoming>,
  status: number,
  lines = '',
  tag: string = status === 100 ? '' : newTag(),
): string => {
  const { request } = transaction;
  countResponse(core.counters.responsesOut, request.method, status);
  const text = renderResponse(request, status, reasonPhrase(status), tag, lines);
  core.server.respond(transaction, status, Buffer.from(text));
  return text;
};

/** Opens a transaction for a request only to refuse it. */
export const refuse = (
  core: Core,
  received: Received,
  request: SipRequest,
  status: number,
  lines = '',
): void => {
  reply(core, core.server.open(received, request), status, lines);
};

/** 405 and 501 say what is understood (RFC 3261 8.2.1). */
export const ALLOW_LINE = `Allow: ${ALLOW}\r\n`;

/** When to come again; left out: 0 to 10 s, for a request that came too early (RFC 3261 14.2, RFC 3311 5.2). */
export const retryAfterLine = (seconds: number = Math.floor(Math.random() * 11)): string =>
  `Retry-After: ${seconds}\r\n`;

/** The application has no say any more: its answer is given or not wanted. */
export const settle = (core: Core, incoming: Incoming): void => {
  incoming.answered = true;
  core.timers.clear(incoming.expiry);
  stopReliable(core, incoming);
  incoming.heldReliable = [];
  core.incoming.delete(incoming.txn);
  const { dialog } = incoming;
  if (dialog?.peerInvite === incoming) dialog.peerInvite = undefined;
  if (dialog?.peerUpdate === incoming) dialog.peerUpdate = undefined;
};

/** A final response of the engine's own in place of the application's. An early dialog ends with it. */
export const settleWith = (core: Core, incoming: Incoming, status: number, lines = ''): void => {
  settle(core, incoming);
  if (incoming.localTag === '') incoming.localTag = newTag();
  const text = reply(core, incoming.transaction, status, lines, incoming.localTag);
  if (status < 300 || incoming.inDialog) return;
  if (incoming.request.method === 'INVITE' && incoming.dialogId !== '') {
    const canceled = status === 487;
    tellStop(
      core,
      canceled ? 'network' : 'application',
      canceled ? 'call-canceled' : 'call-rejected',
      () => text,
    );
  }
  if (incoming.dialog !== undefined) endDialog(core, incoming.dialog);
};
