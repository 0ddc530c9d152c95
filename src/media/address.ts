import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/** Where media is bound, and what peers are told instead. */
type Addresses = { readonly address: string; readonly publicAddress?: string | undefined };

/** The first address of this machine that others can reach. */
const firstAddress = (family: 'IPv4' | 'IPv6'): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find((address) => address.family === family && !address.internal && !address.address.startsWith('fe80'))
    ?.address;

const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';

/** The address written into SDP unless a peer needs another: the configured one, the bound one, or this machine's first. */
export const publicMediaAddress = ({ address, publicAddress }: Addresses): string => {
  if (publicAddress !== undefined) return publicAddress;
  if (address === '0.0.0.0') return firstAddress('IPv4') ?? '127.0.0.1';
  if (address === '::') return firstAddress('IPv6') ?? '::1';
  return address;
};

/**
 * Tells which media address a peer is given. A peer on this machine gets loopback, since its packets may not come back
 * from the public address; a peer of the other IP family gets an address of its own family.
 *
 * @returns a function of the peer's address literal or host name
 */
export const mediaAddressFor = (media: Addresses) => {
  const own = publicMediaAddress(media);
  return (peer: string): { advertisedAddress?: string } => {
    if (isLoopback(peer) && (isWildcard(media.address) || isLoopback(media.address))) {
      return { advertisedAddress: isIPv6(peer) ? '::1' : '127.0.0.1' };
    }
    if (!ipaddr.isValid(peer) || isIPv6(peer) === isIPv6(own)) return {};
    const other = firstAddress(isIPv6(peer) ? 'IPv6' : 'IPv4');
    return other === undefined ? {} : { advertisedAddress: other };
  };
};
