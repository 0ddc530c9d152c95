import { isIPv6 } from 'node:net';
import {
  decimalAt,
  escapedRunEnd,
  HOST,
  OPAQUE,
  PHONE,
  runEnd,
  SCHEME,
  URI_HEADER,
  URI_PARAMETER,
  USER,
} from './characters.ts';
import type { SipUri } from './types.ts';

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/** Longest IPv6 address there is, with an IPv4 part, a zone not counted. */
const LONGEST_ADDRESS = 46;

const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

/** The grammar of RFC 3261 lets three colons stand before an IPv4 part, and RFC 5118 4.10 wants them read as two. */
const ipv6Address = (text: string): string | undefined => {
  if (text.length > LONGEST_ADDRESS) return undefined;
  const address = text.includes(':::') ? text.replace(/:::(?=\d+\.\d+\.)/, '::') : text;
  return isIPv6(address) ? address : undefined;
};

/** Where the host that begins at `from` ends, or -1: a name, an IPv4 address, or an IPv6 address in brackets. */
export const hostEnd = (text: string, from: number, end: number): number => {
  if (text.charCodeAt(from) !== 0x5b) {
    const position = runEnd(text, from, end, HOST);
    return position === from ? -1 : position;
  }
  const close = text.slice(from, Math.min(end, from + LONGEST_ADDRESS + 2)).indexOf(']');
  return close < 0 || ipv6Address(text.slice(from + 1, from + close)) === undefined ? -1 : from + close + 1;
};

/** A host without the brackets of IPv6. */
export const bareHost = (host: string): string =>
  host.startsWith('[') ? (ipv6Address(host.slice(1, -1)) ?? host.slice(1, -1)) : host;

/** A host for a URI or Via: IPv6 in brackets. */
export const hostForWire = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Where `;a=b;c` that begins at `from` ends; before `end` when something in it is malformed. Empty ones are allowed. */
const parametersEnd = (text: string, from: number, end: number): number => {
  let position = from;
  while (position < end && text.charCodeAt(position) === 0x3b) {
    if (text.charCodeAt(position + 1) === 0x3d) return position;
    position = escapedRunEnd(text, position + 1, end, URI_PARAMETER);
  }
  return position;
};

/** What `parametersEnd` went through as a map; the first of two with one name counts. */
const readParameters = (text: string): ReadonlyMap<string, string> => {
  if (text === '') return NO_PARAMETERS;
  const parameters = new Map<string, string>();
  for (const parameter of text.split(';')) {
    if (parameter === '') continue;
    const equals = parameter.indexOf('=');
    const name = (equals < 0 ? parameter : parameter.slice(0, equals)).toLowerCase();
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? '' : parameter.slice(equals + 1));
  }
  return parameters;
};

/** Where the user part that begins at `from` ends: at its `@`, or -1 when there is none. */
const userEnd = (text: string, from: number, end: number): number => {
  const user = escapedRunEnd(text, from, end, USER);
  if (user === from) return -1;
  const code = text.charCodeAt(user);
  if (code === 0x40 && user < end) return user;
  if (code !== 0x3a) return -1;
  const password = escapedRunEnd(text, user + 1, end, USER);
  return password < end && text.charCodeAt(password) === 0x40 ? password : -1;
};

/** The end of a port's digits behind the colon at `from`, `from` itself without colon, or -1 when there is no port. */
const portEnd = (text: string, from: number, end: number): number => {
  if (from >= end || text.charCodeAt(from) !== 0x3a) return from;
  const position = runEnd(text, from + 1, end, HOST);
  return decimalAt(text, from + 1, position, 65_535) === undefined ? -1 : position;
};

/** Where a SIP URI without its headers ends, or -1; `from` is behind the scheme. */
const addressEnd = (text: string, from: number, end: number): number => {
  const user = userEnd(text, from, end);
  const host = hostEnd(text, user < 0 ? from : user + 1, end);
  const port = host < 0 ? -1 : portEnd(text, host, end);
  return port < 0 ? -1 : parametersEnd(text, port, end);
};

const isSipUri = (text: string, from: number, end: number): boolean => {
  const headers = addressEnd(text, from, end);
  if (headers === end) return true;
  return (
    headers > 0 &&
    text.charCodeAt(headers) === 0x3f &&
    escapedRunEnd(text, headers + 1, end, URI_HEADER) === end
  );
};

const isTelUri = (text: string, from: number, end: number): boolean => {
  const number = escapedRunEnd(text, from, end, PHONE);
  return number > from && parametersEnd(text, number, end) === end;
};

/** The colon behind the scheme, or -1. */
const schemeEnd = (text: string, from: number, end: number): number => {
  const colon = runEnd(text, from, end, SCHEME);
  return colon > from && colon < end && text.charCodeAt(colon) === 0x3a && isLetter(text.charCodeAt(from))
    ? colon
    : -1;
};

const schemeName = (text: string, from: number, colon: number): SipUri['scheme'] => {
  if (text.startsWith('sip:', from)) return 'sip';
  const name = text.slice(from, colon).toLowerCase();
  return name === 'sip' || name === 'sips' || name === 'tel' ? name : 'other';
};

/** Whether what stands between two positions is a URI: exactly what `parseUri` reads, without taking it apart. */
export const isUri = (text: string, from: number, end: number): boolean => {
  const colon = schemeEnd(text, from, end);
  if (colon < 0) return false;
  const scheme = schemeName(text, from, colon);
  if (scheme === 'other') return colon + 1 < end && runEnd(text, colon + 1, end, OPAQUE) === end;
  return scheme === 'tel' ? isTelUri(text, colon + 1, end) : isSipUri(text, colon + 1, end);
};

/** Whether a text is a URI that may stand in a request line: without headers (RFC 3261 19.1.1). */
export const isRequestUri = (text: string): boolean => {
  const colon = schemeEnd(text, 0, text.length);
  if (colon < 0) return false;
  const scheme = schemeName(text, 0, colon);
  return scheme === 'sip' || scheme === 'sips'
    ? addressEnd(text, colon + 1, text.length) === text.length
    : isUri(text, 0, text.length);
};

/** Takes apart what `isUri` accepted. */
const takeApart = (text: string, scheme: 'sip' | 'sips', from: number): SipUri => {
  const at = userEnd(text, from, text.length);
  const separator = at < 0 ? -1 : text.slice(from, at).indexOf(':');
  const user = at < 0 ? undefined : text.slice(from, separator < 0 ? at : from + separator);
  const password = separator < 0 ? undefined : text.slice(from + separator + 1, at);
  const hostStart = at < 0 ? from : at + 1;
  const afterHost = hostEnd(text, hostStart, text.length);
  const afterPort = portEnd(text, afterHost, text.length);
  const afterParameters = parametersEnd(text, afterPort, text.length);
  return {
    scheme,
    user,
    password,
    host: bareHost(text.slice(hostStart, afterHost)),
    port: afterPort === afterHost ? undefined : decimalAt(text, afterHost + 1, afterPort, 65_535),
    parameters: readParameters(text.slice(afterPort, afterParameters)),
    headers: text.slice(afterParameters + 1),
    raw: text,
  };
};

const NO_USER = { user: undefined, password: undefined, port: undefined, headers: '' } as const;

/**
 * Reads a URI (RFC 3261 19.1, RFC 3966). Escapes are kept as written. Other schemes than sip, sips and tel come back with
 * scheme `other` and all behind the colon as `host`; of a `tel` URI `host` is the number.
 *
 * @returns undefined when it is no URI: no scheme, blanks, angle brackets, a broken host, port, escape or parameter
 */
export const parseUri = (text: string): SipUri | undefined => {
  if (!isUri(text, 0, text.length)) return undefined;
  const colon = text.indexOf(':');
  const scheme = schemeName(text, 0, colon);
  if (scheme === 'sip' || scheme === 'sips') return takeApart(text, scheme, colon + 1);
  const rest = text.slice(colon + 1);
  if (scheme === 'other') return { ...NO_USER, scheme, host: rest, parameters: NO_PARAMETERS, raw: text };
  const semicolon = rest.indexOf(';');
  const host = semicolon < 0 ? rest : rest.slice(0, semicolon);
  return { ...NO_USER, scheme, host, parameters: readParameters(rest.slice(host.length)), raw: text };
};

/** `;name=value` of each; a parameter without value as `;name`. */
export const parametersToString = (parameters: ReadonlyMap<string, string>): string => {
  let text = '';
  for (const [name, value] of parameters) text += value === '' ? `;${name}` : `;${name}=${value}`;
  return text;
};

/** The text of a URI from its parts (not from `raw`), for URIs that were changed. */
export const uriToString = (uri: Omit<SipUri, 'raw'> & { readonly raw?: string }): string => {
  if (uri.scheme === 'other') return uri.raw ?? uri.host;
  const parameters = parametersToString(uri.parameters);
  if (uri.scheme === 'tel') return `tel:${uri.host}${parameters}`;
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const user = uri.user === undefined ? '' : `${uri.user}${password}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  const headers = uri.headers === '' ? '' : `?${uri.headers}`;
  return `${uri.scheme}:${user}${hostForWire(uri.host)}${port}${parameters}${headers}`;
};
