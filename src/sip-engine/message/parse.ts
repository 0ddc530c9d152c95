import { parseNameAddress, splitAtCommas, withOneTag, withQuotedDisplay } from './address.ts';
import { isAll, parseDecimal, TOKEN } from './characters.ts';
import { isListHeader } from './names.ts';
import { parseStartLine, type StartLine, scanHead } from './scan.ts';
import type { HeaderField, MessageCore, NameAddress, ParseLimits, ParseResult, Via } from './types.ts';
import { parseUri } from './uri.ts';
import { parseVia } from './via.ts';

/** Far above what peers send, far below what costs time: an ordinary INVITE has 15 headers and 1.5 kB. */
export const DEFAULT_LIMITS: ParseLimits = {
  message: 65_536,
  line: 8_192,
  headers: 100,
  items: 50,
  vias: 20,
};

/** List items that all headers of a message may have together, as a multiple of those of one line. */
const LINES_OF_ITEMS = 5;

const MAX_CSEQ = 0x7fff_ffff;

/** RFC 3261 20: at most one of each, by a bit of its own; the others may be split over several lines. */
const SINGLE: ReadonlyMap<string, number> = new Map(
  ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length'].map((key, index) => [key, 1 << index]),
);

/** Headers of addresses that are checked when they are there, because dialogs are built from them. */
const ADDRESSES: ReadonlySet<string> = new Set(['contact', 'route', 'record-route']);

/** What is wrong with a message: the status for a request and a reason phrase free of the sender's text. */
type Fault = { readonly status: number; readonly reason: string };

const fault = (reason: string, status = 400): Fault => ({ status, reason });

const isFault = (value: object): value is Fault => 'status' in value;

const commas = (value: string, most: number): number => {
  let count = 0;
  for (let at = value.indexOf(','); at >= 0 && count <= most; at = value.indexOf(',', at + 1)) count += 1;
  return count;
};

const checkCounts = (fields: readonly HeaderField[], limits: ParseLimits): Fault | undefined => {
  let total = 0;
  let seen = 0;
  for (const { key, value } of fields) {
    const bit = SINGLE.get(key) ?? 0;
    if ((seen & bit) !== 0) return fault(`Repeated ${key} header`);
    seen |= bit;
    if (!value.includes(',') || !isListHeader(key)) continue;
    const count = commas(value, limits.items * LINES_OF_ITEMS);
    if (count >= limits.items && splitAtCommas(value, limits.items + 1).length > limits.items)
      return fault('Too many items in a header');
    total += count;
    if (total > limits.items * LINES_OF_ITEMS) return fault('Too many items in the headers');
  }
  return undefined;
};

const findValue = (fields: readonly HeaderField[], key: string): string | undefined => {
  for (const field of fields) if (field.key === key) return field.value;
  return undefined;
};

/** Reads all Via values and gives the top one. */
const readVias = (fields: readonly HeaderField[], limits: ParseLimits): Via | Fault => {
  let top: Via | undefined;
  let count = 0;
  for (const { key, value } of fields) {
    if (key !== 'via') continue;
    for (const item of splitAtCommas(value)) {
      const via = parseVia(item);
      if (!via) return fault('Malformed Via header');
      top ??= via;
      count += 1;
    }
  }
  if (count > limits.vias) return fault('Too many Via headers');
  return top ?? fault('Missing Via header');
};

/** Call-IDs end up in lines parted by `|` and blanks; neither they nor anything above ASCII may be in
 * them (RFC 3261 25.1 `callid`). */
const isCallId = (text: string): boolean => {
  for (let position = 0; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code <= 0x20 || code === 0x7c || code >= 0x7f) return false;
  }
  return text.length > 0;
};

const readCSeq = (value: string): MessageCore['cseq'] | undefined => {
  const match = /^(\d+)[ \t]+(\S+)$/.exec(value);
  const number = parseDecimal(match?.[1] ?? '', MAX_CSEQ);
  const method = match?.[2] ?? '';
  return number === undefined || !isAll(method, TOKEN) ? undefined : { number, method };
};

/** A tag must be there with a value or not at all, in plain ASCII; quotes would make two spellings of one tag. */
const readTag = (address: NameAddress): string | undefined => {
  const tag = address.parameters.get('tag');
  if (tag === undefined) return '';
  return tag === '' || /[^!#-~]/.test(tag) ? undefined : tag;
};

const readParty = (value: string | undefined, name: string): { readonly tag: string } | Fault => {
  if (value === undefined) return fault(`Missing ${name} header`);
  const address = parseNameAddress(value);
  const tag = address && readTag(address);
  return tag === undefined ? fault(`Malformed ${name} header`) : { tag };
};

const readCore = (fields: readonly HeaderField[], limits: ParseLimits): MessageCore | Fault => {
  const via = readVias(fields, limits);
  if (isFault(via)) return via;
  const from = readParty(findValue(fields, 'from'), 'From');
  if (isFault(from)) return from;
  const to = readParty(findValue(fields, 'to'), 'To');
  if (isFault(to)) return to;
  const callId = findValue(fields, 'call-id');
  if (callId === undefined) return fault('Missing Call-ID header');
  if (!isCallId(callId)) return fault('Malformed Call-ID header');
  const cseqValue = findValue(fields, 'cseq');
  if (cseqValue === undefined) return fault('Missing CSeq header');
  const cseq = readCSeq(cseqValue);
  if (!cseq) return fault('Malformed CSeq header');
  return { callId, fromTag: from.tag, toTag: to.tag, cseq, via };
};

const isSoundAddressField = ({ key, value }: HeaderField, method: string): boolean => {
  if (key === 'contact' && value === '*') return method === 'REGISTER';
  return splitAtCommas(value).every((item) => parseNameAddress(item) !== undefined);
};

const checkRequest = (
  line: Extract<StartLine, { kind: 'request' }>,
  fields: readonly HeaderField[],
  core: MessageCore,
) => {
  if (core.cseq.method !== line.method) return fault('CSeq method does not match');
  const uri = parseUri(line.uri);
  // RFC 3261 19.1.1: no headers in a Request-URI.
  if (uri?.headers !== '') return fault('Malformed Request-URI');
  const hops = findValue(fields, 'max-forwards');
  if (hops !== undefined && parseDecimal(hops, 255) === undefined)
    return fault('Malformed Max-Forwards header');
  for (const field of fields) {
    if (ADDRESSES.has(field.key) && !isSoundAddressField(field, line.method))
      return fault(`Malformed ${field.name} header`);
  }
  return undefined;
};

const EMPTY = Buffer.alloc(0);

const readBody = (bytes: Buffer, from: number, fields: readonly HeaderField[]): Buffer | Fault => {
  const value = findValue(fields, 'content-length');
  const length = value === undefined ? bytes.length - from : parseDecimal(value, 0xffff_ffff);
  if (length === undefined) return fault('Malformed Content-Length header');
  if (from + length > bytes.length) return fault('Body shorter than Content-Length');
  return length === 0 ? EMPTY : bytes.subarray(from, from + length);
};

const COPIED: ReadonlySet<string> = new Set(['via', 'from', 'to', 'call-id', 'cseq']);

/** RFC 3261 8.2.6.2: all Via, one each of the others. */
const copied = (fields: readonly HeaderField[]): HeaderField[] => {
  const seen = new Set<string>();
  return fields.filter(({ key }) => {
    if (!COPIED.has(key) || seen.has(key)) return false;
    if (key !== 'via') seen.add(key);
    return true;
  });
};

const refuse = (line: StartLine, fields: readonly HeaderField[], { status, reason }: Fault): ParseResult => {
  // An ACK is never answered, nor is a response, nor what names no way back.
  const answerable =
    line.kind === 'request' && line.method !== 'ACK' && fields.some(({ key }) => key === 'via');
  if (!answerable) return { ok: false, action: 'drop', reason };
  return {
    ok: false,
    action: 'reject',
    status,
    reason,
    request: { method: line.method, headers: copied(fields) },
  };
};

const checkVersion = (line: StartLine): Fault | undefined => {
  if (line.kind === 'response' || line.version.toUpperCase() === 'SIP/2.0') return undefined;
  return /^SIP\/\d+\.\d+$/i.test(line.version)
    ? fault('Version Not Supported', 505)
    : fault('Malformed Request-Line');
};

const soundParty = (value: string): string => withOneTag(withQuotedDisplay(value));

const needsRepair = ({ key, value }: HeaderField): boolean =>
  (key === 'from' || key === 'to') && soundParty(value) !== value;

/** Names of From and To that strict readers refuse are quoted, and repeated tags dropped. */
const withSoundParties = (fields: readonly HeaderField[]): readonly HeaderField[] => {
  if (!fields.some(needsRepair)) return fields;
  return fields.map((field) => (needsRepair(field) ? { ...field, value: soundParty(field.value) } : field));
};

const EMPTY_LINE = Buffer.from('\r\n\r\n');

/** Skips the empty lines that may precede a message (RFC 3261 7.5). */
const messageStart = (bytes: Buffer): number => {
  let start = 0;
  while (bytes[start] === 0x0d && bytes[start + 1] === 0x0a) start += 2;
  return start;
};

/**
 * Reads one message: a datagram, or a frame cut from a stream. Never throws; takes time linear in the size.
 *
 * A message that comes out is safe to pass on: one readable From, To, Call-ID, CSeq and at least one Via, all readable,
 * tags and Call-ID free of `|` and blanks, Contact, Route and Record-Route readable (in a response those that aren't are
 * left out), body of exactly Content-Length bytes, surplus cut (RFC 3261 18.3). The body shares memory with `bytes`.
 *
 * Refused requests carry 400, 505 (version) or 513 (size), with a reason phrase that names the header. An unknown URI
 * scheme is no fault here.
 */
export const parseMessage = (bytes: Buffer, limits: ParseLimits = DEFAULT_LIMITS): ParseResult => {
  const start = messageStart(bytes);
  const within = Math.min(bytes.length, start + limits.message);
  const blank = bytes.indexOf(EMPTY_LINE, start);
  const headEnd = blank < 0 || blank > within ? within : blank;
  const text = bytes.toString('utf8', start, headEnd);
  const line1 = text.indexOf('\r\n');
  const line = parseStartLine(line1 < 0 ? text : text.slice(0, line1));
  if (!line) return { ok: false, action: 'drop', reason: 'Not a SIP message' };
  const head = scanHead(text, limits);
  const fields = withSoundParties(head.fields);
  const early =
    (bytes.length - start > limits.message ? fault('Message Too Large', 513) : undefined) ??
    checkVersion(line) ??
    (head.problem === undefined ? undefined : fault(head.problem)) ??
    (headEnd !== blank ? fault('Missing empty line') : undefined) ??
    checkCounts(fields, limits);
  if (early) return refuse(line, fields, early);
  const core = readCore(fields, limits);
  if (isFault(core)) return refuse(line, fields, core);
  const body = readBody(bytes, headEnd + 4, fields);
  if (isFault(body)) return refuse(line, fields, body);
  if (line.kind === 'response') {
    const headers = fields.filter(
      (field) => !ADDRESSES.has(field.key) || isSoundAddressField(field, core.cseq.method),
    );
    const { status, reason } = line;
    return { ok: true, message: { kind: 'response', status, reason, headers, body, core } };
  }
  const wrong = checkRequest(line, fields, core);
  if (wrong) return refuse(line, fields, wrong);
  const { method, uri } = line;
  return { ok: true, message: { kind: 'request', method, uri, headers: fields, body, core } };
};
