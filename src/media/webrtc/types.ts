import type { CodecName } from '../../sdp/index.ts';
import type { LegMedia, RelayAim } from '../rtp/messages.ts';
import type { EncryptionStats, SrtpSuite } from '../types.ts';
import type { Wire, WireEvents } from '../wire.ts';

/** The leg in the RTP edge that stands behind an encrypted wire: mediasoup talks plain RTP with it over loopback. */
export type EdgeEnd = {
  readonly address: string;
  /** Of RTP; RTCP has the next. */
  readonly port: number;
  /** Of what it sends. mediasoup has to know it beforehand. */
  readonly ssrc: number;
};

export type EncryptedWireParts = {
  readonly codecs: readonly CodecName[];
  readonly edge: EdgeEnd;
  /** Written into the o= and c= lines. */
  readonly publicAddress: string;
  readonly events: WireEvents;
  /** Default: false. */
  readonly opus?: boolean;
};

/** The relay in the RTP edge that a peer with SRTP talks to. */
export type RelayEnd = {
  /** Its public RTP port; RTCP has the next. */
  readonly port: number;
  /** Address that its public ports are bound to. */
  readonly boundAddress: string;
  /** Where it is met on this machine. */
  readonly inner: NonNullable<LegMedia['remote']>;
  aim(aim: RelayAim): void;
};

export type SdesWireParts = EncryptedWireParts & {
  readonly relay: RelayEnd;
  /** Best first. */
  readonly suites: readonly SrtpSuite[];
  /** False: a peer that wants plain RTP gets it. */
  readonly required: boolean;
};

/** mediasoup, which does all encryption: DTLS-SRTP with browsers, SDES-SRTP with trunks. */
export type Encryption = {
  /** @throws FailureError when no worker runs */
  browserWire(parts: EncryptedWireParts): Promise<Wire>;
  /** @throws FailureError when no worker runs */
  sdesWire(parts: SdesWireParts): Promise<Wire>;
  stats(): Promise<EncryptionStats>;
  close(): Promise<void>;
};
