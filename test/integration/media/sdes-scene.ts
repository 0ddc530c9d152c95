import type { LegOptions, MediaLeg, MediaSession } from '../../../src/media/index.ts';
import { findTone } from '../../support/audio.ts';
import type { Suite } from '../../support/srtp.ts';
import { openSrtpPeer, type SrtpPeer, type SrtpPeerOptions } from '../../support/srtp-peer.ts';
import { until } from '../../support/wait.ts';
import { openScene, type Party, type Scene } from './rtp-scene.ts';

export const SUITES: readonly Suite[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
];
export const CARRIER_TONE = 700;
export const LINE_TONE = 1_100;

export type SdesLeg = Partial<LegOptions> & {
  readonly suites?: readonly Suite[];
  readonly required?: boolean;
};

/** One call between a carrier with SRTP and a line without. */
export type SdesCall = {
  readonly session: MediaSession;
  readonly carrier: SrtpPeer;
  readonly leg: MediaLeg;
  readonly line: Party;
  /** What the gateway wrote last before both began to talk. */
  readonly sdp: string;
};

export type SdesScene = Scene & {
  phone(options?: Partial<SrtpPeerOptions>): Promise<SrtpPeer>;
  addLeg(session: MediaSession, options?: SdesLeg): Promise<MediaLeg>;
  /** The carrier offers; both talk. */
  incoming(carrier?: Partial<SrtpPeerOptions>, leg?: SdesLeg): Promise<SdesCall>;
  /** The gateway offers; both talk. */
  outgoing(carrier?: Partial<SrtpPeerOptions>, leg?: SdesLeg): Promise<SdesCall>;
  /** Ends every call. */
  clear(): Promise<void>;
};

export const openSdesScene = async (workers: number): Promise<SdesScene> => {
  const scene = await openScene({ webrtc: { workers, port: 0, listen: [{ address: '127.0.0.1' }] } });
  const { encryption } = scene.engine;
  if (!encryption.available) {
    await scene.end();
    throw new Error(encryption.reason);
  }
  const peers: Pick<SrtpPeer, 'close'>[] = [];
  const sessions: MediaSession[] = [];

  const phone = async (options: Partial<SrtpPeerOptions> = {}): Promise<SrtpPeer> => {
    const peer = await openSrtpPeer({
      address: '127.0.0.1',
      telephoneEvent: 101,
      frequency: CARRIER_TONE,
      suites: ['AES_CM_128_HMAC_SHA1_80'],
      ...options,
    });
    peers.push(peer);
    return peer;
  };

  const addLeg = (
    session: MediaSession,
    { suites = SUITES, required = true, ...options }: SdesLeg = {},
  ): Promise<MediaLeg> =>
    session.addLeg({
      label: 'caller',
      nat: false,
      codecs: ['PCMU', 'PCMA'],
      wire: { type: 'sdes', suites, required },
      ...options,
    });

  const call = async (
    carrierOptions: Partial<SrtpPeerOptions> | undefined,
    legOptions: SdesLeg | undefined,
    agree: (carrier: SrtpPeer, leg: MediaLeg) => Promise<string>,
  ): Promise<SdesCall> => {
    const session = scene.engine.createSession('sdes');
    sessions.push(session);
    const carrier = await phone(carrierOptions);
    const leg = await addLeg(session, legOptions);
    const sdp = await agree(carrier, leg);
    const line = await scene.line(session, { frequency: LINE_TONE });
    // Left talking, it would be a stranger to the leg that gets its port next.
    peers.push(line.peer);
    session.bridge(leg, line.leg);
    carrier.start();
    line.peer.start();
    return { session, carrier, leg, line, sdp };
  };

  return {
    ...scene,
    phone,
    addLeg,
    incoming: (carrier, leg) =>
      call(carrier, leg, async (peer, own) => {
        const answer = await own.acceptOffer(peer.offer());
        peer.takeAnswer(answer);
        return answer;
      }),
    outgoing: (carrier, leg) =>
      call(carrier, leg, async (peer, own) => {
        const offer = own.createOffer();
        await own.acceptAnswer(peer.answer(offer));
        return offer;
      }),
    async clear() {
      await Promise.all(sessions.splice(0).map((session) => session.close()));
      await Promise.all(peers.splice(0).map((peer) => peer.close()));
    },
  };
};

type Ears = Pick<SrtpPeer, 'audio' | 'forget'>;

/** Waits until `peer` has heard `tone` for so many seconds from now on. */
export const hears = async (peer: Ears, tone: number, seconds = 0.3): Promise<void> => {
  peer.forget();
  await until(`${tone} Hz`, () => findTone(peer.audio(), tone).seconds >= seconds, {
    timeoutMs: 5_000,
    everyMs: 40,
  });
};

export const hearEachOther = async ({ carrier, line }: Pick<SdesCall, 'carrier' | 'line'>): Promise<void> => {
  await Promise.all([hears(line.peer, CARRIER_TONE), hears(carrier, LINE_TONE)]);
};
