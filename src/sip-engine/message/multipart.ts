import { parseHeaderParameters, unquote } from './address.ts';
import { DEFAULT_LIMITS } from './parse.ts';
import { scanHead } from './scan.ts';
import type { HeaderField } from './types.ts';

/** One part of a multipart body. */
export type BodyPart = {
  readonly headers: readonly HeaderField[];
  /** Shares memory with the whole body. */
  readonly body: Buffer;
};

/** Far above what occurs: SDP, and one or two of ISUP, PIDF-LO, a resource list. */
const MOST_PARTS = 20;

/** RFC 2046 5.1.1 `boundary`. */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;

const boundaryOf = (contentType: string): string | undefined => {
  if (!/^multipart\s*\//i.test(contentType)) return undefined;
  const semicolon = contentType.indexOf(';');
  const parameters = semicolon < 0 ? undefined : parseHeaderParameters(contentType, semicolon);
  const boundary = unquote(parameters?.get('boundary') ?? '');
  return BOUNDARY.test(boundary) ? boundary : undefined;
};

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;

const skipBlankBytes = (bytes: Buffer, from: number): number => {
  let position = from;
  while (bytes[position] === 0x20 || bytes[position] === 0x09) position += 1;
  return position;
};

/** A delimiter line: where it begins (with the line end before it), where what follows begins, and whether it is the last. */
type Delimiter = { readonly from: number; readonly next: number; readonly last: boolean };

/** The delimiter at `from`, a position where `--boundary` stands; undefined when more of a word follows. */
const delimiterAt = (body: Buffer, from: number, after: number): Delimiter | undefined => {
  const last = body[after] === DASH && body[after + 1] === DASH;
  if (last) return { from, next: after + 2, last };
  const end = skipBlankBytes(body, after);
  return body[end] === CR && body[end + 1] === LF ? { from, next: end + 2, last } : undefined;
};

const nextDelimiter = (body: Buffer, mark: Buffer, from: number): Delimiter | undefined => {
  for (let at = body.indexOf(mark, from); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    const found = delimiterAt(body, at, at + mark.length);
    if (found !== undefined) return found;
  }
  return undefined;
};

const readPart = (bytes: Buffer): BodyPart | undefined => {
  const bare = bytes[0] === CR && bytes[1] === LF;
  const blank = bare ? 0 : bytes.indexOf('\r\n\r\n', 0, 'latin1');
  const text = bytes.toString('latin1', 0, blank < 0 ? bytes.length : blank);
  const { fields, problem } = scanHead(text, 0, true, DEFAULT_LIMITS);
  if (problem !== undefined) return undefined;
  const start = blank < 0 ? bytes.length : blank + (bare ? 2 : 4);
  return { headers: fields, body: bytes.subarray(start) };
};

/**
 * The parts of a multipart body in their order (RFC 2046 5.1), for example the SDP beside an ISUP part. Looks at each byte a
 * fixed number of times. A part that is multipart itself is left whole.
 *
 * @returns undefined when `contentType` is no multipart type with a boundary, when a delimiter or a part's headers are
 * broken, and above 20 parts
 */
export const multipartParts = (body: Buffer, contentType: string): readonly BodyPart[] | undefined => {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  const mark = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const isAtOnce = body.subarray(0, mark.length - 2).equals(mark.subarray(2));
  const atOnce = isAtOnce ? delimiterAt(body, 0, mark.length - 2) : undefined;
  let delimiter = atOnce ?? nextDelimiter(body, mark, 0);
  const parts: BodyPart[] = [];
  while (delimiter !== undefined && !delimiter.last) {
    // The line end of a delimiter is also that before the next.
    const next = nextDelimiter(body, mark, delimiter.next - 2);
    const part = next && readPart(body.subarray(delimiter.next, Math.max(delimiter.next, next.from)));
    if (part === undefined || parts.length === MOST_PARTS) return undefined;
    parts.push(part);
    delimiter = next;
  }
  return delimiter === undefined ? undefined : parts;
};
