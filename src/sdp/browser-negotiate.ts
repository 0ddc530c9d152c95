import type {
  BrowserDescription,
  Fingerprint,
  LocalBrowserAudio,
  NegotiatedBrowserAudio,
  OpusChoice,
} from './browser-types.ts';
import { directionOf, receives, sends } from './negotiate.ts';
import { type Codec, SdpError } from './types.ts';

/** Best first: DTLS is checked against one fingerprint alone (RFC 8122 5 lets us choose). */
const BY_STRENGTH: readonly Fingerprint['algorithm'][] = [
  'sha-512',
  'sha-384',
  'sha-256',
  'sha-224',
  'sha-1',
];

const strongestFirst = (fingerprints: readonly Fingerprint[]): readonly Fingerprint[] =>
  fingerprints.toSorted((a, b) => BY_STRENGTH.indexOf(a.algorithm) - BY_STRENGTH.indexOf(b.algorithm));

/** Our favourite of what the peer has: what the far side of the call talks needs no conversion. */
const chooseCodec = (local: LocalBrowserAudio, remote: BrowserDescription): Codec => {
  for (const name of local.codecs) {
    const codec = remote.codecs.find((each) => each.name === name);
    if (codec !== undefined) return codec;
  }
  throw new SdpError('No G.711 codec in common with the browser', 488);
};

/** Opus where both have it; the payload types are those of whoever offered. */
const chooseOpus = (
  { opus: ours }: LocalBrowserAudio,
  { opus: theirs }: BrowserDescription,
): OpusChoice | undefined => ours && theirs && { ...theirs, preferred: ours.preferred };

const negotiate = (
  local: LocalBrowserAudio,
  remote: BrowserDescription,
  peerRole: NegotiatedBrowserAudio['peerRole'],
): NegotiatedBrowserAudio => ({
  mid: remote.mid,
  midExtension: remote.midExtension,
  ice: remote.ice,
  fingerprints: strongestFirst(remote.fingerprints),
  peerRole,
  codec: chooseCodec(local, remote),
  opus: chooseOpus(local, remote),
  telephoneEvent: remote.telephoneEvent,
  ssrc: remote.ssrc,
  ptime: remote.ptime,
  direction: directionOf(receives(remote.direction), sends(remote.direction)),
});

/**
 * Agrees on a browser's offer: one codec, our first that it has, under its payload type.
 *
 * @param peerRole what the peer is already in the DTLS association that the offer goes on with (RFC 8842 5.5); without one
 *   it is the client, whatever it would rather be, unless it insists on being the server
 * @throws SdpError 488 when it has no G.711 in common with us
 */
export const negotiateBrowserAnswer = (
  local: LocalBrowserAudio,
  remoteOffer: BrowserDescription,
  peerRole?: NegotiatedBrowserAudio['peerRole'],
): NegotiatedBrowserAudio => {
  const asked = { actpass: peerRole ?? 'client', active: 'client', passive: 'server' } as const;
  return negotiate(local, remoteOffer, asked[remoteOffer.setup]);
};

/**
 * Takes a browser's answer to our offer.
 *
 * @throws SdpError 488 when it has none of our codecs, or leaves open who begins DTLS (RFC 8842 5.3)
 */
export const negotiateBrowserOffer = (
  local: LocalBrowserAudio,
  remoteAnswer: BrowserDescription,
): NegotiatedBrowserAudio => {
  if (remoteAnswer.setup === 'actpass')
    throw new SdpError('The answer has a=setup:actpass, which leaves open who begins DTLS', 488);
  const agreed = negotiate(local, remoteAnswer, remoteAnswer.setup === 'active' ? 'client' : 'server');
  // Under another payload type than ours it would need two, and browsers have one.
  const ours = <T>(theirs: T, type: T): T | undefined => (theirs === type ? theirs : undefined);
  const { opus } = agreed;
  return {
    ...agreed,
    telephoneEvent: ours(agreed.telephoneEvent, local.telephoneEvent),
    opus:
      opus && opus.payloadType === local.opus?.payloadType
        ? { ...opus, telephoneEvent: ours(opus.telephoneEvent, local.opus.telephoneEvent) }
        : undefined,
  };
};
