import type { TlsPeer } from '../../sip-engine/index.ts';
import { parseAddress } from '../address.ts';
import type { Trunk } from './table.ts';

const hostsOf = ({ gateways, register }: Pick<Trunk, 'gateways' | 'register'>): readonly string[] => {
  const { servers = [], outboundProxy, domain } = register ?? {};
  const uris = [...gateways.map(({ uri }) => uri), ...servers, ...(outboundProxy ? [outboundProxy] : [])];
  const hosts = [...uris.map((uri) => parseAddress(uri)?.host ?? ''), domain?.toLowerCase() ?? ''];
  return [...new Set(hosts.filter((host) => host !== ''))];
};

/**
 * Rules for TLS towards the trunks that have some of their own, by host.
 *
 * @param read the text of a PEM file
 */
export const trunkTlsPeers = (
  trunks: readonly Pick<Trunk, 'gateways' | 'register' | 'tls'>[],
  read: (path: string) => string,
): readonly TlsPeer[] =>
  trunks.flatMap((trunk) => {
    const { tls } = trunk;
    if (!tls) return [];
    const rules = {
      verify: tls.verify,
      ...(tls.caFile !== undefined && { ca: read(tls.caFile) }),
      ...(tls.certFile !== undefined && { cert: read(tls.certFile) }),
      ...(tls.keyFile !== undefined && { key: read(tls.keyFile) }),
    };
    return hostsOf(trunk).map((host) => ({ host, ...rules }));
  });
