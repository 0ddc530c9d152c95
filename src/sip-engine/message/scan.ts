import { isAll, parseDecimal, TOKEN } from './characters.ts';
import { headerName } from './names.ts';
import type { HeaderField, ParseLimits } from './types.ts';

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly version: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** A head cut into lines. `problem` is the first thing wrong with it; what was readable is there all the same. */
export type Head = {
  readonly startLine: string;
  readonly fields: readonly HeaderField[];
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
  if (!/^SIP\//i.test(line)) return requestLine(line);
  if (line.slice(0, 8).toUpperCase() !== 'SIP/2.0 ') return undefined;
  const status =
    line.length > 11 && line.charAt(11) !== ' ' ? undefined : parseDecimal(line.slice(8, 11), 699);
  if (status === undefined || status < 100) return undefined;
  return { kind: 'response', status, reason: line.slice(12).trim() };
};

/** A line without stray CR or LF, which would become line ends of their own further up. */
const clean = (line: string): string =>
  line.includes('\n') || line.includes('\r') ? line.replace(/[\r\n]/g, ' ') : line;

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

const unfold = (line: string): string =>
  line
    .split('\r\n')
    .map((part) => part.trim())
    .join(' ')
    .trim();

/** Reads one line as a header and adds it; says what is wrong where it is none. */
const addField = (fields: HeaderField[], line: string): string | undefined => {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).trimEnd();
  if (!isAll(name, TOKEN)) return 'Malformed header line';
  // An escaped name is an unknown header (RFC 4475 3.1.1.5), but lenient readers would unescape it into a known one.
  if (name.includes('%')) return undefined;
  const { key, name: spelling } = headerName(name);
  fields.push({ key, name: spelling, value: line.slice(colon + 1).trim() });
  return undefined;
};

/**
 * Cuts the head of a message (all before the empty line, without it) into start line and header fields, compact names
 * expanded, folds removed. Linear in its length.
 */
export const scanHead = (text: string, limits: ParseLimits): Head => {
  let problem: string | undefined;
  const firstEnd = text.indexOf('\r\n');
  const startLine = firstEnd < 0 ? text : text.slice(0, firstEnd);
  if (startLine.length > limits.line) problem = 'Start line too long';
  const fields: HeaderField[] = [];
  let position = firstEnd < 0 ? text.length : firstEnd + 2;
  let lines = 0;
  while (position < text.length) {
    const plain = plainLineEnd(text, position);
    const end = plain < 0 ? lineEnd(text, position) : plain;
    let line = text.slice(position, end);
    position = end + 2;
    lines += 1;
    if (lines > limits.headers) {
      problem ??= 'Too many header lines';
      break;
    }
    if (plain < 0 && line.includes('\r\n')) line = unfold(line);
    if (line.length > limits.line) {
      problem ??= 'Header line too long';
      continue;
    }
    if (plain < 0 && clean(line) !== line) {
      problem ??= 'Stray line end in a header';
      line = clean(line);
    }
    const wrong = addField(fields, line);
    problem ??= wrong;
  }
  return {
    startLine: clean(startLine),
    fields,
    problem: problem ?? (clean(startLine) === startLine ? undefined : 'Stray line end'),
  };
};
