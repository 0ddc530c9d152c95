import { isIP } from 'node:net';
import { count, countResponse } from '../dialog/counts.ts';
import { refuse } from '../dialog/reply.ts';
import type { Core } from '../dialog/types.ts';
import { serializeMessage } from '../message/index.ts';
import type { SipRequest, SipResponse, SipUri, Via } from '../message/types.ts';
import type { Target } from '../transaction/index.ts';
import type { Endpoint, Received, TransportProtocol } from '../transport/types.ts';
import { compose, type Passage, pointNumber } from './compose.ts';
import { hopsLeft, popVia } from './headers.ts';
import type { BranchMark, Marks } from './marks.ts';
import { overTcp, type Place, placesOf, targetOf } from './places.ts';
import { courseOf, takeOwnRoutes } from './routes.ts';

const ignore = (): void => {};

/** What the relay works with. */
export type RelayTools = { readonly core: Core; readonly marks: Marks };

const sendTo = (
  { core, marks }: RelayTools,
  passage: Passage,
  places: readonly Place[],
  failed: () => void,
): void => {
  const [place, ...others] = places;
  if (place === undefined) {
    failed();
    return;
  }
  const further = (): void => sendTo({ core, marks }, passage, others, failed);
  const target = targetOf(core, place);
  if (target === undefined) {
    further();
    return;
  }
  const branch = marks.statelessBranch(passage.request.core, pointNumber(core, passage.received));
  const { bytes } = compose(core, marks, passage, target, branch);
  const tcp = overTcp(core, place, bytes.length);
  if (tcp === undefined) {
    core.transports.send(bytes, target, further);
    return;
  }
  core.transports.send(compose(core, marks, passage, tcp, branch).bytes, tcp, () =>
    sendTo({ core, marks }, passage, [{ ...place, anySize: true }, ...others], failed),
  );
};

/** Passes on a request of a dialog we stayed in, and remembers nothing (RFC 3261 16.11). False when no Route of it is ours. */
export const relayRequest = (tools: RelayTools, request: SipRequest, received: Received): boolean => {
  const { core, marks } = tools;
  const { callId } = request.core;
  if (!request.headers.some(({ key }) => key === 'route')) return false;
  const isOwn = (uri: SipUri): boolean => marks.readRoute(uri, callId) !== undefined;
  const { uri, routes, taken } = takeOwnRoutes(request, isOwn);
  if (taken === undefined) return false;
  count(core.counters.requestsIn, request.method);
  if (hopsLeft(request) < 0) {
    if (request.method !== 'ACK') refuse(core, received, request, 483);
    return true;
  }
  const course = courseOf({ uri, routes });
  const passage: Passage = { request, received, routing: course, set: [], record: false };
  const unreachable = (): void => {
    if (request.method !== 'ACK') refuse(core, received, request, 503);
  };
  const go = (places: readonly Place[]): void => sendTo(tools, passage, places, unreachable);
  count(core.counters.requestsOut, request.method);
  if (request.method === 'BYE') tellOfBye(core, request);
  const flowId = routes.length === 0 ? marks.readRoute(taken, callId)?.flowId : undefined;
  const flow = flowId === undefined ? undefined : core.transports.flow(flowId);
  const known: Place[] = flow?.open === true ? [{ endpoint: flow.remote, flow, anySize: true }] : [];
  const { nextHop } = course;
  if (known.length > 0 || nextHop === undefined) {
    go(known);
    return true;
  }
  const places = placesOf(core, nextHop);
  if (places instanceof Promise) places.then(go, unreachable);
  else go(places);
  return true;
};

const tellOfBye = (core: Core, request: SipRequest): void => {
  const text = serializeMessage(request).toString();
  core.cdr({ type: 'stop', source: 'network', text, reason: 'normal-release' });
  core.cdr({ type: 'stop', source: 'application', text, reason: 'normal-release' });
};

const PROTOCOLS: ReadonlySet<string> = new Set(['udp', 'tcp', 'tls', 'ws', 'wss']);

const isProtocol = (text: string): text is TransportProtocol => PROTOCOLS.has(text);

/** Where the request came from that a Via of ours stands for (RFC 3261 18.2.2, RFC 3581 4). */
const originOf = (core: Core, next: Via, mark: BranchMark): Target | undefined => {
  const protocol = next.transport.toLowerCase();
  const address = next.parameters.get('received') ?? next.host;
  const port = Number(next.parameters.get('rport') || next.port || 5060);
  if (!isProtocol(protocol) || isIP(address) === 0) return undefined;
  const remote: Endpoint = { protocol, address, port };
  const point = core.transports.listenPoints[mark.point];
  const local = point?.protocol === protocol ? point : core.transports.select(remote);
  return local === undefined ? undefined : { local, remote };
};

/** Whether a response may pass without a transaction: all to the relay, of others a 2xx that is repeated after its end. */
const mayPass = (response: SipResponse, { stateless }: BranchMark): boolean =>
  stateless || (response.core.cseq.method === 'INVITE' && response.status >= 200 && response.status < 300);

/** Sends a response back the way its request came. False when no request of it went through here. */
export const relayResponse = ({ core, marks }: RelayTools, response: SipResponse): boolean => {
  const popped = popVia(response.headers);
  const mark = popped && marks.readBranch(response.core, popped.next);
  if (popped === undefined || mark === undefined || !mayPass(response, mark)) return false;
  const origin = originOf(core, popped.next, mark);
  if (origin === undefined) return false;
  const { method } = response.core.cseq;
  countResponse(core.counters.responsesIn, method, response.status);
  countResponse(core.counters.responsesOut, method, response.status);
  const { kind, status, reason, body } = response;
  const bytes = serializeMessage({ kind, status, reason, headers: popped.headers, body });
  const { local, remote } = origin;
  const again = (): void => {
    // The connection is gone: a new one to the sent-by port (RFC 3261 18.2.2).
    const port = popped.next.port ?? 5060;
    if (remote.protocol !== 'udp' && port !== remote.port)
      core.transports.send(bytes, { local, remote: { ...remote, port } }, ignore);
  };
  core.transports.send(bytes, origin, again);
  return true;
};
