import { headerValue, headerValues, parseNameAddress, parseUri } from '../message/index.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts';
import type { Endpoint, Received } from '../transport/types.ts';
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
  return {
    byId: (id) => ids.get(id),
    match: (callId, localTag, remoteTag) => byKey.get(tableKey(callId, localTag, remoteTag)),
    add(dialog) {
      byKey.set(tableKey(dialog.callId, dialog.localTag, dialog.remoteTag), dialog);
      ids.set(dialog.id, dialog);
    },
    prefer(dialog) {
      ids.set(dialog.id, dialog);
    },
    remove(dialog) {
      const key = tableKey(dialog.callId, dialog.localTag, dialog.remoteTag);
      if (byKey.get(key) === dialog) byKey.delete(key);
      if (ids.get(dialog.id) === dialog) ids.delete(dialog.id);
    },
    all: () => byKey.values(),
    get size() {
      return byKey.size;
    },
  };
};

/** URI of the first Contact, or undefined. */
export const contactUri = (message: SipMessage): string | undefined => {
  const [value] = headerValues(message, 'contact');
  if (value === undefined) return undefined;
  return parseNameAddress(value)?.uri.raw;
};

const isPrivate = (host: string): boolean => {
  const [a, b] = host.split('.').map(Number);
  return a === 10 || (a === 192 && b === 168) || (a === 172 && b !== undefined && b >= 16 && b <= 31);
};

const routeHost = (route: string): string => parseNameAddress(route)?.uri.host ?? '';

/** Where a caller over UDP is reached when its Contact is not where its packets come from. */
const uasNat = (
  received: Received,
  routes: readonly string[],
  target: string | undefined,
): Endpoint | undefined => {
  if (received.remote.protocol !== 'udp' || routes.length > 0 || target === undefined) return undefined;
  const uri = parseUri(target);
  if (uri === undefined) return undefined;
  const { address, port } = received.remote;
  return uri.host === address && (uri.port ?? 5060) === port ? undefined : received.remote;
};

/** The same for the one we called: no route and another host, or a private first route behind a public address. */
const uacNat = (
  from: Endpoint,
  routes: readonly string[],
  target: string | undefined,
): Endpoint | undefined => {
  if (from.protocol !== 'udp' || target === undefined) return undefined;
  const [route] = routes;
  if (route !== undefined) return isPrivate(routeHost(route)) && !isPrivate(from.address) ? from : undefined;
  const uri = parseUri(target);
  return uri === undefined || uri.host === from.address ? undefined : from;
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
  dialog.nat = uasNat(received, dialog.routes, dialog.remoteTarget);
  dialog.flow = received.flow;
  core.dialogs.add(dialog);
  return dialog;
};

/** Takes route set and remote target from a response (RFC 3261 12.1.2, 13.2.2.4). */
export const learnFromResponse = (dialog: Dialog, response: SipResponse, from: Endpoint): void => {
  dialog.routes = headerValues(response, 'record-route').reverse();
  const contact = contactUri(response);
  if (contact !== undefined) dialog.remoteTarget = contact;
  dialog.nat = uacNat(from, dialog.routes, contact);
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
  from: Endpoint,
): Dialog => {
  const { fromTag, toTag } = response.core;
  const dialog = calledDialog(
    core,
    outgoing,
    app,
    { tag: toTag, address: headerValue(response, 'to') },
    fromTag,
  );
  learnFromResponse(dialog, response, from);
  return dialog;
};

/** The dialog of a NOTIFY that overtook the 2xx to our SUBSCRIBE (RFC 6665 4.4.1). */
export const createDialogByNotify = (
  core: Core,
  outgoing: Outgoing,
  app: App,
  notify: SipRequest,
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
  return dialog;
};

/** A target refresh request or its 2xx moves the peer (RFC 3261 12.2). */
export const refreshTarget = (dialog: Dialog, message: SipMessage): void => {
  const contact = contactUri(message);
  if (contact === undefined || contact === dialog.remoteTarget) return;
  dialog.remoteTarget = contact;
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
