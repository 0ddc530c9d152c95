import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createMediaEngine,
  type LegOptions,
  type MediaEngine,
  type MediaEngineOptions,
  type MediaLeg,
  type MediaSession,
} from '../../../src/media/index.ts';
import { claimPorts, type PortBlock } from '../../support/ports.ts';
import { openRtpPeer, type RtpPeer, type RtpPeerOptions } from '../../support/rtp-peer.ts';

export type Scene = {
  readonly engine: MediaEngine;
  readonly ports: PortBlock;
  readonly directory: string;
  /** A phone that offers to a new leg of `session`, as a caller does; nothing is sent before `start`. */
  caller(session: MediaSession, peer?: Partial<RtpPeerOptions>, leg?: Partial<LegOptions>): Promise<Party>;
  /** A phone that answers a new leg's offer, as a line does. */
  line(session: MediaSession, peer?: Partial<RtpPeerOptions>, leg?: Partial<LegOptions>): Promise<Party>;
  end(): Promise<void>;
};

export type Party = { readonly peer: RtpPeer; readonly leg: MediaLeg };

/** An engine with real threads and sockets, and phones to call through it. */
export const openScene = async (
  options: Partial<MediaEngineOptions> = {},
  portCount = 200,
): Promise<Scene> => {
  const ports = await claimPorts(portCount);
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-rtp-'));
  const from = ports.from + (ports.from % 2);
  const engine = await createMediaEngine({
    address: '127.0.0.1',
    publicAddress: '127.0.0.1',
    ports: { from, to: from + portCount - 1 },
    threads: 1,
    timeoutMs: { first: 30_000, later: 15_000 },
    ...options,
  });
  const peers: RtpPeer[] = [];

  const openPeer = async (peerOptions: Partial<RtpPeerOptions>): Promise<RtpPeer> => {
    const peer = await openRtpPeer({ address: '127.0.0.1', telephoneEvent: 101, ...peerOptions });
    peers.push(peer);
    return peer;
  };

  return {
    engine,
    ports,
    directory,
    async caller(session, peerOptions = {}, legOptions = {}) {
      const peer = await openPeer({ frequency: 400, ...peerOptions });
      const leg = await session.addLeg({
        label: 'caller',
        nat: false,
        codecs: ['PCMU', 'PCMA'],
        ...legOptions,
      });
      peer.follow(await leg.acceptOffer(peer.sdp()));
      return { peer, leg };
    },
    async line(session, peerOptions = {}, legOptions = {}) {
      const peer = await openPeer({ frequency: 1_000, ...peerOptions });
      const leg = await session.addLeg({
        label: 'line',
        nat: false,
        codecs: ['PCMU', 'PCMA'],
        ...legOptions,
      });
      peer.follow(leg.createOffer());
      await leg.acceptAnswer(peer.sdp());
      return { peer, leg };
    },
    async end() {
      await Promise.all(peers.map((peer) => peer.close()));
      await engine.close();
      await ports.release();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
