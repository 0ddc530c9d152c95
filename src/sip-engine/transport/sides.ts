import {
  advertisedAddress,
  type ConfiguredPoint,
  concreteAddress,
  isWildcard,
  type LocalAddress,
  selectPoint,
} from './addresses.ts';
import type { Endpoint, ListenPoint, TransportProtocol } from './types.ts';

type Told = { readonly address: string; readonly port: number };

/** Which of our points serves a peer, and what it is told. Remembered, since the same few peers get nearly everything. */
export type Sides = {
  select(remote: Endpoint): ListenPoint | undefined;
  advertisedTo(local: ListenPoint, remoteAddress: string): Told;
  /** The address that a packet of `remoteAddress` came to. */
  localAddress(local: ListenPoint, remoteAddress: string): string;
};

const MOST_PEERS = 1024;

type Side = { readonly told: Told; readonly concrete: string };

/** `null` stands for a peer that no point serves. */
type Peer = {
  readonly selected: Map<TransportProtocol, ListenPoint | null>;
  readonly sides: Map<ListenPoint, Side>;
};

/** @param table this machine's addresses; another array makes everything be found out anew */
export const createSides = (
  points: readonly ConfiguredPoint[],
  table: () => readonly LocalAddress[],
): Sides => {
  const peers = new Map<string, Peer>();
  let known: readonly LocalAddress[] = [];

  const peerOf = (address: string): Peer => {
    const current = table();
    if (current !== known || peers.size >= MOST_PEERS) {
      peers.clear();
      known = current;
    }
    const peer = peers.get(address);
    if (peer !== undefined) return peer;
    const fresh: Peer = { selected: new Map(), sides: new Map() };
    peers.set(address, fresh);
    return fresh;
  };

  const sideOf = (local: ListenPoint, remoteAddress: string): Side => {
    const { sides } = peerOf(remoteAddress);
    const side = sides.get(local);
    if (side !== undefined) return side;
    const configured = points.find(({ point }) => point === local) ?? { point: local, external: undefined };
    const fresh: Side = {
      told: {
        address: advertisedAddress(configured, remoteAddress, known),
        port: local.port,
      },
      concrete: concreteAddress(local, remoteAddress, known),
    };
    sides.set(local, fresh);
    return fresh;
  };

  return {
    select: (remote) => {
      const { selected } = peerOf(remote.address);
      const point = selected.get(remote.protocol);
      if (point !== undefined) return point ?? undefined;
      const fresh = selectPoint(points, remote, known);
      selected.set(remote.protocol, fresh ?? null);
      return fresh;
    },
    advertisedTo: (local, remoteAddress) => sideOf(local, remoteAddress).told,
    localAddress: (local, remoteAddress) =>
      isWildcard(local.address) ? sideOf(local, remoteAddress).concrete : local.address,
  };
};
