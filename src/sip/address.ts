/** The user and host of the SIP or tel URI in a header value, percent-escapes decoded. */
export type AddressParts = {
  readonly display: string | undefined;
  readonly user: string | undefined;
  /** Lower case, without port and brackets; empty for tel URIs. */
  readonly host: string;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/**
 * Reads the first address of a From, To, P-Asserted-Identity, P-Called-Party-ID, Diversion header or a bare URI.
 * User parameters (`;phone-context=…`, RFC 3966) are cut off.
 */
export const parseAddress = (value: string): AddressParts | undefined => {
  if (value.length > 1024) return undefined;
  const match = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<?\s*(sips?|tel):([^>\s,?]+)/i.exec(value);
  if (!match) return undefined;
  const display = (match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? '').trim() || undefined;
  const rest = match[4] ?? '';
  if (match[3]?.toLowerCase() === 'tel') return { display, user: decode(rest.split(';')[0] ?? ''), host: '' };
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? undefined : decode(rest.slice(0, at).split(/[;:]/)[0] ?? '');
  const hostPort = rest.slice(at + 1).split(';')[0] ?? '';
  const host = /^\[([^\]]*)\]/.exec(hostPort)?.[1] ?? hostPort.split(':')[0] ?? '';
  return { display, user: user === '' ? undefined : user, host: host.toLowerCase() };
};

/** Escapes what RFC 3261 25.1 does not allow in the user part of a URI. */
export const escapeUser = (user: string): string =>
  user
    .replace(/\p{Surrogate}/gu, '')
    .replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (character) => encodeURIComponent(character));
