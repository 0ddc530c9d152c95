import type { Core } from '../dialog/types.ts';
import type { SipUri } from '../message/types.ts';
import type { Target } from '../transaction/index.ts';
import type { Endpoint, Flow } from '../transport/types.ts';

/** A place to send to. `anySize`: TCP has failed there, UDP has to do whatever the size. */
export type Place = {
  readonly endpoint: Endpoint;
  readonly flow: Flow | undefined;
  readonly anySize: boolean;
};

const at = (endpoint: Endpoint): Place => ({ endpoint, flow: undefined, anySize: false });

/** Where requests to a URI go, best first: over the stream its user registered by, else as the locator says. */
export const placesOf = (core: Core, uri: SipUri): readonly Place[] | Promise<readonly Place[]> => {
  const flow = core.flows.find(uri);
  if (flow?.open === true) return [{ endpoint: flow.remote, flow, anySize: true }];
  const found = core.locator.locate(core.locator.proxyOf(uri) ?? uri);
  return found instanceof Promise ? found.then((endpoints) => endpoints.map(at)) : found.map(at);
};

/** Our side of a place: undefined when we have no transport for it. */
export const targetOf = (core: Core, { endpoint, flow }: Place): Target | undefined => {
  const local = core.transports.select(endpoint);
  return local === undefined ? undefined : { local, remote: endpoint, flow };
};

/** The same place over TCP, for a request too large for UDP (RFC 3261 18.1.1); undefined when UDP has to do. */
export const overTcp = (core: Core, { endpoint, anySize }: Place, size: number): Target | undefined => {
  if (endpoint.protocol !== 'udp' || anySize || core.transports.fitsUdp(size)) return undefined;
  const until = core.tcpRefused.get(`${endpoint.address}:${endpoint.port}`);
  if (until !== undefined && until > Date.now()) return undefined;
  const remote: Endpoint = { ...endpoint, protocol: 'tcp' };
  const local = core.transports.select(remote);
  return local === undefined ? undefined : { local, remote };
};
