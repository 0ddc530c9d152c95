import ipaddr from 'ipaddr.js';
import type { IceCandidate } from '../../sdp/index.ts';
import type { LegTransport } from '../types.ts';

type Source = { readonly address: string; readonly port: number; readonly protocol: 'udp' | 'tcp' };

const canonical = (address: string): string =>
  ipaddr.isValid(address) ? ipaddr.process(address).toNormalizedString() : address;

/**
 * What the browser's SDP called the address that its packets come from. A candidate that hides its address (mDNS) is told by
 * its port; one of TCP has no port of its own (RFC 6544 4.5: 9 for those that connect), and is told by its address.
 */
export const transportOf = (source: Source, candidates: readonly IceCandidate[]): LegTransport => {
  const { protocol } = source;
  const address = canonical(source.address);
  const known = candidates.find((each) => {
    if (each.protocol !== protocol) return false;
    const hidden = !ipaddr.isValid(each.address);
    const sameAddress = hidden || canonical(each.address) === address;
    return sameAddress && (protocol === 'tcp' || each.port === source.port);
  });
  return { protocol, candidate: known?.type ?? 'prflx' };
};
