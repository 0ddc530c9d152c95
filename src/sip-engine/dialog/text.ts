import { hostForWire } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';
import type { RequestParts } from '../transaction/index.ts';
import type { Endpoint, ListenPoint } from '../transport/types.ts';
import type { Core, RequestText } from './types.ts';

/** What one message says of our side: the transport, and `host:port` as its peer is told. */
export type Own = {
  readonly protocol: Endpoint['protocol'];
  readonly place: string;
  /** The request is for a `sips` URI, so our Contact has to be one (RFC 3261 8.1.1.8, 12.1.1). */
  readonly secure?: boolean;
};

/** Our side towards an address. */
export const ownSide = (core: Core, local: ListenPoint, remoteAddress: string): Own => {
  const { address, port } = core.transports.advertisedTo(local, remoteAddress);
  return { protocol: local.protocol, place: `${hostForWire(address)}:${port}` };
};

/** Transports as Via writes them (RFC 3261 25.1, RFC 7118 5.1). */
const VIA_NAMES: Readonly<Record<Own['protocol'], string>> = {
  udp: 'UDP',
  tcp: 'TCP',
  tls: 'TLS',
  ws: 'WS',
  wss: 'WSS',
};

/** Via value of a request, asking for rport (RFC 3581). */
export const viaText = (own: Own, branch: string): string =>
  `SIP/2.0/${VIA_NAMES[own.protocol]} ${own.place};rport;branch=${branch}`;

/** Of a `sips` URI the transport is what runs inside TLS (RFC 3261 26.2.2, RFC 7118 7). */
const secureTransport = (own: Own): string => (own.protocol === 'wss' ? ';transport=ws' : '');

/** Whether a URI asks for TLS all the way. */
export const isSecure = (uri: string): boolean => uri.charCodeAt(4) === 0x3a && /^sips:/i.test(uri);

/** `<sip:host:port>` of our side, as Contact. */
export const contactText = (own: Own): string => {
  if (own.secure === true) return `<sips:${own.place}${secureTransport(own)}>`;
  return `<sip:${own.place}${own.protocol === 'udp' ? '' : `;transport=${own.protocol}`}>`;
};

/** Puts a bare URI into angle brackets, so that what is appended is no part of it (RFC 3261 20.10). */
export const bracketed = (value: string): string => {
  if (value.includes('<') || value === '*' || value.includes(',')) return value;
  const end = value.indexOf(';');
  if (end < 0) return `<${value.trim()}>`;
  return `<${value.slice(0, end).trim()}>${value.slice(end)}`;
};

const AT_LOCALHOST = /@localhost(?::\d+)?(?=[;>?\s,]|$)/gi;
const LOCALHOST = /(sips?:)localhost(?::\d+)?(?=[;>?\s,]|$)/gi;

/** Replaces `localhost` of a From, To, Contact or P-Asserted-Identity by our address. */
export const substituteLocalhost = (value: string, own: Own): string => {
  if (!value.toLowerCase().includes('localhost')) return value;
  return value.replace(AT_LOCALHOST, `@${own.place}`).replace(LOCALHOST, `$1${own.place}`);
};

const TAG = /;\s*tag\s*=\s*([^;,\s>]+)/i;

/** The tag of an address header's value, empty when there is none. */
export const tagOf = (value: string): string => {
  const after = value.lastIndexOf('>') + 1;
  return TAG.exec(after === 0 ? value : value.slice(after))?.[1] ?? '';
};

/** The whole request with `via` on top. */
export const renderRequest = (request: RequestText, via: string): string => {
  let routes = '';
  for (const route of request.routes) routes += `Route: ${route}\r\n`;
  return (
    `${request.method} ${request.uri} SIP/2.0\r\nVia: ${via}\r\n${routes}Max-Forwards: ${request.maxForwards}\r\n` +
    `From: ${request.from}\r\nTo: ${request.to}\r\nCall-ID: ${request.callId}\r\nCSeq: ${request.cseq} ${request.method}\r\n` +
    `${request.lines}Content-Length: ${Buffer.byteLength(request.body)}\r\n\r\n${request.body}`
  );
};

/** What ACK and CANCEL will copy of the request. */
export const partsOf = (request: RequestText, via: string): RequestParts => ({
  uri: request.uri,
  via,
  from: request.from,
  to: request.to,
  callId: request.callId,
  cseq: request.cseq,
  routes: request.routes,
});

/**
 * A response with the headers that RFC 3261 8.2.6.2 copies; `lines` are further header lines with their ends.
 *
 * @param tag our tag, added to To where the request has none; empty for none (100 Trying)
 */
export const renderResponse = (
  request: SipRequest,
  status: number,
  reason: string,
  tag: string,
  lines = '',
  body = '',
): string => {
  let head = `SIP/2.0 ${status} ${reason}\r\n`;
  for (const { key, value } of request.headers) if (key === 'via') head += `Via: ${value}\r\n`;
  for (const { key, name, value } of request.headers) {
    if (key === 'to')
      head += tag !== '' && request.core.toTag === '' ? `To: ${value};tag=${tag}\r\n` : `To: ${value}\r\n`;
    else if (key === 'from' || key === 'call-id' || key === 'cseq') head += `${name}: ${value}\r\n`;
    else if (key === 'timestamp' && status === 100) head += `${name}: ${value}\r\n`;
  }
  return `${head}${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};

/** Record-Route lines of a request, for the responses that make a dialog (RFC 3261 12.1.1). */
export const recordRouteLines = (request: SipRequest): string => {
  let lines = '';
  for (const { key, value } of request.headers)
    if (key === 'record-route') lines += `Record-Route: ${value}\r\n`;
  return lines;
};
