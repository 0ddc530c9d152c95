import { messageText, newTag, reasonPhrase } from '../message/index.ts';
import type { ProxyReport } from '../proxy/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
import { tellAttempt } from './cdr.ts';
import { countResponse } from './counts.ts';
import { dialogIdOf } from './dialogs.ts';
import { admit, newIncoming } from './incoming.ts';
import { DIALOG_MAKING } from './objections.ts';
import { ALLOW_LINE, reply, settle, settleWith } from './reply.ts';
import { respondByApp } from './respond.ts';
import { renderResponse } from './text.ts';
import type { App, AppMessage, Core, Decision, Incoming } from './types.ts';

const RINGING: AppMessage = { startLine: 'SIP/2.0 180 Ringing', headers: [], body: '' };

const ignore = (): void => {};

/** In the place of an application, for requests that none is told of. */
const SILENT: App = { open: true, request: ignore, response: ignore, unsolicited: ignore };

/** Has a new request decided on and the decision carried out. Meanwhile it can be withdrawn (RFC 3261 9.2). */
export const decide = (core: Core, transaction: ServerTransaction<Incoming>, received: Received): void => {
  const decision = core.route(transaction.request, received);
  if (!(decision instanceof Promise)) {
    carryOut(core, transaction, received, decision);
    return;
  }
  const waiting = newIncoming(transaction, SILENT, undefined, '');
  admit(core, waiting);
  decision.then((made) => {
    if (waiting.answered) return;
    settle(core, waiting);
    carryOut(core, transaction, received, made);
  });
};

const carryOut = (
  core: Core,
  transaction: ServerTransaction<Incoming>,
  received: Received,
  decision: Decision,
): void => {
  switch (decision.type) {
    case 'app':
      // It may have gone since it was chosen.
      if (decision.app.open) deliver(core, transaction, received, decision.app);
      else reply(core, transaction, 480);
      return;
    case 'refuse':
      refuse(core, transaction, decision);
      return;
    case 'proxy': {
      const { request } = transaction;
      const incoming = newIncoming(transaction, SILENT, undefined, '');
      admit(core, incoming);
      if (request.method === 'INVITE') tellAttempt(core, 'network', () => messageText(request));
      core.proxy.start(incoming.txn, decision.plan, reportOf(core, incoming));
      return;
    }
  }
};

const deliver = (
  core: Core,
  transaction: ServerTransaction<Incoming>,
  received: Received,
  app: App,
): void => {
  const { request } = transaction;
  const makesDialog = DIALOG_MAKING.has(request.method);
  const dialogId = makesDialog ? dialogIdOf(request.core.callId, request.core.fromTag) : '';
  const incoming = newIncoming(transaction, app, undefined, dialogId);
  admit(core, incoming);
  if (request.method === 'INVITE') {
    tellAttempt(core, 'network', () => messageText(request));
    if (core.habits.alwaysSend180) ring(core, incoming);
  }
  app.request(request, received, incoming.txn, '');
};

/** A 180 that no application has asked for; it still has to answer in time. */
const ring = (core: Core, incoming: Incoming): void => {
  respondByApp(core, incoming.app, incoming.txn, RINGING);
  core.timers.clear(incoming.expiry);
  admit(core, incoming);
};

const refuse = (
  core: Core,
  transaction: ServerTransaction<Incoming>,
  { status, reason, contacts = [] }: Extract<Decision, { type: 'refuse' }>,
): void => {
  if (transaction.request.method === 'REFER' && status === 503) {
    reply(core, transaction, 405, ALLOW_LINE);
    return;
  }
  const { request } = transaction;
  const lines = contacts.map((contact) => `Contact: ${contact}\r\n`).join('');
  const phrase = reason?.replace(/[\r\n]+/g, ' ') ?? reasonPhrase(status);
  const text = renderResponse(request, status, phrase, newTag(), lines);
  countResponse(core.counters.responsesOut, request.method, status);
  core.server.respond(transaction, status, Buffer.from(text));
};

/** Of proxying that no application has asked for, only its failure matters. */
const reportOf = (core: Core, incoming: Incoming): ProxyReport => ({
  final: ignore,
  done: ignore,
  refused() {
    if (!incoming.answered) settleWith(core, incoming, 500);
  },
});
