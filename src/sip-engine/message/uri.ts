import { isIPv6 } from 'node:net';
import {
  HOST,
  hasSoundEscapes,
  isAll,
  OPAQUE,
  parseDecimal,
  runEnd,
  SCHEME,
  URI_PARAMETER,
  USER,
} from './characters.ts';
import type { SipUri } from './types.ts';

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

const isScheme = (text: string): boolean => isLetter(text.charCodeAt(0)) && isAll(text, SCHEME);

/**
 * `;a=b;c` between two positions as a map; empty parameters are skipped, the first of two with one name counts.
 * Undefined when malformed.
 */
const parseUriParameters = (
  text: string,
  from: number,
  end: number,
): ReadonlyMap<string, string> | undefined => {
  if (from === end) return NO_PARAMETERS;
  const parameters = new Map<string, string>();
  for (let position = from; position < end; ) {
    if (text.charCodeAt(position) !== 0x3b) return undefined;
    const start = position + 1;
    position = runEnd(text, start, end, URI_PARAMETER);
    if (position === start) continue;
    const equals = text.indexOf('=', start);
    const valued = equals >= 0 && equals < position;
    const name = text.slice(start, valued ? equals : position).toLowerCase();
    if (name.length === 0) return undefined;
    if (!parameters.has(name)) parameters.set(name, valued ? text.slice(equals + 1, position) : '');
  }
  return parameters;
};

/** Where a host that begins at `from` ends, or -1: a name, an IPv4 address, or an IPv6 address in brackets. */
export const hostEnd = (text: string, from: number): number => {
  if (text.charCodeAt(from) !== 0x5b) {
    const end = runEnd(text, from, text.length, HOST);
    return end === from ? -1 : end;
  }
  const close = text.indexOf(']', from);
  return close > 0 && isIPv6(text.slice(from + 1, close)) ? close + 1 : -1;
};

/** A host without the brackets of IPv6. */
export const bareHost = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);

/** A host for a URI or Via: IPv6 in brackets. */
export const hostForWire = (host: string): string => (host.includes(':') ? `[${host}]` : host);

const NO_USER = { user: undefined, password: undefined } as const;

/** Whether `from`..`end` is a user with or without password; `colon` parts them, or is -1. */
const isUserPart = (text: string, from: number, colon: number, end: number): boolean => {
  const userEnd = colon < 0 ? end : colon;
  if (userEnd === from || runEnd(text, from, userEnd, USER) !== userEnd) return false;
  return colon < 0 || runEnd(text, colon + 1, end, USER) === end;
};

const parseSipUri = (text: string, scheme: 'sip' | 'sips', from: number): SipUri | undefined => {
  if (text.includes('%') && !hasSoundEscapes(text)) return undefined;
  // Neither user nor password may hold an `@`, so the first one ends them; `;` and `?` before it belong to the user.
  const at = text.indexOf('@', from);
  const separator = text.indexOf(':', from);
  const secret = separator < at ? separator : -1;
  if (at >= 0 && !isUserPart(text, from, secret, at)) return undefined;
  const user = at < 0 ? undefined : text.slice(from, secret < 0 ? at : secret);
  const password = secret < 0 ? undefined : text.slice(secret + 1, at);
  const hostStart = at < 0 ? from : at + 1;
  const afterHost = hostEnd(text, hostStart);
  if (afterHost < 0) return undefined;
  const host = bareHost(text.slice(hostStart, afterHost));
  const colon = text.charCodeAt(afterHost) === 0x3a;
  const position = colon ? runEnd(text, afterHost + 1, text.length, HOST) : afterHost;
  const port = colon ? parseDecimal(text.slice(afterHost + 1, position), 65_535) : undefined;
  if (colon && port === undefined) return undefined;
  const question = text.indexOf('?', position);
  const parameters = parseUriParameters(text, position, question < 0 ? text.length : question);
  if (!parameters) return undefined;
  const headers = question < 0 ? '' : text.slice(question + 1);
  if (headers.length > 0 && !isAll(headers, OPAQUE)) return undefined;
  return { scheme, user, password, host, port, parameters, headers, raw: text };
};

const parseTelUri = (text: string, from: number): SipUri | undefined => {
  const semicolon = text.indexOf(';', from);
  const end = semicolon < 0 ? text.length : semicolon;
  const number = text.slice(from, end);
  const parameters = parseUriParameters(text, end, text.length);
  if (!parameters || !isAll(number, USER)) return undefined;
  return { ...NO_USER, scheme: 'tel', host: number, port: undefined, parameters, headers: '', raw: text };
};

/**
 * Reads a URI (RFC 3261 19.1, RFC 3966). Escapes are kept as written. Other schemes than sip, sips and tel come back with
 * scheme `other` and all behind the colon as `host`; of a `tel` URI `host` is the number.
 *
 * @returns undefined when it is no URI: no scheme, blanks, angle brackets, a broken host, port, escape or parameter
 */
export const parseUri = (text: string): SipUri | undefined => {
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  if (text.startsWith('sip:')) return parseSipUri(text, 'sip', 4);
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(text, scheme, colon + 1);
  if (scheme === 'tel') return parseTelUri(text, colon + 1);
  const rest = text.slice(colon + 1);
  if (!isScheme(scheme) || !isAll(rest, OPAQUE)) return undefined;
  return {
    ...NO_USER,
    scheme: 'other',
    host: rest,
    port: undefined,
    parameters: NO_PARAMETERS,
    headers: '',
    raw: text,
  };
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
