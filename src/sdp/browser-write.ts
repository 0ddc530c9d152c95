import { isIPv6 } from 'node:net';
import type {
  BrowserDescription,
  EstablishedBrowserAudio,
  IceCandidate,
  LocalBrowserAudio,
  NegotiatedBrowserAudio,
} from './browser-types.ts';
import type { Codec, CodecName, Direction } from './types.ts';

const STATIC_PAYLOAD_TYPE: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8 };
/** What our offers call the stream. */
const OUR_MID = '0';
const OUR_MID_EXTENSION = 1;
const MID_EXTENSION = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const MEDIA_STREAM = 'dialtrace';

const ipVersion = (address: string): string => (isIPv6(address) ? 'IP6' : 'IP4');

const sessionLines = ({ address, origin }: LocalBrowserAudio, bundle: string | undefined): string[] => [
  'v=0',
  `o=- ${origin.id} ${origin.version} IN ${ipVersion(address)} ${address}`,
  's=-',
  `c=IN ${ipVersion(address)} ${address}`,
  't=0 0',
  'a=ice-lite',
  ...(bundle === undefined ? [] : [`a=group:BUNDLE ${bundle}`]),
  'a=msid-semantic:WMS *',
];

const candidateLine = (candidate: IceCandidate): string => {
  const { foundation, priority, address, port, protocol, type, tcpType } = candidate;
  const line = `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}`;
  return tcpType === undefined ? line : `${line} tcptype ${tcpType}`;
};

type AudioLines = {
  readonly protocol: string;
  readonly codec: Codec;
  readonly telephoneEvent: number | undefined;
  readonly ptime: number;
  readonly direction: Direction;
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly mid: string | undefined;
  readonly midExtension: number | undefined;
};

const audioLines = (local: LocalBrowserAudio, audio: AudioLines): string[] => {
  const { codec, telephoneEvent, mid, midExtension } = audio;
  const { ice, fingerprint, candidates, ssrc, cname } = local;
  const events = telephoneEvent === undefined ? [] : [telephoneEvent];
  // RFC 8839 4.2.1.2: the default destination is one of the candidates.
  const port = candidates.find(({ protocol }) => protocol === 'udp')?.port ?? candidates[0]?.port ?? 9;
  return [
    `m=audio ${port} ${audio.protocol} ${[codec.payloadType, ...events].join(' ')}`,
    `a=rtpmap:${codec.payloadType} ${codec.name}/8000`,
    // RFC 4733 2.4.1: 0-15 are the sixteen DTMF digits.
    ...events.flatMap((type) => [`a=rtpmap:${type} telephone-event/8000`, `a=fmtp:${type} 0-15`]),
    `a=ptime:${audio.ptime}`,
    `a=${audio.direction}`,
    ...(mid === undefined ? [] : [`a=mid:${mid}`]),
    ...(midExtension === undefined ? [] : [`a=extmap:${midExtension} ${MID_EXTENSION}`]),
    'a=rtcp-mux',
    `a=ice-ufrag:${ice.usernameFragment}`,
    `a=ice-pwd:${ice.password}`,
    `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
    `a=setup:${audio.setup}`,
    ...candidates.map(candidateLine),
    'a=end-of-candidates',
    `a=msid:${MEDIA_STREAM} audio`,
    `a=ssrc:${ssrc} cname:${cname}`,
  ];
};

const join = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;

/** A line that is refused (RFC 3264 6), and stays so. */
const refusedLines = ({ type, protocol, formats, mid }: BrowserDescription['media'][number]): string[] => [
  `m=${type} 0 ${protocol} ${formats}`,
  ...(mid === undefined ? [] : [`a=mid:${mid}`]),
  'a=inactive',
];

/** A new session: our first codec alone. Every browser has both laws (RFC 7874 3), so there is nothing to choose. */
const ourChoice = ({
  codecs: [name = 'PCMU'],
  telephoneEvent,
}: LocalBrowserAudio): EstablishedBrowserAudio => ({
  media: [{ type: 'audio', protocol: 'UDP/TLS/RTP/SAVPF', formats: '', mid: OUR_MID, used: true }],
  midExtension: OUR_MID_EXTENSION,
  codec: { name, payloadType: STATIC_PAYLOAD_TYPE[name] },
  telephoneEvent,
});

/**
 * Our offer to a browser (RFC 8829 5.2): one bundled audio stream with one codec and telephone-event.
 *
 * @param established the session that the offer goes on with, whose lines, mids and payload types it keeps
 */
export const writeBrowserOffer = (
  local: LocalBrowserAudio,
  direction: Direction = 'sendrecv',
  established: EstablishedBrowserAudio = ourChoice(local),
): string => {
  const { media, ...audio } = established;
  return join([
    ...sessionLines(local, media.find(({ used }) => used)?.mid),
    ...media.flatMap((line) =>
      line.used
        ? audioLines(local, {
            ...audio,
            protocol: line.protocol,
            ptime: local.ptime,
            direction,
            setup: 'actpass',
            mid: line.mid,
          })
        : refusedLines(line),
    ),
  ]);
};

/**
 * Our answer to a browser (RFC 8829 5.3): as many m= lines as the offer, in its order and with its mids, all but the agreed
 * one refused with port 0 and left out of the bundle.
 */
export const writeBrowserAnswer = (
  local: LocalBrowserAudio,
  remoteOffer: BrowserDescription,
  negotiated: NegotiatedBrowserAudio,
): string => {
  const { codec, telephoneEvent, ptime, direction, peerRole, midExtension } = negotiated;
  const bundle = remoteOffer.bundled ? remoteOffer.mid : undefined;
  return join([
    ...sessionLines(local, bundle),
    ...remoteOffer.media.flatMap((line) =>
      line.used
        ? audioLines(local, {
            protocol: line.protocol,
            codec,
            telephoneEvent,
            ptime,
            direction,
            setup: peerRole === 'client' ? 'passive' : 'active',
            mid: line.mid,
            midExtension,
          })
        : refusedLines(line),
    ),
  ]);
};
