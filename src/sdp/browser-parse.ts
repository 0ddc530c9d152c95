import {
  malformed,
  readCandidates,
  readExtension,
  readFingerprints,
  readIce,
  readPtime,
  readSetup,
  readSource,
  unusable,
} from './browser-fields.ts';
import type { BrowserDescription, OpusTypes } from './browser-types.ts';
import type { Codec, CodecName, Direction } from './types.ts';

/** Checked before anything is parsed: far above what browsers send, far below what costs time. */
const LIMITS = { bytes: 32_768, mediaLines: 16, attributes: 600 };
const STATIC_TYPES: ReadonlyMap<number, CodecName> = new Map([
  [0, 'PCMU'],
  [8, 'PCMA'],
]);
/** RFC 8829 5.1.2: what a description over DTLS-SRTP may call itself. */
const USABLE_PROTOCOL = /^(?:(?:UDP|TCP)\/(?:TLS|DTLS)\/)?RTP\/SAVPF?$/i;
const MID_EXTENSION = 'urn:ietf:params:rtp-hdrext:sdes:mid';
/** RFC 4566 9: token, port with an optional count, protocol, formats. */
const MEDIA_LINE =
  /^m=([\w!#$%&'*+.^`{|}~-]+) +(\d{1,5})(?:\/\d+)? +([\w!#$%&'*+.^`{|}~/-]+)((?: +[\w!#$%&'*+.^`{|}~-]+)+) *$/;
const ATTRIBUTE = /^a=([^:]+)(?::(.*))?$/;
/** RFC 7587 7: always so, whatever is sent. */
const OPUS = /^opus\/48000\/2$/i;
const OPUS_EVENT = /^telephone-event\/48000(?:\/1)?$/i;
const TOKEN = /^[\w!#$%&'*+.^`{|}~-]+$/;

type Attributes = ReadonlyMap<string, readonly string[]>;
type MediaLine = {
  readonly type: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: string;
};
type Section = { readonly line: MediaLine; readonly attributes: Attributes };
type Session = {
  readonly origin: string;
  readonly attributes: Attributes;
  readonly sections: readonly Section[];
};
type Stream = {
  readonly section: Section;
  readonly codecs: readonly Codec[];
  readonly opus: OpusTypes | undefined;
  readonly telephoneEvent: number | undefined;
};

const readMediaLine = (line: string): MediaLine => {
  const [, type = '', port = '', protocol = '', formats = ''] = MEDIA_LINE.exec(line) ?? [];
  if (type === '') throw malformed('SDP has a malformed m= line');
  if (Number(port) > 65_535) throw malformed(`SDP has an m= line with port ${port}`);
  return { type, port: Number(port), protocol, formats: formats.trim().replaceAll(/ +/g, ' ') };
};

/** Cuts the text into its sections, counting against the limits. */
const cut = (text: string): Session => {
  if (Buffer.byteLength(text) > LIMITS.bytes) throw malformed(`SDP is longer than ${LIMITS.bytes} bytes`);
  const ofSession = new Map<string, string[]>();
  const sections: { line: MediaLine; attributes: Map<string, string[]> }[] = [];
  let attributes = ofSession;
  let origin = '';
  let count = 0;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trim();
    if (line.startsWith('m=')) {
      if (sections.length === LIMITS.mediaLines)
        throw malformed(`SDP has more than ${LIMITS.mediaLines} m= lines`);
      attributes = new Map();
      sections.push({ line: readMediaLine(line), attributes });
    } else if (line.startsWith('o=')) {
      origin = line;
    } else if (line.startsWith('a=')) {
      count += 1;
      if (count > LIMITS.attributes) throw malformed(`SDP has more than ${LIMITS.attributes} a= lines`);
      const [, name = '', value = ''] = ATTRIBUTE.exec(line) ?? [];
      const values = attributes.get(name);
      if (values === undefined) attributes.set(name, [value.trim()]);
      else values.push(value.trim());
    }
  }
  if (sections.length === 0) throw malformed('SDP has no m= line');
  return { origin, attributes: ofSession, sections };
};

const first = (attributes: Attributes, name: string): string | undefined => attributes.get(name)?.[0];

const payloadTypes = (formats: string): number[] => [
  ...new Set(
    formats
      .split(' ')
      .filter((format) => /^\d{1,3}$/.test(format))
      .map(Number)
      .filter((type) => type <= 127),
  ),
];

const readOpus = (section: Section, maps: ReadonlyMap<number, string>): OpusTypes | undefined => {
  const typeOf = (name: RegExp): number | undefined =>
    payloadTypes(section.line.formats).find((type) => name.test(maps.get(type) ?? ''));
  const payloadType = typeOf(OPUS);
  return payloadType === undefined ? undefined : { payloadType, telephoneEvent: typeOf(OPUS_EVENT) };
};

/** Reads what the formats of one audio line mean; a static type needs no rtpmap (RFC 3551 6). */
const readStream = (section: Section): Stream => {
  const maps = new Map<number, string>();
  for (const map of section.attributes.get('rtpmap') ?? []) {
    const [, type = '', encoding = ''] = /^(\d{1,3}) +(\S+)/.exec(map) ?? [];
    if (type !== '' && !maps.has(Number(type))) maps.set(Number(type), encoding);
  }
  const codecs: Codec[] = [];
  let telephoneEvent: number | undefined;
  for (const payloadType of payloadTypes(section.line.formats)) {
    const said = maps.get(payloadType);
    const name =
      said === undefined
        ? STATIC_TYPES.get(payloadType)
        : /^([\w-]+)\/8000(?:\/1)?$/.exec(said)?.[1]?.toUpperCase();
    if (name === 'PCMU' || name === 'PCMA') codecs.push({ name, payloadType });
    else if (name === 'TELEPHONE-EVENT') telephoneEvent ??= payloadType;
  }
  return { section, codecs, opus: readOpus(section, maps), telephoneEvent };
};

/** A line with port 0 is refused, unless it only waits for its bundle (RFC 9143 6). */
const isOpen = ({ line, attributes }: Section): boolean => line.port > 0 || attributes.has('bundle-only');

/** The stream to talk on: the first with G.711, else the first open one, else a refused one. */
const choose = (streams: readonly Stream[]): Stream | undefined =>
  streams.find(({ section, codecs }) => isOpen(section) && codecs.length > 0) ??
  streams.find(({ section }) => isOpen(section)) ??
  streams[0];

const readMid = ({ attributes }: Section): string | undefined => {
  const mid = first(attributes, 'mid');
  if (mid === undefined) return undefined;
  if (mid.length > 64 || !TOKEN.test(mid)) throw malformed('SDP has a malformed mid');
  return mid;
};

/** The mids of `section`'s bundle (RFC 9143 5); undefined when it is in none. */
const bundleOf = (session: Session, section: Section): readonly string[] | undefined => {
  const mid = readMid(section);
  const groups = session.attributes.get('group') ?? [];
  return groups
    .map((group) => group.split(/ +/))
    .flatMap(([kind, ...mids]) =>
      kind === 'BUNDLE' && mid !== undefined && mids.includes(mid) ? [mids] : [],
    )[0];
};

const DIRECTIONS = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;

const readDirection = (section: Attributes, session: Attributes): Direction =>
  DIRECTIONS.find((direction) => section.has(direction)) ??
  DIRECTIONS.find((direction) => session.has(direction)) ??
  'sendrecv';

const readOrigin = (line: string): { id: string; version: string } => {
  const [, id = '0', version = '0'] = /^o=\S+ +(\d+) +(\d+)/.exec(line) ?? [];
  return { id, version };
};

/**
 * Reads a browser's offer or answer (RFC 8829) down to its audio, G.711 and Opus, and its transport.
 *
 * @throws SdpError 400 when the text is malformed or over its limits (32 KB, 16 m= lines, 600 a= lines), 488 when it has no
 *   audio over DTLS-SRTP, or lacks ICE credentials, a fingerprint, or rtcp-mux. Nothing else is ever thrown.
 */
export const parseBrowserSdp = (text: string): BrowserDescription => {
  const session = cut(text);
  const streams = session.sections
    .filter(({ line }) => line.type === 'audio' && USABLE_PROTOCOL.test(line.protocol))
    .map(readStream);
  const stream = choose(streams);
  if (stream === undefined)
    throw unusable('SDP has no audio over DTLS-SRTP: it is no WebRTC offer or answer');
  const { section } = stream;
  if (!isOpen(section)) throw unusable('The peer refuses audio');
  const { attributes } = section;
  if (!attributes.has('rtcp-mux')) throw unusable('The audio is without rtcp-mux, which we require');
  const bundle = bundleOf(session, section);
  const tagged = session.sections.find(
    (each) => bundle !== undefined && readMid(each) === bundle[0],
  )?.attributes;
  /** Transport attributes stand with the stream, the first of its bundle (RFC 9143 7.1.1), or the session. */
  const transport = (name: string): readonly string[] =>
    attributes.get(name) ?? tagged?.get(name) ?? session.attributes.get(name) ?? [];
  const ice = readIce(transport('ice-ufrag')[0], transport('ice-pwd')[0]);
  const fingerprints = readFingerprints(transport('fingerprint'));
  if (fingerprints.length === 0)
    throw unusable('The audio has no certificate fingerprint: it is not encrypted by DTLS');
  return {
    mid: readMid(section) ?? '0',
    bundled: bundle !== undefined,
    ice,
    trickles: transport('ice-options').some((options) => options.split(/ +/).includes('trickle')),
    candidates: readCandidates(transport('candidate')),
    setup: readSetup(transport('setup')[0]),
    fingerprints,
    codecs: stream.codecs,
    opus: stream.opus,
    telephoneEvent: stream.telephoneEvent,
    midExtension: readExtension(attributes.get('extmap') ?? [], MID_EXTENSION),
    ...readSource(attributes.get('ssrc') ?? []),
    ptime: readPtime(first(attributes, 'ptime'), first(attributes, 'maxptime')),
    direction: readDirection(attributes, session.attributes),
    origin: readOrigin(session.origin),
    media: session.sections.map((each) => ({
      type: each.line.type,
      protocol: each.line.protocol,
      formats: each.line.formats,
      mid: readMid(each),
      used: each === section,
    })),
  };
};
