import { isIPv6 } from 'node:net';
import type {
  BrowserDescription,
  EstablishedBrowserAudio,
  IceCandidate,
  LocalBrowserAudio,
  NegotiatedBrowserAudio,
  OpusChoice,
} from './browser-types.ts';
import type { Codec, CodecName, Direction } from './types.ts';

const STATIC_PAYLOAD_TYPE: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8 };
/** What our offers call the stream. */
const OUR_MID = '0';
const OUR_MID_EXTENSION = 1;
const MID_EXTENSION = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const MEDIA_STREAM = 'dialtrace';
/**
 * RFC 7587 6.1: how we would like to be sent Opus. Voice in mono, with the FEC that hides losses and silence that is not sent; the
 * bitrate is the most, and 60 ms the longest packet, between which a sender may choose.
 */
const OPUS_WISHES = 'minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=32000;stereo=0';
const OPUS_LONGEST_MS = 60;

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
  readonly opus: OpusChoice | undefined;
  readonly telephoneEvent: number | undefined;
  readonly ptime: number;
  readonly direction: Direction;
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly mid: string | undefined;
  readonly midExtension: number | undefined;
};

type Format = { readonly type: number; readonly map: string; readonly parameters?: string };

/** What may be sent, best first: a browser sends the first that it has. */
const formatsOf = ({ codec, opus, telephoneEvent }: AudioLines): Format[] => {
  const law: Format = { type: codec.payloadType, map: `${codec.name}/8000` };
  // RFC 4733 2.4.1: 0-15 are the sixteen DTMF digits.
  const keys = (type: number | undefined, rate: number): Format[] =>
    type === undefined ? [] : [{ type, map: `telephone-event/${rate}`, parameters: '0-15' }];
  if (opus === undefined) return [law, ...keys(telephoneEvent, 8000)];
  const wide: Format = { type: opus.payloadType, map: 'opus/48000/2', parameters: OPUS_WISHES };
  const both = opus.preferred ? [wide, law] : [law, wide];
  return [...both, ...keys(opus.telephoneEvent, 48_000), ...keys(telephoneEvent, 8000)];
};

const audioLines = (local: LocalBrowserAudio, audio: AudioLines): string[] => {
  const { mid, midExtension } = audio;
  const { ice, fingerprint, candidates, ssrc, cname } = local;
  const formats = formatsOf(audio);
  // RFC 8839 4.2.1.2: the default destination is one of the candidates.
  const port = candidates.find(({ protocol }) => protocol === 'udp')?.port ?? candidates[0]?.port ?? 9;
  return [
    `m=audio ${port} ${audio.protocol} ${formats.map(({ type }) => type).join(' ')}`,
    ...formats.flatMap(({ type, map, parameters }) => [
      `a=rtpmap:${type} ${map}`,
      ...(parameters === undefined ? [] : [`a=fmtp:${type} ${parameters}`]),
    ]),
    `a=ptime:${audio.ptime}`,
    ...(audio.opus === undefined ? [] : [`a=maxptime:${OPUS_LONGEST_MS}`]),
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
 * Our offer to a browser (RFC 8829 5.2): one bundled audio stream with one law, Opus where we have it, and telephone-event.
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
            opus: local.opus,
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
  const { codec, opus, telephoneEvent, ptime, direction, peerRole, midExtension } = negotiated;
  const bundle = remoteOffer.bundled ? remoteOffer.mid : undefined;
  return join([
    ...sessionLines(local, bundle),
    ...remoteOffer.media.flatMap((line) =>
      line.used
        ? audioLines(local, {
            protocol: line.protocol,
            codec,
            opus,
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
