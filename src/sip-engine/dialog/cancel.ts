import type { SipRequest } from '../message/types.ts';
import type { Received } from '../transport/types.ts';
import { refuse, reply, settleWith } from './reply.ts';
import type { Core, Incoming } from './types.ts';
import { hangUp } from './within.ts';

/** CANCEL of the network (RFC 3261 9.2). */
export const onCancel = (core: Core, received: Received, cancel: SipRequest): void => {
  const transaction = core.server.matchCancelled(cancel);
  const incoming = transaction?.owner;
  if (transaction === undefined || incoming === undefined) {
    if (received.stranger) {
      core.counters.droppedStrangers += 1;
      return;
    }
    refuse(core, received, cancel, 481);
    return;
  }
  const own = core.server.open(received, cancel);
  if (incoming.proxied !== undefined) {
    reply(core, own, 200);
    incoming.proxied.cancel(cancel);
    return;
  }
  if (!incoming.answered) {
    reply(core, own, 200, '', incoming.localTag === '' ? undefined : incoming.localTag);
    cancelIncoming(core, incoming, cancel, received);
    return;
  }
  reply(core, own, 481);
  const { dialog } = incoming;
  // It crossed our 2xx: the caller has given up, so nobody will acknowledge.
  if (dialog?.ackWait?.incoming === incoming && !incoming.inDialog)
    hangUp(core, dialog, 'CANCEL after 200 OK');
};

/**
 * Ends an INVITE that its caller has given up: 487, and `message` to the application, which takes it for the CANCEL.
 * The dialog id is told once there was a response above 100.
 */
export const cancelIncoming = (
  core: Core,
  incoming: Incoming,
  message: SipRequest,
  received: Received,
): void => {
  const dialogId = incoming.dialog === undefined ? '' : incoming.dialogId;
  settleWith(core, incoming, 487);
  incoming.app.request(message, received, incoming.txn, dialogId);
};
