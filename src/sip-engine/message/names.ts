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
  'Min-SE',
  'RAck',
  'RSeq',
  'SIP-ETag',
  'SIP-If-Match',
  'Remote-Party-ID',
  'WWW-Authenticate',
  'P-Associated-URI',
  'P-Called-Party-ID',
  'P-Profile-Key',
  'P-Visited-Network-ID',
  'Policy-ID',
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
  'accept-resource-priority',
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
  'p-visited-network-id',
  'path',
  'proxy-require',
  'reason',
  'recv-info',
  'record-route',
  'reject-contact',
  'request-disposition',
  'require',
  'resource-priority',
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

/** What the parser does with a header, beyond passing it on. */
export const ROLE = {
  none: 0,
  via: 1,
  /** Addresses that dialogs are built from. */
  address: 2,
  from: 3,
  to: 4,
  callId: 5,
  cseq: 6,
  maxForwards: 7,
  contentLength: 8,
  date: 9,
} as const;

const ROLES: ReadonlyMap<string, number> = new Map([
  ['via', ROLE.via],
  ['from', ROLE.from],
  ['to', ROLE.to],
  ['call-id', ROLE.callId],
  ['cseq', ROLE.cseq],
  ['max-forwards', ROLE.maxForwards],
  ['content-length', ROLE.contentLength],
  ['contact', ROLE.address],
  ['route', ROLE.address],
  ['record-route', ROLE.address],
  ['date', ROLE.date],
]);

export type HeaderName = {
  /** Long name in lower case. */
  readonly key: string;
  /** Usual spelling. */
  readonly name: string;
  /** Whether a line may hold several values. */
  readonly list: boolean;
  /** With a `%` in it, which lenient readers take for an escape. */
  readonly escaped: boolean;
  /** One of `ROLE`. */
  readonly role: number;
};

const capitalised = (key: string): string => key.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());

const spellings = new Map(SPELLINGS.map((name) => [name.toLowerCase(), name]));

const describe = (text: string): HeaderName => {
  const lower = text.toLowerCase();
  const key = (lower.length === 1 ? COMPACT[lower] : undefined) ?? lower;
  // Extension names in `X-` are the sender's own: left as they are.
  const name = key.startsWith('x-') ? text : (spellings.get(key) ?? capitalised(key));
  const role = ROLES.get(key) ?? ROLE.none;
  return { key, name, list: LISTS.has(key), escaped: key.includes('%'), role };
};

const FREQUENT: readonly string[] = [
  ...ROLES.keys(),
  ...LISTS,
  ...SPELLINGS.map((name) => name.toLowerCase()),
  ...Object.values(COMPACT),
  ...Object.keys(COMPACT),
  'authorization',
  'content-disposition',
  'expires',
  'identity',
  'min-expires',
  'organization',
  'p-access-network-info',
  'p-charging-vector',
  'privacy',
  'proxy-authenticate',
  'proxy-authorization',
  'replaces',
  'retry-after',
  'server',
  'subscription-state',
  'timestamp',
  'user-agent',
  'warning',
];

type Known = HeaderName & {
  /** In lower case, as it stands in messages: the long name or the compact form. */
  readonly written: string;
};

// Fixed at load: names from the network never make it grow. Twice as many slots as names, each at most a few steps away.
const SLOTS = 512;
const known: (Known | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);

const LOWER = 0x20;

/** The hash of a name so far and one more character of it, in either case. */
export const hashStep = (hash: number, code: number): number => (Math.imul(hash, 31) + (code | LOWER)) | 0;

const slotOf = (hash: number): number => (hash ^ (hash >>> 9)) & (SLOTS - 1);

const isWritten = (written: string, text: string, from: number): boolean => {
  for (let at = 0; at < written.length; at += 1)
    if ((text.charCodeAt(from + at) | LOWER) !== written.charCodeAt(at)) return false;
  return true;
};

for (const written of new Set(FREQUENT)) {
  let hash = 0;
  for (const character of written) hash = hashStep(hash, character.charCodeAt(0));
  let slot = slotOf(hash);
  while (known[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1);
  known[slot] = { ...describe(written), written };
}

/** The usual spellings, long and compact, by length, first and last character; of two in one place (that is one pair) the first. */
const PLACES = 2048;
const usual: (Known | undefined)[] = new Array<undefined>(PLACES).fill(undefined);

const placeOf = (text: string, from: number, end: number): number =>
  (text.charCodeAt(from) + text.charCodeAt(end - 1) * 11 + (end - from) * 29) & (PLACES - 1);

for (const written of new Set(FREQUENT)) {
  const known = describe(written);
  const spelling = written.length === 1 ? written : known.name;
  usual[placeOf(spelling, 0, spelling.length)] ??= { ...known, written: spelling };
}

/** The header whose name stands between two positions, when it is written as usual; a short cut of `headerNameAt`. */
export const usualNameAt = (text: string, from: number, end: number): HeaderName | undefined => {
  const entry = usual[placeOf(text, from, end)];
  return entry !== undefined && entry.written.length === end - from && text.startsWith(entry.written, from)
    ? entry
    : undefined;
};

/** Key, spelling and kind of the token that stands between two positions; `hash` is that of all its characters. */
export const headerNameAt = (text: string, from: number, end: number, hash: number): HeaderName => {
  let slot = slotOf(hash);
  for (let entry = known[slot]; entry !== undefined; entry = known[slot]) {
    if (entry.written.length === end - from && isWritten(entry.written, text, from)) return entry;
    slot = (slot + 1) & (SLOTS - 1);
  }
  return describe(text.slice(from, end));
};

/** Key, spelling and kind of a header name in any case or compact form. */
export const headerName = (text: string): HeaderName => {
  let hash = 0;
  for (let position = 0; position < text.length; position += 1)
    hash = hashStep(hash, text.charCodeAt(position));
  return headerNameAt(text, 0, text.length, hash);
};

/** Long name in lower case: `i`, `CALL-ID` and `Call-Id` all give `call-id`. */
export const headerKey = (text: string): string => headerName(text).key;

/** Usual spelling for the wire; unknown names get capitals at the start and after hyphens, `X-…` stays as it is. */
export const canonicalName = (text: string): string => headerName(text).name;

/** Whether a line of this header (by key) may hold several values apart by commas. */
export const isListHeader = (key: string): boolean => LISTS.has(key);
