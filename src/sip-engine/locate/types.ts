import type { SipUri } from '../message/types.ts';
import type { Endpoint, TransportProtocol } from '../transport/types.ts';

/** Finds next hops (RFC 3263) and remembers which of them are dead. */
export type Locator = {
  /**
   * Where to send for a URI, best first; places that failed lately come last. At once for IP literals, a promise where a
   * name has to be asked for; it never rejects. Empty when nothing is found or the transport is none of ours.
   *
   * @param uri a Request-URI, a route or an outbound proxy
   */
  locate(uri: SipUri): readonly Endpoint[] | Promise<readonly Endpoint[]>;
  /** Where requests to this URI go instead, if an outbound proxy is set for its domain. */
  proxyOf(uri: SipUri): SipUri | undefined;
  /** It did not answer (time-out, transport failure, 503): it comes after others for a while. */
  failed(endpoint: Endpoint): void;
  /** It answered: it is alive. */
  answered(endpoint: Endpoint): void;
  /** Places held to be dead now. */
  readonly dead: number;
};

export type LocatorOptions = {
  /** Protocols that we have a listening point for: only those are looked for. */
  readonly protocols: ReadonlySet<TransportProtocol>;
  readonly nameServers?: readonly string[];
  readonly outboundProxies?: readonly { readonly domain: string; readonly uri: string }[];
};
