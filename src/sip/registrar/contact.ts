import { parseNameAddressList, type SipUri, splitHeaderList } from '../../sip-engine/index.ts';

/** One Contact of a REGISTER. */
export type ContactEntry = {
  readonly uri: string;
  /** Two URIs of one key are the same place (RFC 3261 19.1.4). */
  readonly uriKey: string;
  readonly parameters: string;
  readonly q: number;
  /** Seconds asked for by the Contact itself. */
  readonly expires: number | undefined;
  readonly instance: string | undefined;
  readonly regId: number | undefined;
};

const MAX_LENGTH = 2048;

/** Parameters that make a different URI where only one of two has them (RFC 3261 19.1.4). */
const TELLING = ['transport', 'user', 'ttl', 'method', 'maddr'] as const;

const keyOf = (uri: SipUri): string => {
  const telling = TELLING.map((name) => uri.parameters.get(name)?.toLowerCase() ?? '').join(';');
  const user = uri.user === undefined ? '' : `${uri.user}:${uri.password ?? ''}@`;
  return `${uri.scheme}:${user}${uri.host.toLowerCase()}:${uri.port ?? ''};${telling}`;
};

/** Ours to say, or read apart from the others. */
const NOT_REPEATED: ReadonlySet<string> = new Set(['q', 'expires', 'pub-gruu', 'temp-gruu']);

const unquoted = (text: string | undefined): string | undefined =>
  text?.replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1');

/** `"<urn:uuid:…>"` without quotes and brackets. */
const instanceOf = (text: string | undefined): string | undefined => {
  const inner = /^<([^<>"\s]{1,256})>$/.exec(unquoted(text) ?? '')?.[1];
  return inner?.startsWith('urn:') ? inner : undefined;
};

/** RFC 3261 20.19: a malformed number stands for no number. */
export const secondsOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : undefined;

const qOf = (text: string | undefined): number =>
  text !== undefined && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 1;

const regIdOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;

/**
 * Reads the Contact values of a REGISTER, `*` apart.
 *
 * @returns undefined when one is malformed, no SIP URI or too long
 */
export const readContacts = (value: string): readonly ContactEntry[] | undefined => {
  const addresses = parseNameAddressList(value);
  if (!addresses || addresses.length === 0) return undefined;
  const entries: ContactEntry[] = [];
  for (const { uri, parameters } of addresses) {
    if ((uri.scheme !== 'sip' && uri.scheme !== 'sips') || uri.raw.length > MAX_LENGTH) return undefined;
    let repeated = '';
    for (const [name, text] of parameters) {
      if (!NOT_REPEATED.has(name)) repeated += text === '' ? `;${name}` : `;${name}=${text}`;
    }
    if (repeated.length > MAX_LENGTH) return undefined;
    entries.push({
      uri: uri.raw,
      uriKey: keyOf(uri),
      parameters: repeated,
      q: qOf(parameters.get('q')),
      expires: secondsOf(parameters.get('expires')),
      instance: instanceOf(parameters.get('+sip.instance')),
      regId: regIdOf(parameters.get('reg-id')),
    });
  }
  return entries;
};

/** The proxies of a Path header; undefined when one is malformed. */
export const readPath = (value: string | undefined): readonly string[] | undefined => {
  if (value === undefined) return [];
  const addresses = parseNameAddressList(value);
  const routable = addresses?.every(({ uri }) => uri.scheme === 'sip' || uri.scheme === 'sips');
  return routable ? splitHeaderList(value).map((item) => item.trim()) : undefined;
};

/** Whether a Path value is of a proxy that keeps the flow to the phone (RFC 5626 5.1). */
export const keepsFlow = (path: string | undefined): boolean =>
  path !== undefined && parseNameAddressList(path)?.[0]?.uri.parameters.has('ob') === true;
