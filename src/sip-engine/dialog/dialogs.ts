import { headerValue, headerValues, parseNameAddress } from '../message/index.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts';
import { learnReach, type Origin } from './reach.ts';
import { ownSide } from './text.ts';
import type { App, Core, Dialog, Dialogs, Incoming, Outgoing } from './types.ts';

const tableKey = (callId: string, localTag: string, remoteTag: string): string =>
  `${callId}|${localTag}|${remoteTag}`;

/** The id of a dialog as the application knows it. */
export const dialogIdOf = (callId: string, creatorTag: string): string => `${callId};from-tag=${creatorTag}`;

/** The table of dialogs. */
export const createDialogs = (): Dialogs => {
  const byKey = new Map<string, Dialog>();
  const ids = new Map<string, Dialog>();
  let inbound = 0;

  const remove = (dialog: Dialog): void => {
    const key = tableKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    if (byKey.get(key) === dialog) {
      byKey.delete(key);
      if (dialog.role === 'uas') inbound -= 1;
    }
    if (ids.get(dialog.id) === dialog) ids.delete(dialog.id);
  };

  return {
    byId: (id) => ids.get(id),
    match: (callId, localTag, remoteTag) => byKey.get(tableKey(callId, localTag, remoteTag)),
    add(dialog) {
      const key = tableKey(dialog.callId, dialog.localTag, dialog.remoteTag);
      const before = byKey.get(key);
      if (before !== undefined) remove(before);
      byKey.set(key, dialog);
      if (dialog.role === 'uas') inbound += 1;
      ids.set(dialog.id, dialog);
    },
    prefer(dialog) {
      ids.set(dialog.id, dialog);
    },
    remove,
    all: () => byKey.values(),
    get size() {
      return byKey.size;
    },
    get inbound() {
      return inbound;
    },
  };
};

/** URI of the first Contact, or undefined. */
export const contactUri = (message: SipMessage): string | undefined => {
  const [value] = headerValues(message, 'contact');
  if (value === undefined) return undefined;
  return parseNameAddress(value)?.uri.raw;
};

type Seed = Pick<
  Dialog,
  | 'id'
  | 'role'
  | 'kind'
  | 'callId'
  | 'localTag'
  | 'remoteTag'
  | 'app'
  | 'localAddress'
  | 'remoteAddress'
  | 'local'
  | 'place'
  | 'contact'
>;

// Written out, not spread: an object of this size made by a spread is many times slower.
const newDialog = (seed: Seed): Dialog => ({
  id: seed.id,
  role: seed.role,
  kind: seed.kind,
  callId: seed.callId,
  localTag: seed.localTag,
  remoteTag: seed.remoteTag,
  app: seed.app,
  state: 'early',
  localAddress: seed.localAddress,
  remoteAddress: seed.remoteAddress,
  localCseq: 0,
  remoteCseq: undefined,
  routes: [],
  remoteTarget: undefined,
  nat: undefined,
  flow: undefined,
  local: seed.local,
  place: seed.place,
  contact: seed.contact,
  localSdp: '',
  invite: undefined,
  peerInvite: undefined,
  peerUpdate: undefined,
  ackWait: undefined,
  endAfterAck: undefined,
  remoteRseq: 0,
  sessionTimer: undefined,
  expiry: undefined,
});

/** The dialog of a request we answer (RFC 3261 12.1.1). `contact` is ours. */
export const createUasDialog = (core: Core, incoming: Incoming, contact: string): Dialog => {
  const { request, app, transaction, localTag, dialogId } = incoming;
  const { callId, fromTag, cseq } = request.core;
  const { received } = transaction;
  const to = headerValue(request, 'to') ?? '';
  const dialog = newDialog({
    id: dialogId,
    role: 'uas',
    kind: request.method === 'INVITE' ? 'invite' : 'subscribe',
    callId,
    localTag,
    remoteTag: fromTag,
    app,
    localAddress: `${to};tag=${localTag}`,
    remoteAddress: headerValue(request, 'from') ?? '',
    local: received.local,
    place: ownSide(core, received.local, received.remote.address).place,
    contact,
  });
  dialog.remoteCseq = cseq.number;
  dialog.routes = headerValues(request, 'record-route');
  dialog.remoteTarget = contactUri(request);
  learnReach(core, dialog, received);
  core.dialogs.add(dialog);
  return dialog;
};

/** Takes route set and remote target from a response (RFC 3261 12.1.2, 13.2.2.4). */
export const learnFromResponse = (core: Core, dialog: Dialog, response: SipResponse, from: Origin): void => {
  dialog.routes = headerValues(response, 'record-route').reverse();
  const contact = contactUri(response);
  if (contact !== undefined) dialog.remoteTarget = contact;
  // Without a Contact the target is the Request-URI, and nothing is known of where it is.
  if (contact !== undefined || from.flow !== undefined) learnReach(core, dialog, from);
};

const calledDialog = (
  core: Core,
  outgoing: Outgoing,
  app: App,
  peer: { readonly tag: string; readonly address: string | undefined },
  localTag: string,
): Dialog => {
  const { request, sent } = outgoing;
  const { local, remote } = sent.target;
  const dialog = newDialog({
    id: outgoing.dialogId,
    role: 'uac',
    kind: request.method === 'INVITE' ? 'invite' : 'subscribe',
    callId: request.callId,
    localTag,
    remoteTag: peer.tag,
    app,
    localAddress: request.from,
    remoteAddress: peer.address ?? request.to,
    local,
    place: ownSide(core, local, remote.address).place,
    contact: outgoing.contact,
  });
  dialog.localCseq = request.cseq;
  dialog.localSdp = request.body;
  dialog.remoteTarget = request.uri;
  dialog.invite = request.method === 'INVITE' ? outgoing : undefined;
  core.dialogs.add(dialog);
  return dialog;
};

/** The dialog of a response to our request (RFC 3261 12.1.2). Its target is the Request-URI until a Contact is seen. */
export const createUacDialog = (
  core: Core,
  outgoing: Outgoing,
  app: App,
  response: SipResponse,
  from: Origin,
): Dialog => {
  const { fromTag, toTag } = response.core;
  const dialog = calledDialog(
    core,
    outgoing,
    app,
    { tag: toTag, address: headerValue(response, 'to') },
    fromTag,
  );
  learnFromResponse(core, dialog, response, from);
  return dialog;
};

/** The dialog of a NOTIFY that overtook the 2xx to our SUBSCRIBE (RFC 6665 4.4.1). */
export const createDialogByNotify = (
  core: Core,
  outgoing: Outgoing,
  app: App,
  notify: SipRequest,
  from: Origin,
): Dialog => {
  const { fromTag, toTag } = notify.core;
  const dialog = calledDialog(
    core,
    outgoing,
    app,
    { tag: fromTag, address: headerValue(notify, 'from') },
    toTag,
  );
  dialog.routes = headerValues(notify, 'record-route');
  dialog.remoteTarget = contactUri(notify) ?? dialog.remoteTarget;
  learnReach(core, dialog, from);
  return dialog;
};

/** A target refresh request or its 2xx moves the peer (RFC 3261 12.2), and shows where it sends from now. */
export const refreshTarget = (core: Core, dialog: Dialog, message: SipMessage, from: Origin): void => {
  const contact = contactUri(message);
  if (contact === undefined) return;
  dialog.remoteTarget = contact;
  // Whoever was found where its Contact said is believed when it names another place.
  if (dialog.nat !== undefined || from.flow !== undefined) learnReach(core, dialog, from);
};

/** The session is being ended: no refresh and no expiry any more. */
export const stopSessionTimer = (core: Core, dialog: Dialog): void => {
  core.timers.clear(dialog.sessionTimer?.timer);
  dialog.sessionTimer = undefined;
};

/** Takes a dialog out of the table and stops what runs for it. */
export const endDialog = (core: Core, dialog: Dialog): void => {
  if (dialog.state === 'ended') return;
  dialog.state = 'ended';
  core.dialogs.remove(dialog);
  core.timers.clear(dialog.expiry);
  stopSessionTimer(core, dialog);
  core.timers.clear(dialog.ackWait?.timer);
  dialog.ackWait = undefined;
};
