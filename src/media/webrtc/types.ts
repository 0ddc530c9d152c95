import type { CodecName } from '../../sdp/index.ts';
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
};

export type EncryptionStats = {
  /** Workers that run now, and deaths since the start. */
  readonly workers: number;
  readonly deaths: number;
  readonly browserLegs: number;
  readonly sdesLegs: number;
  /** The sum of the workers' resident memory in bytes. */
  readonly memoryBytes: number;
};

/** mediasoup, which does all encryption: DTLS-SRTP with browsers, SDES-SRTP with trunks. */
export type Encryption = {
  /** @throws FailureError when no worker runs */
  browserWire(parts: EncryptedWireParts): Promise<Wire>;
  stats(): Promise<EncryptionStats>;
  close(): Promise<void>;
};
