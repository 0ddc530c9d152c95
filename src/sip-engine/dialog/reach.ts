import { parseNameAddress, parseUri } from '../message/index.ts';
import type { SipUri } from '../message/types.ts';
import type { Endpoint, Flow } from '../transport/types.ts';
import type { Core, Dialog } from './types.ts';

const isPrivate = (host: string): boolean => {
  const [a, b] = host.split('.').map(Number);
  return a === 10 || (a === 192 && b === 168) || (a === 172 && b !== undefined && b >= 16 && b <= 31);
};

/** Where a message really came from. */
export type Origin = { readonly remote: Endpoint; readonly flow: Flow | undefined };

/** A private first route of a peer with a public address leads nowhere. */
const isHidden = (route: string, from: Endpoint): boolean =>
  isPrivate(parseNameAddress(route)?.uri.host ?? '') && !isPrivate(from.address);

/** Whether a Contact is somewhere else than its packets come from. A callee may answer from another port. */
const isElsewhere = (dialog: Dialog, uri: SipUri, from: Endpoint): boolean => {
  if (uri.host !== from.address) return true;
  return dialog.role === 'uas' && (uri.port ?? 5060) !== from.port;
};

const isBehindNat = (core: Core, dialog: Dialog, from: Endpoint): boolean => {
  const [route] = dialog.routes;
  const uri = dialog.remoteTarget === undefined ? undefined : parseUri(dialog.remoteTarget);
  if (uri === undefined) return false;
  if (route === undefined && uri.parameters.has('ob')) return true; // RFC 5626 5.3: keep to the flow
  if (!core.habits.natDetection) return false;
  return route === undefined ? isElsewhere(dialog, uri, from) : isHidden(route, from);
};

/**
 * By which way the peer of a dialog is reached: a stream it is connected by; over UDP where its packets come from, when
 * that is not where its Contact or first route says.
 */
export const learnReach = (core: Core, dialog: Dialog, { remote, flow }: Origin): void => {
  if (remote.protocol === 'udp') {
    dialog.flow = undefined;
    dialog.nat = isBehindNat(core, dialog, remote) ? remote : undefined;
    return;
  }
  const [route] = dialog.routes;
  dialog.nat = undefined;
  dialog.flow = route === undefined || isHidden(route, remote) ? flow : undefined;
};
