import { randomToken } from '../../base/ids.ts';
import { parseHeaderParameters, parseNameAddress, splitHeaderList } from './address.ts';
import { header, headerValue } from './fields.ts';
import { reasonPhrase } from './reasons.ts';
import type { HeaderField, SipMessage, Via } from './types.ts';
import { parseVia, viaToString } from './via.ts';

/** A message to be written; every parsed message is one too. */
export type RequestDraft = {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly HeaderField[];
  readonly body?: Buffer;
};

export type ResponseDraft = {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly HeaderField[];
  readonly body?: Buffer;
};

export type MessageDraft = RequestDraft | ResponseDraft;

const startLine = (message: MessageDraft): string =>
  message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;

// Whatever a caller put in, one field stays one line: no header can be smuggled in.
const oneLine = (text: string): string =>
  text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, ' ') : text;

/** Start line and headers with the empty line behind them: long names, CRLF, a Content-Length that is right and last. */
const headText = (message: MessageDraft): string => {
  let head = `${oneLine(startLine(message))}\r\n`;
  for (const { key, name, value } of message.headers) {
    if (key !== 'content-length') head += `${name}: ${oneLine(value)}\r\n`;
  }
  return `${head}Content-Length: ${message.body?.length ?? 0}\r\n\r\n`;
};

/** The bytes of a message: long names, CRLF, an empty line, and a Content-Length that is always right and always last. */
export const serializeMessage = (message: MessageDraft): Buffer => {
  const head = headText(message);
  if (!message.body || message.body.length === 0) return Buffer.from(head, 'utf8');
  const headLength = Buffer.byteLength(head, 'utf8');
  const bytes = Buffer.allocUnsafe(headLength + message.body.length);
  bytes.write(head, 0, 'utf8');
  message.body.copy(bytes, headLength);
  return bytes;
};

/** The text of a message for people and for drachtio's protocol; bytes that aren't UTF-8 become U+FFFD. */
export const messageText = (message: MessageDraft): string => {
  const head = headText(message);
  return message.body && message.body.length > 0 ? head + message.body.toString('utf8') : head;
};

/** A new tag: 13 characters, above 77 random bits (RFC 3261 19.3 asks for 32). */
export const newTag = (): string => randomToken(13);

/** A new branch with the magic cookie (RFC 3261 8.1.1.7). */
export const newBranch = (): string => `z9hG4bK${randomToken(13)}`;

/** A From or To value with this tag, unless it has one already or can't be read. */
export const withTag = (value: string, tag: string): string => {
  const address = parseNameAddress(value);
  return !address || address.parameters.has('tag') ? value : `${value};tag=${tag}`;
};

const COPIED: ReadonlySet<string> = new Set(['via', 'from', 'to', 'call-id', 'cseq']);

export type ResponseOptions = {
  /** Reason phrase; left out: the usual one of the status. */
  readonly reason?: string;
  /** Put into To if it has no tag. Left out: a new one for all but 100. */
  readonly toTag?: string;
  /** Further headers, after the copied ones. */
  readonly headers?: readonly HeaderField[];
  readonly body?: Buffer;
};

/**
 * A response to a request, also to one that was refused by the parser. Via, From, To, Call-ID and CSeq are copied
 * (RFC 3261 8.2.6.2), Timestamp into a 100 (8.2.6.1).
 */
export const buildResponse = (
  request: { readonly headers: readonly HeaderField[] },
  status: number,
  options: ResponseOptions = {},
): ResponseDraft => {
  const toTag = options.toTag ?? (status === 100 ? '' : newTag());
  const headers: HeaderField[] = [];
  for (const field of request.headers) {
    if (field.key === 'to' && toTag !== '') headers.push({ ...field, value: withTag(field.value, toTag) });
    else if (COPIED.has(field.key) || (status === 100 && field.key === 'timestamp')) headers.push(field);
  }
  if (options.headers) headers.push(...options.headers);
  const draft = {
    kind: 'response',
    status,
    reason: options.reason ?? reasonPhrase(status),
    headers,
  } as const;
  return options.body ? { ...draft, body: options.body } : draft;
};

/** The Via value with `received` and `rport` set to where the request really came from (RFC 3261 18.2.1, RFC 3581 4). */
const stampedVia = (via: Via, address: string, port: number): Via => ({
  transport: via.transport,
  host: via.host,
  port: via.port,
  branch: via.branch,
  parameters: new Map(via.parameters).set('received', address).set('rport', String(port)),
});

/** Puts a Via in the place of the top one. A line of several Vias is cut into one each. */
const replaceTopVia = (headers: readonly HeaderField[], via: Via): readonly HeaderField[] => {
  const at = headers.findIndex((field) => field.key === 'via');
  const field = header('Via', viaToString(via));
  const line = headers[at]?.value ?? '';
  if (!line.includes(',')) return headers.with(at, field);
  const others = splitHeaderList(line).slice(1);
  return headers.toSpliced(at, 1, field, ...others.map((value) => header('Via', value)));
};

/**
 * Headers with the top Via's `received` and `rport` filled in. A line of several Vias is cut into one each.
 * Headers whose top Via can't be read come back unchanged.
 */
export const stampTopVia = (
  headers: readonly HeaderField[],
  address: string,
  port: number,
): readonly HeaderField[] => {
  const [top] = splitHeaderList(headerValue({ headers }, 'via') ?? '');
  const via = top === undefined ? undefined : parseVia(top);
  return via ? replaceTopVia(headers, stampedVia(via, address, port)) : headers;
};

/** A request as it was received from `address`:`port`: top Via stamped, in the headers and in `core`. Responses are left as they are. */
export const stampReceived = (message: SipMessage, address: string, port: number): SipMessage => {
  if (message.kind === 'response') return message;
  const { kind, method, uri, body, core } = message;
  const via = stampedVia(core.via, address, port);
  const { callId, fromTag, toTag, cseq } = core;
  const headers = replaceTopVia(message.headers, via);
  return { kind, method, uri, headers, body, core: { callId, fromTag, toTag, cseq, via } };
};

/** The header that tells an application which page opened the WebSocket that a request came by. */
export const ORIGIN_HEADER = 'X-Dialtrace-Origin';
const ORIGIN_KEY = ORIGIN_HEADER.toLowerCase();

/** Longer ones, and what is no origin (RFC 6454 6.1), are not passed on. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#"<>]{1,250}$/i;

/** Puts the page's origin into a request in place of whatever the peer itself says there. */
export const stampOrigin = (
  headers: readonly HeaderField[],
  origin: string | undefined,
): readonly HeaderField[] => {
  const own = headers.some(({ key }) => key === ORIGIN_KEY)
    ? headers.filter(({ key }) => key !== ORIGIN_KEY)
    : headers;
  return origin !== undefined && ORIGIN.test(origin) ? [...own, header(ORIGIN_HEADER, origin)] : own;
};

/** The parameters of any header value after its first `;`, such as those of Event, Reason or Session-Expires. */
export const valueParameters = (value: string): ReadonlyMap<string, string> => {
  const semicolon = value.indexOf(';');
  return (semicolon < 0 ? undefined : parseHeaderParameters(value, semicolon)) ?? new Map<string, string>();
};

/** The whole number that begins a header value (Expires, RSeq, Session-Expires), or undefined. */
export const headerNumber = (
  message: { readonly headers: readonly HeaderField[] },
  key: string,
): number | undefined => {
  const digits = /^\d{1,10}(?=[\s;]|$)/.exec(headerValue(message, key) ?? '');
  return digits ? Number(digits[0]) : undefined;
};
