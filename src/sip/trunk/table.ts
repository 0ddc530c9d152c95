import ipaddr from 'ipaddr.js';
import type { Region } from '../../base/phone.ts';
import type { TrunkConfig } from '../../config/index.ts';
import type { Admission } from '../../sip-engine/index.ts';
import { parseAddress } from '../address.ts';
import type { DigestAlgorithm } from '../digest/index.ts';
import type { SipPeer } from '../types.ts';

/** What a peer's requests must prove. */
export type DigestCredentials = {
  readonly realm: string;
  readonly username: string;
  readonly password: string;
  /** Offered in challenges, preferred first; MD5 by default. */
  readonly algorithms?: readonly DigestAlgorithm[];
};

/** A carrier or a PBX that may send us calls, and through which lines are dialled. */
export type Trunk = Omit<TrunkConfig, 'region' | 'digest'> & {
  readonly region: Region | undefined;
  readonly digest: DigestCredentials | undefined;
  /** The gateway's own test calls. */
  readonly isTest: boolean;
};

/** One place that a trunk's calls can be sent to. */
export type TrunkGateway = Trunk['gateways'][number];

type Source = { readonly network: [ipaddr.IPv4 | ipaddr.IPv6, number]; readonly port: number | undefined };

/** `203.0.113.7`, `203.0.113.0/24`, `203.0.113.7:5060`, `[2001:db8::1]:5060`, `2001:db8::/32`. */
export const parseSource = (text: string): { cidr: string; port?: number } => {
  const bracketed = /^\[([^\]]+)\](\/\d+)?(?::(\d+))?$/.exec(text);
  const plain = /^([0-9.]+(?:\/\d+)?):(\d+)$/.exec(text);
  const host = bracketed ? `${bracketed[1]}${bracketed[2] ?? ''}` : (plain?.[1] ?? text);
  const port = bracketed?.[3] ?? plain?.[2];
  const cidr = host.includes('/') ? host : `${host}/${host.includes(':') ? 128 : 32}`;
  return port === undefined ? { cidr } : { cidr, port: Number(port) };
};

const compile = (text: string): Source => {
  const { cidr, port } = parseSource(text);
  return { network: ipaddr.parseCIDR(cidr), port };
};

const matches = (source: Source, address: ipaddr.IPv4 | ipaddr.IPv6, peer: SipPeer): boolean => {
  const [network, bits] = source.network;
  if (network.kind() !== address.kind() || !address.match(network, bits)) return false;
  // A stream's source port says nothing: it is picked anew for each connection.
  return source.port === undefined || peer.protocol !== 'udp' || source.port === peer.port;
};

/** More specific sources first, so that a trunk with a port wins over one for its whole address. */
const specificity = (source: Source): number => source.network[1] * 2 + (source.port === undefined ? 0 : 1);

export type TrunkMatch = {
  readonly trunk: Trunk;
  /** The request must prove itself by digest. */
  readonly mustAuthenticate: boolean;
};

/** The user part that a registered trunk's calls name in their Request-URI. */
const contactUser = ({ register }: Trunk): string | undefined => register?.contactUser ?? register?.username;

/**
 * Finds the trunk that a request belongs to.
 *
 * @param openRealms further domains that requests from anywhere may name, such as those of users
 */
export const createTrunkTable = (trunks: readonly Trunk[], openRealms: readonly string[] = []) => {
  const bySource = trunks
    .flatMap((trunk) => trunk.sources.map((text) => ({ trunk, source: compile(text) })))
    .sort((a, b) => specificity(b.source) - specificity(a.source));
  const byRealm = new Map(
    trunks.flatMap((trunk) => (trunk.digest ? [[trunk.digest.realm.toLowerCase(), trunk] as const] : [])),
  );
  /** Addresses of the registrars at which trunks are registered now. */
  const learned = new Map<Trunk, string>();

  const bySourceAddress = (peer: SipPeer, requestUri: string): Trunk | undefined => {
    const address = ipaddr.process(peer.address);
    const configured = bySource.find(({ source }) => matches(source, address, peer));
    if (configured) return configured.trunk;
    if (learned.size === 0) return undefined;
    const text = address.toString();
    const registered = [...learned].filter(([, registrar]) => registrar === text).map(([trunk]) => trunk);
    if (registered.length < 2) return registered[0];
    // Several accounts at one carrier: each calls the user part that it registered.
    const user = parseAddress(requestUri)?.user;
    return registered.find((trunk) => contactUser(trunk) === user) ?? registered[0];
  };

  return {
    get: (id: string): Trunk | undefined => trunks.find((trunk) => trunk.id === id),
    /**
     * By source address first; a peer from elsewhere by the realm that the domain of its From or Request-URI names.
     * @returns undefined for a stranger
     */
    match: (peer: SipPeer, from: string | undefined, requestUri: string): TrunkMatch | undefined => {
      const found = bySourceAddress(peer, requestUri);
      if (found) return { trunk: found, mustAuthenticate: found.digest !== undefined };
      for (const value of [from, requestUri]) {
        const trunk = byRealm.get(parseAddress(value ?? '')?.host ?? '');
        // A trunk with sources takes its digest as a second proof, not as a way round them.
        if (trunk && trunk.sources.length === 0) return { trunk, mustAuthenticate: true };
      }
      return undefined;
    },
    /**
     * A trunk is registered at this address, whose requests are its own from now on; undefined: nowhere any more.
     * @returns whether that changes anything
     */
    learn: (id: string, registrar: string | undefined): boolean => {
      const trunk = trunks.find((one) => one.id === id);
      if (!trunk) return false;
      const address = registrar === undefined ? undefined : ipaddr.process(registrar).toString();
      if (learned.get(trunk) === address) return false;
      if (address === undefined) learned.delete(trunk);
      else learned.set(trunk, address);
      return true;
    },
    /** What the SIP engine lets through. */
    admission: (): Admission => ({
      sources: [...trunks.flatMap((trunk) => trunk.sources), ...learned.values()].map(parseSource),
      realms: [
        ...[...byRealm].filter(([, trunk]) => trunk.sources.length === 0).map(([realm]) => realm),
        ...openRealms,
      ],
    }),
  };
};

export type TrunkTable = ReturnType<typeof createTrunkTable>;
