import { BlockList, isIP } from 'node:net';
import type { Admission } from '../types.ts';

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

type Family = 'ipv4' | 'ipv6';

const familyOf = (address: string): Family | undefined => {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
};

const addCidr = (list: BlockList, cidr: string): void => {
  const slash = cidr.indexOf('/');
  const address = slash < 0 ? cidr : cidr.slice(0, slash);
  const family = familyOf(address);
  if (!family) return;
  const widest = family === 'ipv4' ? 32 : 128;
  const prefix = slash < 0 ? widest : Number(cidr.slice(slash + 1));
  if (Number.isInteger(prefix) && prefix >= 0 && prefix <= widest) list.addSubnet(address, prefix, family);
};

const MOST_REMEMBERED = 4096;

/** Entries that aren't addresses or networks admit nobody. Without an admission everybody is known. */
export const createGate = (admission: Admission | undefined): Gate => {
  if (!admission) return OPEN;
  const anyPort = new BlockList();
  const everyPort = new BlockList();
  const byPort = new Map<number, BlockList>();
  for (const { cidr, port } of admission.sources) {
    addCidr(everyPort, cidr);
    if (port === undefined) {
      addCidr(anyPort, cidr);
      continue;
    }
    const list = byPort.get(port) ?? new BlockList();
    addCidr(list, cidr);
    byPort.set(port, list);
  }
  const realms = new Set(admission.realms.map((realm) => realm.toLowerCase()));
  const decide = (address: string, port: number, stream: boolean): boolean => {
    const bare = address.split('%', 1)[0] ?? address;
    const family = familyOf(bare);
    if (!family) return false;
    if (stream) return everyPort.check(bare, family);
    return anyPort.check(bare, family) || (byPort.get(port)?.check(bare, family) ?? false);
  };
  // The same few peers send nearly everything.
  const remembered = new Map<string, boolean>();
  return {
    isKnown: (address, port, stream) => {
      const key = stream ? address : `${address} ${port}`;
      const answer = remembered.get(key);
      if (answer !== undefined) return answer;
      const fresh = decide(address, port, stream);
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(key, fresh);
      return fresh;
    },
    isRealm: (domain) => realms.has(domain.toLowerCase()),
    hasRealms: realms.size > 0,
  };
};
