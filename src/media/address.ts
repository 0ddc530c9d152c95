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

/** All addresses of this machine that a peer may reach it at; loopback first. */
const everyAddress = (wildcard: string): readonly string[] => {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address }) => !address.startsWith('fe80'))
    .filter(({ family }) => wildcard === '::' || family === 'IPv4')
    .sort((a, b) => Number(b.internal) - Number(a.internal));
  return [...new Set(found.map(({ address }) => address))];
};

/**
 * Where browsers connect: each address of the machine for itself, since a candidate names one (RFC 8839 5.1). Behind NAT the
 * public one stands in place of the first that is not loopback.
 */
export const browserAddresses = ({
  address,
  publicAddress,
}: Addresses): readonly { readonly address: string; readonly publicAddress?: string }[] => {
  if (!isWildcard(address)) return [{ address, ...(publicAddress !== undefined && { publicAddress }) }];
  const all = everyAddress(address);
  const isNatted = (each: string): boolean =>
    publicAddress !== undefined && !isLoopback(each) && isIPv6(each) === isIPv6(publicAddress);
  const natted = all.find(isNatted);
  return all.map((each) =>
    each === natted && publicAddress !== undefined ? { address: each, publicAddress } : { address: each },
  );
};
