import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createNetworks, type Networks } from '../../base/networks.ts';
import type { Endpoint, ListenPoint, TransportProtocol } from './types.ts';

export type Family = 'ipv4' | 'ipv6';

/** An address of this machine with its network. */
export type LocalAddress = {
  readonly address: string;
  readonly family: Family;
  readonly loopback: boolean;
  readonly contains: (address: string) => boolean;
};

/** What a listening point was configured with beside what it is bound to. */
export type ConfiguredPoint = {
  readonly point: ListenPoint;
  readonly external: string | undefined;
  /** Peers in them are told the bound address. Left out: peers on private networks that this machine is part of. */
  readonly localNetworks?: Networks | undefined;
  /** Host names that stand for it, in lower case. */
  readonly names?: readonly string[] | undefined;
};

export const familyOf = (address: string): Family => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** An address without the zone of a link-local one. */
export const withoutZone = (address: string): string => {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
};

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

export const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

const privateNetworks = createNetworks([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]);

const isPrivate = (address: string): boolean => privateNetworks.contains(withoutZone(address));

const describe = (info: { address: string; cidr: string | null; internal: boolean }): LocalAddress => {
  const network = createNetworks([info.cidr ?? info.address]);
  return {
    address: info.address,
    family: familyOf(info.address),
    loopback: info.internal || isLoopback(info.address),
    contains: (address) => network.contains(withoutZone(address)),
  };
};

/** The addresses of this machine; link-local ones, which can't be told to peers, left out. */
export const readLocalAddresses = (): LocalAddress[] =>
  Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80:'))
    .map(describe);

const REFRESH = 30_000;

/** `readLocalAddresses`, asked of the system at most every 30 seconds. */
export const createAddressTable = (): (() => readonly LocalAddress[]) => {
  let table: readonly LocalAddress[] = [];
  let until = 0;
  return () => {
    const now = performance.now();
    if (now >= until) {
      table = readLocalAddresses();
      until = now + REFRESH;
    }
    return table;
  };
};

/** The address that packets of `point` to `remote` leave from: the bound one, or of a wildcard the likely one. */
export const concreteAddress = (
  point: ListenPoint,
  remote: string | undefined,
  table: readonly LocalAddress[],
): string => {
  if (!isWildcard(point.address)) return point.address;
  const family = familyOf(point.address);
  const loopback = family === 'ipv4' ? '127.0.0.1' : '::1';
  if (remote !== undefined && isLoopback(remote)) return loopback;
  const own = table.filter((local) => local.family === family && !local.loopback);
  const near = remote === undefined ? undefined : own.find((local) => local.contains(remote));
  return (near ?? own[0])?.address ?? loopback;
};

/**
 * What Via and Contact tell a peer. The external address if there is one, but peers in the point's local networks are told
 * the address they can reach; without such networks, of a wildcard point, loopback peers and those on a private network
 * this machine is part of.
 */
export const advertisedAddress = (
  { point, external, localNetworks }: ConfiguredPoint,
  remote: string | undefined,
  table: readonly LocalAddress[],
): string => {
  if (external === undefined) return concreteAddress(point, remote, table);
  if (remote === undefined) return external;
  if (localNetworks?.contains(withoutZone(remote)) === true) return concreteAddress(point, remote, table);
  if (!isWildcard(point.address)) return external;
  const near =
    isLoopback(remote) ||
    (localNetworks === undefined && isPrivate(remote) && table.some((local) => local.contains(remote)));
  return near ? concreteAddress(point, remote, table) : external;
};

const commonOctets = (a: string, b: string): number => {
  const left = a.split('.');
  const right = b.split('.');
  let count = 0;
  while (count < 4 && left[count] !== undefined && left[count] === right[count]) count += 1;
  return count;
};

const score = (
  { point, external }: ConfiguredPoint,
  remote: string,
  table: readonly LocalAddress[],
): number => {
  const local = concreteAddress(point, remote, table);
  const sameNetwork = table.some(({ address, contains }) => address === local && contains(remote)) ? 1000 : 0;
  const sameKind = isLoopback(local) === isLoopback(remote) ? 500 : 0;
  const octets = point.address.includes('.') ? commonOctets(local, remote) * 10 : 0;
  const outward = external !== undefined && !isPrivate(remote) && !isLoopback(remote) ? 5 : 0;
  return sameNetwork + sameKind + octets + outward;
};

/**
 * The listening point for `remote`: same protocol and address family; then same network, most octets in common, one with
 * an external address for public targets. Points on loopback serve loopback targets only. The first of equals.
 */
export const selectPoint = (
  points: readonly ConfiguredPoint[],
  remote: Endpoint,
  table: readonly LocalAddress[],
): ListenPoint | undefined => {
  const family = familyOf(remote.address);
  let best: ListenPoint | undefined;
  let bestScore = -1;
  for (const configured of points) {
    const { point } = configured;
    if (point.protocol !== remote.protocol || familyOf(point.address) !== family) continue;
    if (isLoopback(point.address) && !isLoopback(remote.address)) continue;
    const value = score(configured, remote.address, table);
    if (value <= bestScore) continue;
    best = point;
    bestScore = value;
  }
  return best;
};

/** RFC 3261 19.1.2; RFC 7118 5.3 leaves WebSocket its own (RFC 6455 3). */
const DEFAULT_PORTS: Readonly<Record<TransportProtocol, number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
};

const isOwnHost = (
  { point, external }: ConfiguredPoint,
  host: string,
  table: readonly LocalAddress[],
): boolean => {
  if (host === point.address || host === external || host === point.advertised.address) return true;
  if (!isWildcard(point.address) || isIP(host) === 0 || familyOf(host) !== familyOf(point.address))
    return false;
  return isLoopback(host) || table.some(({ address }) => address === withoutZone(host));
};

/** Whether a URI's host and port are this point; a name of it stands for it whatever port name service would find. */
export const isOwnPlace = (
  configured: ConfiguredPoint,
  host: string,
  port: number | undefined,
  table: () => readonly LocalAddress[],
): boolean => {
  const { point, names } = configured;
  if (names?.includes(host.toLowerCase())) return port === undefined || port === point.port;
  return point.port === (port ?? DEFAULT_PORTS[point.protocol]) && isOwnHost(configured, host, table());
};
