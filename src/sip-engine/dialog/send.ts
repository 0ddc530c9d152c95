import { newBranch, parseNameAddress, parseUri } from '../message/index.ts';
import type { SipResponse } from '../message/types.ts';
import type { Target } from '../transaction/index.ts';
import type { Endpoint, Flow } from '../transport/types.ts';
import { count } from './counts.ts';
import { ownSide, partsOf, renderRequest, viaText } from './text.ts';
import type { Core, Dialog, Outgoing, Place, RequestText, SentMessage } from './types.ts';

/** How long UDP is used right away for a peer that refused TCP, in milliseconds. */
const TCP_REFUSED_FOR = 600_000;

const ignore = (): void => {};

/** Where requests in a dialog go. */
export type Way = { readonly endpoints: readonly Endpoint[]; readonly flow: Flow | undefined };

/**
 * The peer's open stream or NAT address, else the first route, else the remote target (RFC 3261 12.2.1.1), which may have
 * registered by a new connection meanwhile.
 */
export const wayOf = (core: Core, dialog: Dialog): Way | Promise<Way> | undefined => {
  const { flow, nat, routes, remoteTarget } = dialog;
  if (flow?.open === true) return { endpoints: [flow.remote], flow };
  if (nat !== undefined) return { endpoints: [nat], flow: undefined };
  const next = routes[0] === undefined ? remoteTarget : parseNameAddress(routes[0])?.uri.raw;
  const uri = next === undefined ? undefined : parseUri(next);
  if (uri === undefined) return undefined;
  const registered = core.flows.find(uri);
  if (registered !== undefined) return { endpoints: [registered.remote], flow: registered };
  const endpoints = core.locator.locate(uri);
  if (endpoints instanceof Promise) return endpoints.then((found) => ({ endpoints: found, flow: undefined }));
  return { endpoints, flow: undefined };
};

/** A request as it goes to one place. */
type Dressed = { readonly sent: SentMessage; readonly bytes: Buffer; readonly via: string };

/** Renders a request for one place. */
export const dress = (core: Core, request: RequestText, target: Target, branch: string): Dressed => {
  const via = viaText(ownSide(core, target.local, target.remote.address), branch);
  const text = renderRequest(request, via);
  const bytes = Buffer.from(text);
  return { sent: { text, size: bytes.length, target }, bytes, via };
};

/** The same place over TCP, for a UDP request near the MTU (RFC 3261 18.1.1); undefined when UDP has to do. */
const overTcp = (core: Core, place: Place, size: number): Endpoint | undefined => {
  const { endpoint } = place;
  if (endpoint.protocol !== 'udp' || place.anySize || core.transports.fitsUdp(size)) return undefined;
  const until = core.tcpRefused.get(`${endpoint.address}:${endpoint.port}`);
  if (until !== undefined && until > Date.now()) return undefined;
  const tcp: Endpoint = { ...endpoint, protocol: 'tcp' };
  return core.transports.select(tcp) === undefined ? undefined : tcp;
};

/**
 * Sends a request to its next place that we have a transport for. False when none is left.
 * The transport's own failures come later, as a failed transaction.
 */
export const departNext = (core: Core, outgoing: Outgoing): boolean => {
  if (outgoing.places.length > 0 && Date.now() >= outgoing.triesUntil) outgoing.places = [];
  for (let place = outgoing.places.shift(); place !== undefined; place = outgoing.places.shift()) {
    const local = core.transports.select(place.endpoint);
    if (local === undefined) continue;
    const branch = newBranch();
    const target = { local, remote: place.endpoint, flow: outgoing.flow };
    const dressed = dress(core, outgoing.request, target, branch);
    const tcp = overTcp(core, place, dressed.sent.size);
    const tcpLocal = tcp === undefined ? undefined : core.transports.select(tcp);
    if (tcp === undefined || tcpLocal === undefined) {
      start(core, outgoing, dressed, branch);
      return true;
    }
    outgoing.places.unshift({ endpoint: place.endpoint, anySize: true });
    start(core, outgoing, dress(core, outgoing.request, { local: tcpLocal, remote: tcp }, branch), branch);
    return true;
  }
  return false;
};

const start = (core: Core, outgoing: Outgoing, { sent, bytes, via }: Dressed, branch: string): void => {
  const { method } = outgoing.request;
  outgoing.sent = sent;
  count(core.counters.requestsOut, method);
  outgoing.transaction = core.client.start({
    branch,
    method,
    bytes,
    parts: partsOf(outgoing.request, via),
    target: sent.target,
    owner: outgoing,
  });
};

/** Remembers that a peer has no TCP, so that large requests do not wait for it each time. */
export const noteTransportFailure = (core: Core, target: Target): void => {
  const { remote } = target;
  if (remote.protocol !== 'tcp') return;
  if (core.tcpRefused.size > 1000) core.tcpRefused.clear();
  core.tcpRefused.set(`${remote.address}:${remote.port}`, Date.now() + TCP_REFUSED_FOR);
};

/** Sends a request outside transactions: the ACK to a 2xx (RFC 3261 13.2.2.4). */
export const sendAckText = (core: Core, request: RequestText, way: Way): SentMessage | undefined => {
  for (const remote of way.endpoints) {
    const local = core.transports.select(remote);
    if (local === undefined) continue;
    const { sent, bytes } = dress(core, request, { local, remote, flow: way.flow }, newBranch());
    core.transports.send(bytes, sent.target, ignore);
    count(core.counters.requestsOut, 'ACK');
    return sent;
  }
  return undefined;
};

/** A response made here for a request that got none (408, 503), with the headers that RFC 3261 8.2.6.2 copies. */
export const localResponse = (
  core: Core,
  outgoing: Outgoing,
  status: number,
  reason: string,
): SipResponse => {
  const { request, transaction, sent } = outgoing;
  const { local, remote } = sent.target;
  const via = transaction?.parts.via ?? viaText(ownSide(core, local, remote.address), newBranch());
  return {
    kind: 'response',
    status,
    reason,
    headers: [
      { key: 'via', name: 'Via', value: via },
      { key: 'from', name: 'From', value: request.from },
      { key: 'to', name: 'To', value: request.to },
      { key: 'call-id', name: 'Call-ID', value: request.callId },
      { key: 'cseq', name: 'CSeq', value: `${request.cseq} ${request.method}` },
      { key: 'reason', name: 'Reason', value: `SIP ;cause=${status} ;text="${reason} (local)"` },
    ],
    body: Buffer.alloc(0),
    core: {
      callId: request.callId,
      fromTag: '',
      toTag: '',
      cseq: { number: request.cseq, method: request.method },
      via: { transport: '', host: '', port: undefined, branch: '', parameters: new Map() },
    },
  };
};
