import {
  type AudioDescription,
  type LocalAudio,
  type NegotiatedAudio,
  negotiateAnswer,
  negotiateOffer,
  parseSdp,
  writeAnswer,
  writeOffer,
} from '../sdp/index.ts';
import { toLegMedia } from './leg-media.ts';
import { createLocalSdp } from './local-sdp.ts';
import type { LegMedia } from './rtp/messages.ts';
import type { LegOptions } from './types.ts';
import type { Wire } from './wire.ts';

/** Payload type that we offer for telephone-event, by custom. */
const TELEPHONE_EVENT = 101;
const PTIME_MS = 20;

export type PlainWireParts = {
  readonly codecs: LegOptions['codecs'];
  /** RTP port that the edge has bound for the leg. */
  readonly port: number;
  readonly boundAddress: string;
  readonly publicAddress: string;
};

/** Plain RTP (RTP/AVP): the edge talks to the peer itself. */
export const createPlainWire = ({ codecs, port, boundAddress, publicAddress }: PlainWireParts): Wire => {
  const localSdp = createLocalSdp();
  let agreed: NegotiatedAudio | undefined;

  const local = (): LocalAudio => ({
    address: publicAddress,
    port,
    codecs,
    // A payload type keeps its meaning for the session's life (RFC 3264 8.3.2).
    telephoneEvent: agreed?.telephoneEvent?.receive ?? TELEPHONE_EVENT,
    ptime: agreed?.ptime ?? PTIME_MS,
    origin: localSdp.origin,
  });

  const publish = (write: (local: LocalAudio) => string): string => localSdp.publish(() => write(local()));

  const agree = (description: AudioDescription, next: NegotiatedAudio): LegMedia => {
    const media = toLegMedia(next, description, boundAddress);
    agreed = next;
    return media;
  };

  return {
    createOffer: () => publish(writeOffer),
    async acceptAnswer(sdp) {
      const answer = parseSdp(sdp);
      return agree(answer, negotiateOffer(local(), answer));
    },
    async acceptOffer(sdp) {
      const offer = parseSdp(sdp);
      const next = negotiateAnswer(local(), offer);
      const media = agree(offer, next);
      return { media, answer: publish((ours) => writeAnswer(ours, offer, next)) };
    },
    get localSdp() {
      return localSdp.text;
    },
    security: { type: 'none' },
    transport: undefined,
    close: () => undefined,
  };
};
