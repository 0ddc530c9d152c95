import { createNetworks, type Networks } from '../../base/networks.ts';
import type { Admission } from '../types.ts';
import { withoutZone } from './addresses.ts';

/** Who is known, compiled for the look-up that each packet needs. */
export type Gate = {
  /** Whether a peer is served without further question; a source's port counts for UDP only. */
  isKnown(address: string, port: number, stream: boolean): boolean;
  /** Whether this domain is one of ours, so that a request from anywhere may name it. */
  isRealm(domain: string): boolean;
  /** False when a request outside dialogs from an unknown address has no chance whatever it says. */
  readonly hasRealms: boolean;
};

const OPEN: Gate = { isKnown: () => true, isRealm: () => true, hasRealms: true };

const cidrsOf = ({ sources }: Admission, port: number | undefined): string[] =>
  sources.filter((source) => source.port === port).map(({ cidr }) => cidr);

const MOST_REMEMBERED = 4096;
/** Stands for the port of all streams. */
const STREAMS = -1;

/** Entries that aren't addresses or networks admit nobody. Without an admission everybody is known. */
export const createGate = (admission: Admission | undefined): Gate => {
  if (!admission) return OPEN;
  const everyPort = createNetworks(admission.sources.map(({ cidr }) => cidr));
  const anyPort = createNetworks(cidrsOf(admission, undefined));
  const byPort = new Map<number, Networks>();
  for (const { port } of admission.sources) {
    if (port !== undefined && !byPort.has(port)) byPort.set(port, createNetworks(cidrsOf(admission, port)));
  }
  const realms = new Set(admission.realms.map((realm) => realm.toLowerCase()));
  const decide = (address: string, port: number, stream: boolean): boolean => {
    const bare = withoutZone(address);
    if (stream) return everyPort.contains(bare);
    return anyPort.contains(bare) || (byPort.get(port)?.contains(bare) ?? false);
  };
  // The same few peers send nearly everything. One map for each port, so that no key is put together for a look-up.
  let remembered = new Map<number, Map<string, boolean>>();
  let count = 0;
  const remember = (address: string, port: number, known: boolean): boolean => {
    if (count >= MOST_REMEMBERED) {
      remembered = new Map();
      count = 0;
    }
    count += 1;
    const group = remembered.get(port) ?? new Map<string, boolean>();
    group.set(address, known);
    remembered.set(port, group);
    return known;
  };
  return {
    isKnown: (address, port, stream) => {
      const group = stream ? STREAMS : port;
      return remembered.get(group)?.get(address) ?? remember(address, group, decide(address, port, stream));
    },
    isRealm: (domain) => realms.has(domain.toLowerCase()),
    hasRealms: realms.size > 0,
  };
};
