/** Header names: compact forms (RFC 3261 7.3.3, IANA registry "SIP Parameters") and usual spellings. */

const COMPACT: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** Names whose usual spelling is not just capitals at the start and after hyphens. */
const SPELLINGS: readonly string[] = [
  'Call-ID',
  'CSeq',
  'MIME-Version',
  'RAck',
  'RSeq',
  'SIP-ETag',
  'SIP-If-Match',
  'WWW-Authenticate',
  'P-DCS-OSPS',
  'P-DCS-Billing-Info',
  'P-DCS-Redirect',
  'P-DCS-LAES',
  'User-to-User',
  'AlertMsg-Error',
];

/** Headers of which each line may hold several values apart by commas (RFC 3261 7.3.1, RFC 3325, 3327, 5806, 7044). */
const LISTS: ReadonlySet<string> = new Set([
  'accept',
  'accept-contact',
  'accept-encoding',
  'accept-language',
  'alert-info',
  'allow',
  'allow-events',
  'call-info',
  'contact',
  'content-encoding',
  'content-language',
  'diversion',
  'error-info',
  'geolocation',
  'history-info',
  'in-reply-to',
  'p-asserted-identity',
  'p-associated-uri',
  'p-early-media',
  'p-preferred-identity',
  'path',
  'proxy-require',
  'reason',
  'record-route',
  'reject-contact',
  'request-disposition',
  'require',
  'route',
  'security-client',
  'security-server',
  'security-verify',
  'service-route',
  'supported',
  'unsupported',
  'via',
  'warning',
]);

export type HeaderName = {
  /** Long name in lower case. */
  readonly key: string;
  /** Usual spelling. */
  readonly name: string;
  /** Whether a line may hold several values. */
  readonly list: boolean;
};

const capitalised = (key: string): string => {
  let name = '';
  let upper = true;
  for (const character of key) {
    name += upper ? character.toUpperCase() : character;
    upper = character === '-';
  }
  return name;
};

const spellings = new Map(SPELLINGS.map((name) => [name.toLowerCase(), name]));

const describe = (text: string): HeaderName => {
  const lower = text.toLowerCase();
  const key = (lower.length === 1 ? COMPACT[lower] : undefined) ?? lower;
  // Extension names in `X-` are the sender's own: left as they are.
  const name = key.startsWith('x-') ? text : (spellings.get(key) ?? capitalised(key));
  return { key, name, list: LISTS.has(key) };
};

const FREQUENT: readonly string[] = [
  ...SPELLINGS,
  ...[...LISTS, ...Object.values(COMPACT)].flatMap((key) => [key, capitalised(key)]),
  ...Object.keys(COMPACT),
  ...[
    'max-forwards',
    'user-agent',
    'server',
    'date',
    'expires',
    'min-se',
    'min-expires',
    'organization',
  ].flatMap((key) => [key, capitalised(key)]),
  ...[
    'authorization',
    'proxy-authorization',
    'proxy-authenticate',
    'content-disposition',
    'timestamp',
  ].flatMap((key) => [key, capitalised(key)]),
  ...[
    'privacy',
    'remote-party-id',
    'retry-after',
    'replaces',
    'p-charging-vector',
    'p-called-party-id',
  ].flatMap((key) => [key, capitalised(key)]),
  'call-id',
  'cseq',
  'www-authenticate',
  'rack',
  'rseq',
];

// Fixed at load: names from the network never make it grow.
const known: ReadonlyMap<string, HeaderName> = new Map(FREQUENT.map((text) => [text, describe(text)]));

/** Key, spelling and kind of a header name in any case or compact form. */
export const headerName = (text: string): HeaderName => known.get(text) ?? describe(text);

/** Long name in lower case: `i`, `CALL-ID` and `Call-Id` all give `call-id`. */
export const headerKey = (text: string): string => headerName(text).key;

/** Usual spelling for the wire; unknown names get capitals at the start and after hyphens, `X-…` stays as it is. */
export const canonicalName = (text: string): string => headerName(text).name;

/** Whether a line of this header (by key) may hold several values apart by commas. */
export const isListHeader = (key: string): boolean => LISTS.has(key);
