import ipaddr from 'ipaddr.js';
import type { Region } from '../base/phone.ts';
import type { TrunkConfig } from '../config/index.ts';
import type { Admission } from '../sip-engine/index.ts';
import { parseAddress } from './address.ts';
import type { DigestCredentials } from './digest.ts';
import type { SipPeer } from './types.ts';

/** A carrier or a PBX that may send us calls, and through which lines are dialled. */
export type Trunk = Omit<TrunkConfig, 'region' | 'digest'> & {
  readonly region: Region | undefined;
  readonly digest: DigestCredentials | undefined;
  /** The gateway's own test calls. */
  readonly isTest: boolean;
};

type Source = { readonly network: [ipaddr.IPv4 | ipaddr.IPv6, number]; readonly port: number | undefined };

/** `203.0.113.7`, `203.0.113.0/24`, `203.0.113.7:5060`, `[2001:db8::1]:5060`, `2001:db8::/32`. */
export const parseSource = (text: string): { cidr: string; port?: number } => {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  const plain = /^([0-9.]+(?:\/\d+)?):(\d+)$/.exec(text);
  const host = bracketed?.[1] ?? plain?.[1] ?? text;
  const port = bracketed?.[2] ?? plain?.[2];
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

/** Finds the trunk that a request belongs to. */
export const createTrunkTable = (trunks: readonly Trunk[]) => {
  const bySource = trunks
    .flatMap((trunk) => trunk.sources.map((text) => ({ trunk, source: compile(text) })))
    .sort((a, b) => specificity(b.source) - specificity(a.source));
  const byRealm = new Map(
    trunks.flatMap((trunk) => (trunk.digest ? [[trunk.digest.realm.toLowerCase(), trunk] as const] : [])),
  );

  return {
    get: (id: string): Trunk | undefined => trunks.find((trunk) => trunk.id === id),
    /**
     * By source address first; a peer from elsewhere by the realm that the domain of its From or Request-URI names.
     * @returns undefined for a stranger
     */
    match: (peer: SipPeer, from: string | undefined, requestUri: string): TrunkMatch | undefined => {
      const address = ipaddr.process(peer.address);
      const found = bySource.find(({ source }) => matches(source, address, peer));
      if (found) return { trunk: found.trunk, mustAuthenticate: found.trunk.digest !== undefined };
      for (const value of [from, requestUri]) {
        const trunk = byRealm.get(parseAddress(value ?? '')?.host ?? '');
        // A trunk with sources takes its digest as a second proof, not as a way round them.
        if (trunk && trunk.sources.length === 0) return { trunk, mustAuthenticate: true };
      }
      return undefined;
    },
    /** What the SIP engine lets through. */
    admission: (): Admission => ({
      sources: trunks.flatMap((trunk) => trunk.sources.map(parseSource)),
      realms: [...byRealm].filter(([, trunk]) => trunk.sources.length === 0).map(([realm]) => realm),
    }),
  };
};

export type TrunkTable = ReturnType<typeof createTrunkTable>;
