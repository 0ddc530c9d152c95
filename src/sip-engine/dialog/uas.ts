import type { SipRequest } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { Received } from '../transport/types.ts';
import { onCancel } from './cancel.ts';
import { count } from './counts.ts';
import { decide } from './decision.ts';
import { objectionTo, refusedByLimit, unsupported } from './objections.ts';
import { onAck, onWithin } from './received.ts';
import { refuse, reply } from './reply.ts';
import { subscribedBy } from './subscription.ts';
import type { Core, Dialog, Incoming } from './types.ts';

/** A request of the network: retransmission, ACK, CANCEL, in a dialog or new, in the order of RFC 3261 8.2 and 17.2.3. */
export const onRequest = (core: Core, received: Received, request: SipRequest): void => {
  const known = core.server.match(request);
  if (request.method === 'ACK') {
    const relayed = known === undefined || known.state === 'accepted';
    if (relayed && request.core.toTag !== '' && core.proxy.relay(request, received)) return;
    onAck(core, received, request, known);
    return;
  }
  if (known !== undefined) {
    core.server.repeat(known);
    if (isSlow(known)) reply(core, known, 100);
    return;
  }
  if (request.core.toTag !== '' && core.proxy.relay(request, received)) return;
  count(core.counters.requestsIn, request.method);
  if (request.method === 'CANCEL') {
    onCancel(core, received, request);
    return;
  }
  const { callId, fromTag, toTag } = request.core;
  if (toTag !== '') {
    const dialog = core.dialogs.match(callId, toTag, fromTag) ?? subscribedBy(core, request, received);
    if (dialog !== undefined) {
      within(core, received, request, dialog);
      return;
    }
  }
  // A phone that missed the end of its call is told of it, and a page whose gateway has restarted: the WebSocket's
  // handshake has let it in. Who was never spoken to learns nothing.
  const isSpokenTo = received.correspondent === true || isPage(received);
  if (received.stranger && (toTag === '' || !isSpokenTo)) {
    core.counters.droppedStrangers += 1;
    return;
  }
  if (toTag !== '') {
    refuse(core, received, request, 481);
    return;
  } // RFC 3261 12.2.2
  onFresh(core, received, request);
};

const isPage = ({ remote: { protocol } }: Received): boolean => protocol === 'ws' || protocol === 'wss';

/**
 * A request other than INVITE that is repeated for the third time: its sender's timer E has come to T2, from when on a 100
 * keeps it from repeating more (RFC 4320 4.1). Streams do not repeat.
 */
const isSlow = (known: ServerTransaction<Incoming>): boolean =>
  known.repeats >= 3 && known.state === 'trying' && known.request.method !== 'INVITE';

const within = (core: Core, received: Received, request: SipRequest, dialog: Dialog): void => {
  const missing = unsupported(request);
  if (missing !== undefined) {
    refuse(core, received, request, 420, missing);
    return;
  }
  onWithin(core, received, request, dialog);
};

const onFresh = (core: Core, received: Received, request: SipRequest): void => {
  if (refusedByLimit(core, received, request)) return;
  const refusal = objectionTo(core, request);
  if (refusal !== undefined) {
    refuse(core, received, request, refusal[0], refusal[1]);
    return;
  }
  const transaction = core.server.open(received, request);
  if (request.method === 'INVITE') reply(core, transaction, 100);
  decide(core, transaction, received);
};
