import { newTag, reasonPhrase } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
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
): void => {
  const { request } = transaction;
  countResponse(core.counters.responsesOut, request.method, status);
  const text = renderResponse(request, status, reasonPhrase(status), tag, lines);
  core.server.respond(transaction, status, Buffer.from(text));
};

/** Opens a transaction for a request only to refuse it. */
export const refuse = (
  core: Core,
  received: Received,
  request: SipRequest,
  status: number,
  lines = '',
): void => reply(core, core.server.open(received, request), status, lines);

/** 405 and 501 say what is understood (RFC 3261 8.2.1). */
export const ALLOW_LINE = `Allow: ${ALLOW}\r\n`;

/** 500 to a request that came too early (RFC 3261 14.2, RFC 3311 5.2). */
export const retryAfterLine = (): string => `Retry-After: ${Math.floor(Math.random() * 11)}\r\n`;

/** The application has no say any more: its answer is given or not wanted. */
export const settle = (core: Core, incoming: Incoming): void => {
  incoming.answered = true;
  core.timers.clear(incoming.expiry);
  stopReliable(core, incoming);
  core.incoming.delete(incoming.txn);
  const { dialog } = incoming;
  if (dialog?.peerInvite === incoming) dialog.peerInvite = undefined;
  if (dialog?.peerUpdate === incoming) dialog.peerUpdate = undefined;
};

/** A final response of the engine's own in place of the application's. An early dialog ends with it. */
export const settleWith = (core: Core, incoming: Incoming, status: number, lines = ''): void => {
  settle(core, incoming);
  if (incoming.localTag === '') incoming.localTag = newTag();
  reply(core, incoming.transaction, status, lines, incoming.localTag);
  if (status >= 300 && !incoming.inDialog && incoming.dialog !== undefined) endDialog(core, incoming.dialog);
};
