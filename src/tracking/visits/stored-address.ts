import { parseUrl } from './address.ts';

/** Longest address that is stored, in characters. */
const STORED_CHARACTERS = 2000;
const BLANK = '***';

/** Whole names, and last words of names: `reset_token`, `user-email`. */
const SECRET_NAME =
  /^(?:code|key|state|nonce|sid|pin|otp|sig|hash)$|(?:^|[-_.[])(?:pass(?:word|wd|phrase)?|pwd|(?:api|access|private)[-_]?key|token|secret|auth(?:orization)?|credentials?|signature|jwt|session(?:[-_]?id)?|phpsessid|jsessionid|e?-?mail|phone|tel|mobile|telephone|ssn|iban|card(?:[-_]?number)?)\]?$|(?:token|password|email|apikey|sessionid)$/i;
/** A JSON Web Token, RFC 7519. */
const TOKEN = /^eyJ[\w-]{8,}\.[\w-]+\.[\w-]*$/;
const CAMPAIGN_FRAGMENT = /(?:^|[#?&])utm_/i;

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
};

/** Whether a piece of an address holds an e-mail address. `@name` of social sites and `@48.1,11.5` of maps are none. */
const holdsMail = (text: string): boolean => {
  const at = text.search(/@|%40/);
  return at > 0 && /\.[^.]{2,}/.test(text.slice(at));
};

/** Secrets of one parameter are blanked; its name stays. */
const cleanParameter = (part: string): string => {
  const mark = part.indexOf('=');
  if (mark === -1) return holdsMail(part) ? BLANK : part;
  const name = decoded(part.slice(0, mark));
  const value = decoded(part.slice(mark + 1));
  const isSecret = value !== '' && (SECRET_NAME.test(name) || holdsMail(value) || TOKEN.test(value));
  return isSecret ? `${part.slice(0, mark)}=${BLANK}` : part;
};

/** What a link to another of the owner's sites bears says who follows it, and nothing of the page. */
const isLinkToken = (part: string): boolean => part.startsWith('_dt=');

const cleanQuery = (query: string): string =>
  query
    .split('&')
    .filter((part) => !isLinkToken(part))
    .map(cleanParameter)
    .join('&');

const cleanPath = (path: string): string =>
  path
    .split('/')
    .map((folder) => (holdsMail(folder) ? BLANK : folder.replace(/;jsessionid=.*$/i, '')))
    .join('/');

/** A fragment is stored only where it tells the campaign. */
const cleanFragment = (hash: string): string => {
  if (!CAMPAIGN_FRAGMENT.test(hash)) return '';
  const mark = hash.indexOf('?');
  if (mark === -1) return `#${cleanQuery(hash.slice(1))}`;
  return cleanPath(hash.slice(0, mark + 1)) + cleanQuery(hash.slice(mark + 1));
};

const KEPT = new Set(['https:', 'http:', 'android-app:', 'ios-app:']);

/**
 * What is stored of the address of a page or a referrer: no user and password, no fragment but one with UTM parameters,
 * at most 2,000 characters. Values of parameters that look like secrets, and e-mail addresses anywhere, become `***`.
 *
 * @returns empty when it is no address of a page or an app
 */
export const trimUrl = (text: string): string => {
  const url = parseUrl(text);
  if (url === undefined || !KEPT.has(url.protocol)) return '';
  const query = cleanQuery(url.search.slice(1));
  const search = query === '' ? '' : `?${query}`;
  const whole = `${url.protocol}//${url.host}${cleanPath(url.pathname)}${search}${cleanFragment(url.hash)}`;
  // Not in the middle of an escape.
  return whole.length <= STORED_CHARACTERS
    ? whole
    : whole.slice(0, STORED_CHARACTERS).replace(/%[0-9A-F]?$/i, '');
};
