import { classesOf, decimalAt, isAll, skipBlanks, skipBlanksBack, TOKEN } from './characters.ts';
import { type HeaderName, hashStep, headerName, headerNameAt, ROLE, usualNameAt } from './names.ts';
import type { HeaderField, ParseLimits } from './types.ts';

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly version: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/**
 * A field that the parser looks into, and where its value stands: in the text of the whole head for nearly all (reading
 * there is twice as fast as in a string cut out of it), else in a text of its own.
 */
export type Mark = {
  readonly header: HeaderName;
  /** Of the field in `fields`. */
  readonly index: number;
  readonly text: string;
  readonly from: number;
  readonly end: number;
};

/** A head cut into lines. `problem` is the first thing wrong with it; what was readable is there all the same. */
export type Head = {
  readonly fields: HeaderField[];
  readonly marks: readonly Mark[];
  readonly problem: string | undefined;
};

/** Reads a request line strictly: one blank each between method, URI and version (RFC 3261 7.1, RFC 4475 3.1.2.8-10). */
const requestLine = (line: string): StartLine | undefined => {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first <= 0) return undefined;
  const method = line.slice(0, first);
  if (!isAll(method, TOKEN)) return undefined;
  return {
    kind: 'request',
    method,
    uri: line.slice(first + 1, Math.max(first + 1, last)),
    version: line.slice(last + 1),
  };
};

/** Reads a start line; undefined when it is neither a request's nor a SIP/2.0 response's. */
export const parseStartLine = (line: string): StartLine | undefined => {
  if (line.charCodeAt(3) !== 0x2f || !/^SIP\//i.test(line)) return requestLine(line);
  if (line.slice(0, 8).toUpperCase() !== 'SIP/2.0 ') return undefined;
  const status =
    line.length > 11 && line.charAt(11) !== ' '
      ? undefined
      : decimalAt(line, 8, Math.min(11, line.length), 699);
  if (status === undefined || status < 100) return undefined;
  return { kind: 'response', status, reason: line.slice(12).trim() };
};

// What other scripts have for line ends would be one further up.
const LINE_ENDS = /[\r\n\u2028\u2029]/g;

const BEYOND_ASCII = /[\x80-\xff]/;

/** The text of bytes that were read one character each, as UTF-8; what isn't becomes U+FFFD. */
export const decoded = (latin: string): string =>
  Buffer.from(latin, 'latin1').toString('utf8').replace(LINE_ENDS, ' ');

const isFolded = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x09;
};

/** The end of the (perhaps folded) header line at `from`: the position of its CRLF, or the end of the text. */
const lineEnd = (text: string, from: number): number => {
  let end = text.indexOf('\r\n', from);
  while (end >= 0 && isFolded(text, end + 2)) end = text.indexOf('\r\n', end + 2);
  return end < 0 ? text.length : end;
};

/** The same where the line is as nearly all are, in one piece and without stray CR or LF; -1 where it needs a closer look. */
const plainLineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\r', from);
  const feed = text.indexOf('\n', from);
  return end >= 0 && feed === end + 1 && !isFolded(text, end + 2) ? end : -1;
};

const withoutBlanks = (text: string): string => {
  const from = skipBlanks(text, 0, text.length);
  return text.slice(from, skipBlanksBack(text, from, text.length));
};

const unfold = (line: string): string => line.split('\r\n').map(withoutBlanks).join(' ');

/** The name of the header line read last and where its value begins: one for all lines, so that reading makes no garbage. */
const place = { known: headerName('via'), value: 0 };

/** Finds name and colon of the header line at `from`; false when there is none. */
const findName = (text: string, from: number, end: number): boolean => {
  const first = text.indexOf(':', from);
  const usual = first > from && first < end ? usualNameAt(text, from, first) : undefined;
  if (usual !== undefined) {
    place.known = usual;
    place.value = first + 1;
    return true;
  }
  let position = from;
  let hash = 0;
  for (; position < end; position += 1) {
    const code = text.charCodeAt(position);
    if ((classesOf(code) & TOKEN) === 0) break;
    hash = hashStep(hash, code);
  }
  const colon = skipBlanks(text, position, end);
  if (position === from || colon >= end || text.charCodeAt(colon) !== 0x3a) return false;
  place.known = headerNameAt(text, from, position, hash);
  place.value = colon + 1;
  return true;
};

type Scan = {
  readonly fields: HeaderField[];
  readonly marks: Mark[];
  problem: string | undefined;
  /** Whether there may be characters beyond ASCII. */
  readonly wide: boolean;
  readonly limits: ParseLimits;
};

/** Adds the header line between two positions. */
const addLine = (scan: Scan, line: string, from: number, lineEnd: number): void => {
  if (!findName(line, from, lineEnd)) {
    scan.problem ??= 'Malformed header line';
    return;
  }
  const header = place.known;
  const { key, name, escaped } = header;
  // An escaped name is an unknown header (RFC 4475 3.1.1.5), but lenient readers would unescape it into a known one.
  if (escaped) return;
  const start = skipBlanks(line, place.value, lineEnd);
  const end = skipBlanksBack(line, start, lineEnd);
  const latin = line.slice(start, end);
  const value = scan.wide && BEYOND_ASCII.test(latin) ? withoutBlanks(decoded(latin)) : latin;
  const index = scan.fields.push({ key, name, value }) - 1;
  // Not even made of commas could a short list have too many items.
  if (header.role === ROLE.none && !(header.list && latin.length >= scan.limits.items)) return;
  const own = value !== latin;
  scan.marks.push(
    own
      ? { header, index, text: value, from: 0, end: value.length }
      : { header, index, text: line, from: start, end },
  );
};

/** Adds a line that is folded or has stray line ends in it. */
const addOddLine = (scan: Scan, line: string): void => {
  const unfolded = unfold(line);
  const clean = unfolded.replace(LINE_ENDS, ' ');
  if (clean !== unfolded) scan.problem ??= 'Stray line end in a header';
  if (clean.length > scan.limits.line) scan.problem ??= 'Header line too long';
  else addLine(scan, clean, 0, clean.length);
};

/**
 * Cuts the head of a message (all before the empty line, without it) into header fields, compact names expanded, folds
 * removed. `from` is where the first header line begins, `wide` whether there may be characters beyond ASCII. Linear.
 */
export const scanHead = (text: string, from: number, wide: boolean, limits: ParseLimits): Head => {
  const scan: Scan = { fields: [], marks: [], problem: undefined, wide, limits };
  let position = from;
  for (let lines = 1; position < text.length; lines += 1) {
    if (lines > limits.headers) {
      scan.problem ??= 'Too many header lines';
      break;
    }
    const plain = plainLineEnd(text, position);
    const end = plain < 0 ? lineEnd(text, position) : plain;
    if (plain < 0) addOddLine(scan, text.slice(position, end));
    else if (end - position > limits.line) scan.problem ??= 'Header line too long';
    else addLine(scan, text, position, end);
    position = end + 2;
  }
  return scan;
};
