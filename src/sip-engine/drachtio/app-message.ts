import type { AppMessage } from '../dialog/types.ts';
import { headerName } from '../message/index.ts';
import type { HeaderField } from '../message/types.ts';

const NAME = /^[A-Za-z0-9-_]+$/;

/** Identifiers become fields of the protocol's lines, which know no escape. */
const CALL_ID = /^[^\s|]+$/;
const UNSOUND_TAG = /;\s*tag\s*=[^;,>]*\|/i;

/** A comma list of header names, as `DRACHTIO_PRESERVE_HEADER_NAMES` holds it, in lower case. */
export const preservedNames = (list: string | undefined): ReadonlySet<string> =>
  new Set((list ?? '').toLowerCase().split(/\s*,\s*/));

/** Names that go out as the application spells them (drachtio-server's and drachtio-srf's variable). */
const { DRACHTIO_PRESERVE_HEADER_NAMES } = process.env;
const PRESERVED = preservedNames(DRACHTIO_PRESERVE_HEADER_NAMES);

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const lineEnd = (text: string, from: number, end: number): number => {
  const found = text.indexOf('\r\n', from);
  return found < 0 || found > end ? end : found;
};

const isSound = (key: string, value: string): boolean => {
  if (value.includes('\r') || value.includes('\n') || value.includes('\0')) return false;
  if (key === 'call-id') return CALL_ID.test(value);
  return (key !== 'from' && key !== 'to') || !value.includes('|') || !UNSOUND_TAG.test(value);
};

const parseLine = (line: string, preserved: ReadonlySet<string>): HeaderField | undefined => {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).trim();
  const value = line.slice(colon + 1).trim();
  if (colon < 1 || !NAME.test(name)) return undefined;
  const known = headerName(name);
  if (!isSound(known.key, value)) return undefined;
  return { key: known.key, name: preserved.has(name.toLowerCase()) ? name : known.name, value };
};

/**
 * SIP text from an application: start line, headers, empty line, body. Undefined when a line is no header, a name has
 * other characters than letters, digits, `-` and `_`, a value has a line end that does not fold, or a Call-ID or tag has
 * a `|`.
 *
 * @param preserved header names, in lower case, whose spelling is left as it is
 */
export const parseAppMessage = (
  text: string,
  preserved: ReadonlySet<string> = PRESERVED,
): AppMessage | undefined => {
  const split = text.indexOf('\r\n\r\n');
  const end = split < 0 ? text.length : split;
  const body = split < 0 ? '' : text.slice(split + 4);
  let from = lineEnd(text, 0, end);
  const startLine = text.slice(0, from);
  const headers: HeaderField[] = [];
  for (from += 2; from < end; ) {
    let to = lineEnd(text, from, end);
    let line = text.slice(from, to);
    while (isBlank(text.charCodeAt(to + 2)) && to + 2 < end) {
      from = to + 2;
      to = lineEnd(text, from, end);
      line += ` ${text.slice(from, to).trim()}`;
    }
    from = to + 2;
    if (line === '') continue;
    const field = parseLine(line, preserved);
    if (field === undefined) return undefined;
    headers.push(field);
  }
  return { startLine, headers, body };
};
