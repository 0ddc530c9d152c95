import { randomUUID } from 'node:crypto';
import type { ServerTransaction } from '../transaction/index.ts';
import { settle, settleWith } from './reply.ts';
import type { App, Core, Dialog, Incoming } from './types.ts';

/** How long an application may leave a request without any response, in multiples of T1: 64 s, 4 s and 32 s as usual. */
const WITHIN = { invite: 128, bye: 8, other: 64 } as const;

const within = (method: string): number => {
  if (method === 'INVITE') return WITHIN.invite;
  return method === 'BYE' ? WITHIN.bye : WITHIN.other;
};

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
    heldReliable: [],
    rseq: 0,
    proxied: undefined,
    answered: false,
  };
  transaction.owner = incoming;
  return incoming;
};

/** Puts a request on the list of those waiting for the application. */
export const admit = (core: Core, incoming: Incoming): void => {
  core.incoming.set(incoming.txn, incoming);
  const ms = within(incoming.request.method) * core.times.t1;
  incoming.expiry = core.timers.set(ms, unanswered, { core, incoming });
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
