import { hostForWire, parseUri } from '../../sip-engine/index.ts';
import type { Binding } from './types.ts';

/** Where a request to a binding goes. */
export type ContactTarget = {
  /** Request-URI: the Contact as registered. */
  readonly uri: string;
  /** Next hop where it is not the URI's. */
  readonly proxy: string | undefined;
  /** The phone sits behind NAT. */
  readonly nat: boolean;
  /** It registered over WebSocket: a browser (RFC 7118). */
  readonly web: boolean;
  readonly userAgent: string | undefined;
};

const isElsewhere = ({ uri, peer }: Binding): boolean => {
  const host = parseUri(uri)?.host.toLowerCase();
  return host !== peer.address.toLowerCase();
};

/** The URI within `<sip:proxy;lr>;…`. */
const bareUri = (value: string): string => /<([^>]*)>/.exec(value)?.[1] ?? value;

/**
 * The way to a phone: over the nearest proxy of its path; else, over UDP, where its REGISTER came from when its Contact
 * names another host (NAT). On a connection the SIP server knows the way by the Contact itself.
 */
export const targetOf = (binding: Binding): ContactTarget => {
  const { uri, peer, path, userAgent } = binding;
  const [first] = path;
  const nat = isElsewhere(binding);
  const source = `sip:${hostForWire(peer.address)}:${peer.port}`;
  const proxy = first === undefined ? (nat && peer.protocol === 'udp' ? source : undefined) : bareUri(first);
  const web = peer.protocol === 'ws' || peer.protocol === 'wss';
  return { uri, proxy, nat: nat && first === undefined, web, userAgent };
};

/** Whether the way to a phone stands when the gateway starts again: datagrams do, connections only where they can be made anew. */
export const survivesRestart = (binding: Binding): boolean => {
  const { protocol } = binding.peer;
  if (protocol === 'udp' || binding.path.length > 0) return true;
  return (protocol === 'tcp' || protocol === 'tls') && !isElsewhere(binding);
};

/** By preference, then the latest first. */
export const byPreference = (a: Binding, b: Binding): number => b.q - a.q || b.refreshedAt - a.refreshedAt;
