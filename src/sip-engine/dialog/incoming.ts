import { randomUUID } from 'node:crypto';
import type { ServerTransaction } from '../transaction/index.ts';
import { settle, settleWith } from './reply.ts';
import type { App, Core, Dialog, Incoming } from './types.ts';

/** How long an application may leave an INVITE without any response, in milliseconds. */
const INVITE_WITHIN = 64_000;
/** How long it may leave a BYE, which needs no decision. */
const BYE_WITHIN = 4_000;

/** A request that the application will answer. */
export const newIncoming = (
  transaction: ServerTransaction<Incoming>,
  app: App,
  dialog: Dialog | undefined,
  dialogId: string,
): Incoming => {
  const incoming: Incoming = {
    txn: randomUUID(),
    transaction,
    request: transaction.request,
    app,
    dialog,
    inDialog: dialog !== undefined,
    dialogId,
    localTag: transaction.request.core.toTag,
    expiry: undefined,
    reliable: undefined,
    rseq: 0,
    answered: false,
  };
  transaction.owner = incoming;
  return incoming;
};

/** Puts a request on the list of those waiting for the application. */
export const admit = (core: Core, incoming: Incoming): void => {
  core.incoming.set(incoming.txn, incoming);
  const { method } = incoming.request;
  const other = method === 'BYE' ? BYE_WITHIN : 64 * core.times.t1;
  incoming.expiry = core.timers.set(method === 'INVITE' ? INVITE_WITHIN : other, unanswered, {
    core,
    incoming,
  });
};

/** INVITE: 480. BYE: 200, its dialog is gone anyway. Others would come too late for their client transaction and are forgotten (RFC 4320 4.2). */
const unanswered = ({ core, incoming }: { core: Core; incoming: Incoming }): void => {
  if (incoming.request.method === 'INVITE') {
    settleWith(core, incoming, 480);
    return;
  }
  if (incoming.request.method === 'BYE') {
    settleWith(core, incoming, 200);
    return;
  }
  settle(core, incoming);
  core.server.abandon(incoming.transaction);
};
