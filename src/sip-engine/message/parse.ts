import { isAscii } from 'node:buffer';
import { itemEnd, parseNameAddress } from './address.ts';
import { decimalAt } from './characters.ts';
import { checkAddresses, type Fault, fault, isFault, readCore, type Singles } from './core.ts';
import { ROLE } from './names.ts';
import { withLineEnds } from './repair.ts';
import { decoded, type Head, type Mark, parseStartLine, type StartLine, scanHead } from './scan.ts';
import type { HeaderField, MessageCore, ParseLimits, ParseResult } from './types.ts';
import { isRequestUri } from './uri.ts';
import { isUsualRequestUri } from './usual.ts';

/** Far above what peers send, far below what costs time: an ordinary INVITE has 15 headers and 1.5 kB. */
export const DEFAULT_LIMITS: ParseLimits = {
  message: 65_535,
  line: 8_192,
  headers: 256,
  items: 50,
  vias: 100,
};

/** List items that all headers of a message may have together, as a multiple of those of one line. */
const LINES_OF_ITEMS = 5;

/** A place for each role. */
const NONE: Readonly<Singles> = Object.keys(ROLE).map(() => undefined);

/** Items of a list, at most one more than `most`. */
const countItems = ({ text, from, end }: Mark, most: number): number => {
  let count = 1;
  for (let at = text.indexOf(',', from); at >= 0 && at < end && count <= most; at = text.indexOf(',', at + 1))
    count += 1;
  if (count <= most) return count;
  // Some of the commas may be none of the list's.
  count = 0;
  for (let position = from; position <= end && count <= most; count += 1)
    position = itemEnd(text, position, end) + 1;
  return count;
};

/** Counts what may be there a limited number of times, and gathers what may be there once. */
const checkCounts = (marks: readonly Mark[], singles: Singles, limits: ParseLimits): Fault | undefined => {
  let total = 0;
  for (const mark of marks) {
    const { role, list, key } = mark.header;
    if (role >= ROLE.from) {
      // RFC 3261 20: at most one of each of these. Of Dates the first counts.
      if (singles[role] === undefined) singles[role] = mark;
      else if (role !== ROLE.date) return fault(`Repeated ${key} header`);
    }
    if (!list) continue;
    const count = countItems(mark, limits.items);
    if (count > limits.items) return fault('Too many items in a header');
    total += count;
    if (total > limits.items * LINES_OF_ITEMS) return fault('Too many items in the headers');
  }
  return undefined;
};

/** RFC 3261 20.17 knows GMT alone, and a time in another zone would be read as another time (RFC 4475 3.1.2.12). */
const isSoundDate = (date: Mark | undefined): boolean =>
  date === undefined || /(?:GMT|UTC)$/i.test(date.text.slice(date.from, date.end));

/** An ACK finds its dialog by its tags: without it a call would die for the sake of a URI that nobody looks at. */
const isAckUri = ({ method, uri }: { readonly method: string; readonly uri: string }): boolean =>
  method === 'ACK' && !/[\s<>]/.test(uri);

/** The URI of a request; that of To where an ACK has none, for readers that need one. */
const requestUri = (uri: string, to: Mark | undefined): string =>
  uri === '' && to !== undefined ? (parseNameAddress(to.text.slice(to.from, to.end))?.uri.raw ?? uri) : uri;

const checkRequest = (
  line: Extract<StartLine, { kind: 'request' }>,
  singles: Singles,
  core: MessageCore,
): Fault | undefined => {
  if (core.cseq.method !== line.method) return fault('CSeq method does not match');
  if (!isUsualRequestUri(line.uri) && !isRequestUri(line.uri) && !isAckUri(line))
    return fault('Malformed Request-URI');
  const hops = singles[ROLE.maxForwards];
  if (hops !== undefined && decimalAt(hops.text, hops.from, hops.end, 255) === undefined)
    return fault('Malformed Max-Forwards header');
  return isSoundDate(singles[ROLE.date]) ? undefined : fault('Malformed Date header');
};

const EMPTY = Buffer.alloc(0);

const readBody = (bytes: Buffer, from: number, mark: Mark | undefined): Buffer | Fault => {
  const length =
    mark === undefined ? bytes.length - from : decimalAt(mark.text, mark.from, mark.end, 0xffff_ffff);
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
  if (line.kind === 'response' || line.version === 'SIP/2.0' || line.version.toUpperCase() === 'SIP/2.0')
    return undefined;
  return /^SIP\/\d+\.\d+$/i.test(line.version)
    ? fault('Version Not Supported', 505)
    : fault('Malformed Request-Line');
};

const EMPTY_LINE = Buffer.from('\r\n\r\n');

/** Skips the empty lines that may precede a message (RFC 3261 7.5). */
const messageStart = (bytes: Buffer): number => {
  let start = 0;
  while (bytes[start] === 0x0d && bytes[start + 1] === 0x0a) start += 2;
  return start;
};

/** What is wrong with a message as a whole, before its headers are looked into. */
const checkWhole = (
  line: StartLine,
  startLine: string,
  head: Head,
  limits: ParseLimits,
): Fault | undefined => {
  const wrong = checkVersion(line);
  if (wrong) return wrong;
  if (startLine.length > limits.line)
    return line.kind === 'request' ? fault('Request-URI Too Long', 414) : fault('Start line too long');
  if (startLine.includes('\r') || startLine.includes('\n')) return fault('Stray line end');
  return head.problem === undefined ? undefined : fault(head.problem);
};

/**
 * Reads one message: a datagram, or a frame cut from a stream. Never throws; takes time linear in the size.
 *
 * A message that comes out is safe to pass on: one readable From, To, Call-ID, CSeq and at least one Via, all readable,
 * tags and Call-ID free of `|` and blanks, Contact, Route and Record-Route readable (in a response those that aren't are
 * left out), body of exactly Content-Length bytes, surplus cut (RFC 3261 18.3). The body shares memory with `bytes`.
 *
 * Refused requests carry 400, 414 (start line), 505 (version) or 513 (size), with a reason phrase that names the header.
 * An unknown URI scheme is no fault here.
 */
export const parseMessage = (bytes: Buffer, limits: ParseLimits = DEFAULT_LIMITS): ParseResult => {
  const start = messageStart(bytes);
  const within = Math.min(bytes.length, start + limits.message);
  const blank = bytes.indexOf(EMPTY_LINE, start);
  const headEnd = blank < 0 || blank > within ? within : blank;
  // With the line end of the last header.
  const text = bytes.toString('latin1', start, headEnd === blank ? headEnd + 2 : headEnd);
  const wide = !isAscii(bytes);
  const lineEnd = text.indexOf('\r\n');
  const repaired = lineEnd < 0 ? withLineEnds(bytes) : undefined;
  if (repaired !== undefined) return parseMessage(repaired, limits);
  const plain = lineEnd < 0 ? text : text.slice(0, lineEnd);
  const startLine = wide ? decoded(plain) : plain;
  const line = parseStartLine(startLine);
  if (!line) return { ok: false, action: 'drop', reason: 'Not a SIP message' };
  const head = scanHead(text, lineEnd < 0 ? text.length : lineEnd + 2, wide, limits);
  const singles = NONE.slice();
  const early =
    (bytes.length - start > limits.message ? fault('Message Too Large', 513) : undefined) ??
    checkWhole(line, plain, head, limits) ??
    (headEnd !== blank ? fault('Missing empty line') : undefined) ??
    checkCounts(head.marks, singles, limits);
  if (early) return refuse(line, head.fields, early);
  const core = readCore(head, singles, limits, line.kind);
  if (isFault(core)) return refuse(line, head.fields, core);
  const body = readBody(bytes, headEnd + 4, singles[ROLE.contentLength]);
  if (isFault(body)) return refuse(line, head.fields, body);
  const wrong = line.kind === 'request' ? checkRequest(line, singles, core) : undefined;
  if (wrong) return refuse(line, head.fields, wrong);
  const unsound = checkAddresses(head, line.kind, core.cseq.method);
  if (unsound) return refuse(line, head.fields, fault(`Malformed ${unsound} header`));
  const headers = head.fields;
  if (line.kind === 'response') {
    const { status, reason } = line;
    return { ok: true, message: { kind: 'response', status, reason, headers, body, core } };
  }
  const { method } = line;
  const uri = requestUri(line.uri, singles[ROLE.to]);
  return { ok: true, message: { kind: 'request', method, uri, headers, body, core } };
};
