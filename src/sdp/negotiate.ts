import { isIPv6 } from 'node:net';
import { writeCrypto } from './crypto.ts';
import {
  type AudioDescription,
  type Codec,
  type CodecName,
  type CryptoLine,
  type Direction,
  type LocalAudio,
  type NegotiatedAudio,
  SdpError,
} from './types.ts';

const STATIC_PAYLOAD_TYPE: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8 };

export const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly';
export const receives = (direction: Direction): boolean =>
  direction === 'sendrecv' || direction === 'recvonly';

export const directionOf = (send: boolean, receive: boolean): Direction => {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
};

/** True for `0.0.0.0` and `::`, the hold of RFC 2543 and RFC 3264 8.4. */
export const isNullAddress = (address: string): boolean => /^[0:.]+$/.test(address);

/**
 * True while the describer does not want to hear us: sendonly, inactive, or a null address.
 */
export const holds = (remote: AudioDescription): boolean =>
  isNullAddress(remote.address) || !receives(remote.direction);

/** Our direction against the peer's (RFC 3264 6.1), narrowed to what we wish. */
const meet = (remote: AudioDescription, wish: Direction): Direction =>
  directionOf(sends(wish) && !holds(remote), receives(wish) && sends(remote.direction));

const negotiate = (
  local: LocalAudio,
  remote: AudioDescription,
  wish: Direction,
): Omit<NegotiatedAudio, 'receive' | 'telephoneEvent'> & { common: Codec[] } => {
  if (remote.port === 0) throw new SdpError('The peer refuses audio', 488);
  const common = remote.codecs.filter(({ name }) => local.codecs.includes(name));
  const [send] = common;
  if (!send) throw new SdpError('No G.711 codec in common with the peer', 488);
  return {
    remote: { address: remote.address, port: remote.port, rtcpPort: remote.rtcpPort },
    send,
    common,
    ptime: remote.ptime,
    direction: meet(remote, wish),
  };
};

/**
 * Agrees on the peer's offer (RFC 3264 6): the codecs of both in the offer's order under the offer's payload types.
 *
 * @param wish what we want at most; `sendonly` or `inactive` holds the peer
 * @throws SdpError 488 when the offer has no G.711 in common with us or refuses audio
 */
export const negotiateAnswer = (
  local: LocalAudio,
  remoteOffer: AudioDescription,
  wish: Direction = 'sendrecv',
): NegotiatedAudio => {
  const { common, ...agreed } = negotiate(local, remoteOffer, wish);
  const event = remoteOffer.telephoneEvent;
  return {
    ...agreed,
    receive: common,
    telephoneEvent: event === undefined ? undefined : { send: event, receive: event },
  };
};

/**
 * Takes the peer's answer to our offer (RFC 3264 7). We send under the answer's payload types and receive under those that
 * we offered; codecs that the peer did not answer with stay receivable, since some peers send them all the same.
 *
 * @param wish the direction that our offer had
 * @throws SdpError 488 when the answer has none of our codecs or refuses audio
 */
export const negotiateOffer = (
  local: LocalAudio,
  remoteAnswer: AudioDescription,
  wish: Direction = 'sendrecv',
): NegotiatedAudio => {
  const { common, ...agreed } = negotiate(local, remoteAnswer, wish);
  const event = remoteAnswer.telephoneEvent;
  const names = [...new Set([...common.map(({ name }) => name), ...local.codecs])];
  return {
    ...agreed,
    receive: names.map((name) => ({ name, payloadType: STATIC_PAYLOAD_TYPE[name] })),
    telephoneEvent: event === undefined ? undefined : { send: event, receive: local.telephoneEvent },
  };
};

const ipVersion = (address: string): string => (isIPv6(address) ? 'IP6' : 'IP4');

const sessionLines = ({ address, origin }: LocalAudio): string[] => [
  'v=0',
  `o=- ${origin.id} ${origin.version} IN ${ipVersion(address)} ${address}`,
  's=-',
  `c=IN ${ipVersion(address)} ${address}`,
  't=0 0',
];

type AudioLines = {
  readonly port: number;
  readonly protocol: string;
  readonly codecs: readonly Codec[];
  readonly telephoneEvent: number | undefined;
  readonly ptime: number;
  readonly direction: Direction;
  readonly crypto: readonly CryptoLine[] | undefined;
};

const audioLines = ({
  port,
  protocol,
  codecs,
  telephoneEvent,
  ptime,
  direction,
  crypto = [],
}: AudioLines): string[] => {
  const events = telephoneEvent === undefined ? [] : [telephoneEvent];
  const types = [...codecs.map(({ payloadType }) => payloadType), ...events];
  return [
    `m=audio ${port} ${protocol} ${types.join(' ')}`,
    ...crypto.map(writeCrypto),
    ...codecs.map(({ name, payloadType }) => `a=rtpmap:${payloadType} ${name}/8000`),
    // RFC 4733 2.4.1: 0-15 are the sixteen DTMF digits.
    ...events.flatMap((type) => [`a=rtpmap:${type} telephone-event/8000`, `a=fmtp:${type} 0-15`]),
    `a=ptime:${ptime}`,
    `a=${direction}`,
  ];
};

const join = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;

/**
 * Our offer (RFC 3264 5): one audio stream with our codecs, best first, and telephone-event; RTP/SAVP when there are keys
 * (RFC 4568 7.1.1).
 */
export const writeOffer = (local: LocalAudio, direction: Direction = 'sendrecv'): string =>
  join([
    ...sessionLines(local),
    ...audioLines({
      port: local.port,
      protocol: local.crypto?.length ? 'RTP/SAVP' : 'RTP/AVP',
      codecs: local.codecs.map((name) => ({ name, payloadType: STATIC_PAYLOAD_TYPE[name] })),
      telephoneEvent: local.telephoneEvent,
      ptime: local.ptime,
      direction,
      crypto: local.crypto,
    }),
  ]);

/**
 * Our answer (RFC 3264 6): as many m= lines as the offer, in its order, all but the agreed one refused with port 0. Nothing
 * of the offer's attributes is copied.
 */
export const writeAnswer = (
  local: LocalAudio,
  remoteOffer: AudioDescription,
  negotiated: NegotiatedAudio,
): string =>
  join([
    ...sessionLines(local),
    ...remoteOffer.media.flatMap(({ type, protocol, formats, used }) =>
      used
        ? audioLines({
            port: local.port,
            protocol,
            codecs: negotiated.receive,
            telephoneEvent: negotiated.telephoneEvent?.receive,
            ptime: negotiated.ptime,
            direction: negotiated.direction,
            crypto: local.crypto,
          })
        : [`m=${type} 0 ${protocol} ${formats}`],
    ),
  ]);
