import { isIP } from 'node:net';
import { parse as parseLines } from 'sdp-transform';
import { readCrypto } from './crypto.ts';
import {
  type AudioDescription,
  type Codec,
  type CodecName,
  type CryptoLine,
  type Direction,
  type Protection,
  SdpError,
} from './types.ts';

/** Checked before anything is parsed: far above what phones send, far below what costs time. */
const LIMITS = { bytes: 16_384, mediaLines: 10, attributes: 200 };
const DEFAULT_PTIME = 20;
const STATIC_TYPES: ReadonlyMap<number, CodecName> = new Map([
  [0, 'PCMU'],
  [8, 'PCMA'],
]);
/** Profiles we can speak: RTP, and its feedback variant (RFC 4585), of which we use no feedback. */
const PLAIN_PROTOCOLS = new Set(['RTP/AVP', 'RTP/AVPF']);
/** The same with SRTP (RFC 3711, RFC 5124), its keys in SDP. */
const SECURE_PROTOCOLS = new Set(['RTP/SAVP', 'RTP/SAVPF']);
const PLAIN: Protection = { suites: [], required: false };

/** The attributes that are read; all others are dropped before parsing. */
const KEPT_ATTRIBUTE = /^a=(?:rtpmap:|ptime:|maxptime:|rtcp:|(?:sendrecv|sendonly|recvonly|inactive)$)/;
/** RFC 4566 9: token, port with an optional count, protocol, formats. */
const MEDIA_LINE =
  /^m=([\w!#$%&'*+.^`{|}~-]+) +(\d{1,5})(?:\/\d+)? +([\w!#$%&'*+.^`{|}~/-]+)((?: +[\w!#$%&'*+.^`{|}~-]+)+) *$/;

type MediaLine = { type: string; port: number; protocol: string; formats: string; crypto: string[] };
type ParsedSession = ReturnType<typeof parseLines>;
type ParsedMedia = ParsedSession['media'][number];
type Stream = {
  line: MediaLine;
  media: ParsedMedia;
  codecs: Codec[];
  telephoneEvent: number | undefined;
  crypto: readonly CryptoLine[];
};

const malformed = (message: string): SdpError => new SdpError(message, 400);

const readMediaLine = (line: string): MediaLine => {
  const [, type = '', port = '', protocol = '', formats = ''] = MEDIA_LINE.exec(line) ?? [];
  if (type === '') throw malformed('SDP has a malformed m= line');
  if (Number(port) > 65_535) throw malformed(`SDP has an m= line with port ${port}`);
  return { type, port: Number(port), protocol, formats: formats.trim().replaceAll(/ +/g, ' '), crypto: [] };
};

/** Cuts the text into lines, counts them against the limits and keeps only those that are read. */
const sift = (text: string): { kept: string[]; lines: MediaLine[] } => {
  const kept: string[] = [];
  const lines: MediaLine[] = [];
  let attributes = 0;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trim();
    if (line.startsWith('a=')) {
      attributes += 1;
      if (attributes > LIMITS.attributes) throw malformed(`SDP has more than ${LIMITS.attributes} a= lines`);
      if (KEPT_ATTRIBUTE.test(line)) kept.push(line);
      else if (line.startsWith('a=crypto:')) lines.at(-1)?.crypto.push(line);
    } else if (line.startsWith('m=')) {
      if (lines.length === LIMITS.mediaLines) {
        throw malformed(`SDP has more than ${LIMITS.mediaLines} m= lines`);
      }
      const media = readMediaLine(line);
      lines.push(media);
      kept.push(`m=audio ${media.port} RTP/AVP 0`);
    } else if (line.startsWith('c=') || line.startsWith('o=')) {
      kept.push(line);
    }
  }
  return { kept, lines };
};

const payloadTypes = (formats: string): number[] => [
  ...new Set(
    formats
      .split(' ')
      .filter((format) => /^\d{1,3}$/.test(format))
      .map(Number)
      .filter((type) => type <= 127),
  ),
];

/**
 * Reads what the formats of one audio line mean; a static type needs no rtpmap (RFC 3551 6). Keys under RTP/AVP, as some
 * telephone systems write for 'best effort', count as well.
 */
const readStream = (line: MediaLine, media: ParsedMedia, { suites }: Protection): Stream => {
  const crypto = readCrypto(line.crypto, suites);
  const stream: Stream = { line, media, codecs: [], telephoneEvent: undefined, crypto };
  for (const payloadType of payloadTypes(line.formats)) {
    const map = media.rtp.find(({ payload }) => Number(payload) === payloadType);
    if (map && (Number(map.rate) !== 8000 || Number(map.encoding ?? 1) !== 1)) continue;
    const name = map ? String(map.codec).toUpperCase() : STATIC_TYPES.get(payloadType);
    if (name === 'PCMU' || name === 'PCMA') stream.codecs.push({ name, payloadType });
    else if (name === 'TELEPHONE-EVENT') stream.telephoneEvent ??= payloadType;
  }
  return stream;
};

const isSecure = ({ protocol }: MediaLine): boolean => SECURE_PROTOCOLS.has(protocol.toUpperCase());
const isPlain = ({ protocol }: MediaLine): boolean => PLAIN_PROTOCOLS.has(protocol.toUpperCase());

/** Whether both sides can protect the stream, or neither needs to; a refused one (port 0) needs no keys. */
const isAllowed = ({ line, crypto }: Stream, { suites, required }: Protection): boolean => {
  if (crypto.length > 0) return true;
  return line.port === 0 ? isPlain(line) || suites.length > 0 : isPlain(line) && !required;
};

/** The stream to talk on: a protected one with G.711, else the first with G.711, the first open one, a refused one. */
const choose = (streams: readonly Stream[]): Stream | undefined => {
  const open = streams.filter(({ line }) => line.port > 0);
  const speakable = open.filter(({ codecs }) => codecs.length > 0);
  return speakable.find(({ crypto }) => crypto.length > 0) ?? speakable[0] ?? open[0] ?? streams[0];
};

/** Why none of the streams will do. */
const unusable = (streams: readonly Stream[], { suites, required }: Protection): SdpError => {
  if (streams.length === 0) return new SdpError('SDP has no audio over RTP', 488);
  if (suites.length === 0) return new SdpError('SDP has encrypted audio only, and plain RTP is wanted', 488);
  return new SdpError(
    required && streams.every(({ line }) => line.crypto.length === 0)
      ? 'SDP has no keys for encrypted audio, and it is required'
      : `SDP has encrypted audio in no suite of ours (${suites.join(', ')})`,
    488,
  );
};

const readAddress = (media: ParsedMedia, session: ParsedSession, port: number): string => {
  const address = String((media.connection ?? session.connection)?.ip ?? '');
  if (address === '' && port === 0) return '0.0.0.0';
  if (address === '') throw malformed('SDP has no c= line for its audio');
  // A host name is legal but would make media wait on DNS; multicast carries a slash.
  if (isIP(address) === 0 || address.includes('%')) {
    throw new SdpError('SDP names no single IP address in its c= line', 488);
  }
  return address;
};

/** Whole tens of milliseconds from 10 to 60; RFC 4566 6 calls ptime a hint, maxptime a limit. */
const readPtime = (media: ParsedMedia): number => {
  const wished = Number(media.ptime ?? DEFAULT_PTIME) || DEFAULT_PTIME;
  const limit = Number(media.maxptime ?? 60) || 60;
  return Math.min(60, Math.max(10, Math.floor(Math.min(wished, limit) / 10) * 10));
};

const readRtcpPort = (media: ParsedMedia, port: number): number => {
  const said = Number(media.rtcp?.port ?? 0);
  if (said > 0 && said <= 65_535) return said;
  return Math.min(port + 1, 65_535);
};

const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']);
const isDirection = (text: unknown): text is Direction => typeof text === 'string' && DIRECTIONS.has(text);

const readDirection = (media: ParsedMedia, session: ParsedSession): Direction => {
  const said = media.direction ?? session.direction;
  return isDirection(said) ? said : 'sendrecv';
};

const digits = (value: unknown): string => {
  const text = String(value ?? '');
  return /^\d+$/.test(text) ? text : '0';
};

/**
 * Reads an SDP offer or answer (RFC 4566) down to its G.711 audio. Bare LF, blank lines, unknown lines and a missing rtpmap
 * for payload types 0 and 8 are tolerated.
 *
 * @param protection which streams may be taken: RTP/AVP and RTP/AVPF, RTP/SAVP and RTP/SAVPF with keys, or either
 * @throws SdpError 400 when the text is malformed or over its limits (16 KB, 10 m= lines, 200 a= lines), 488 when it has no
 *   such audio or no usable address. Nothing else is ever thrown.
 */
export const parseSdp = (text: string, protection: Protection = PLAIN): AudioDescription => {
  if (Buffer.byteLength(text) > LIMITS.bytes) throw malformed(`SDP is longer than ${LIMITS.bytes} bytes`);
  const { kept, lines } = sift(text);
  if (lines.length === 0) throw malformed('SDP has no m= line');
  const session = parseLines(`${kept.join('\r\n')}\r\n`);
  const streams = lines.flatMap((line, index) => {
    const media = session.media[index];
    const usable = line.type === 'audio' && (isPlain(line) || isSecure(line));
    return media && usable ? [readStream(line, media, protection)] : [];
  });
  const stream = choose(streams.filter((each) => isAllowed(each, protection)));
  if (!stream) throw unusable(streams, protection);
  const { line, media } = stream;
  return {
    address: readAddress(media, session, line.port),
    port: line.port,
    rtcpPort: readRtcpPort(media, line.port),
    codecs: stream.codecs,
    telephoneEvent: stream.telephoneEvent,
    ptime: readPtime(media),
    direction: readDirection(media, session),
    origin: { id: digits(session.origin?.sessionId), version: digits(session.origin?.sessionVersion) },
    protocol: line.protocol.toUpperCase(),
    crypto: stream.crypto,
    media: lines.map((each) => ({
      type: each.type,
      protocol: each.protocol,
      formats: each.formats,
      used: each === line,
    })),
  };
};

/** The first connection address of a description, read without parsing the rest; undefined when it names none. */
export const connectionAddress = (sdp: string): string | undefined =>
  /^c=IN IP[46] ([^\s/]{1,64})/m.exec(sdp)?.[1];
