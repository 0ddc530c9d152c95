/** Character classes of RFC 3261 section 25.1, as bits for one table look-up a character. */

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MARK = "-_.!~*'()";

/** `token`: methods, header names, parameter names, transports. */
export const TOKEN = 1;
/** Host names; `_` is not a host character but occurs in private names. */
export const HOST = 2;
/** User and password of a SIP URI without escapes; characters above ASCII are let through, as peers send them unescaped. */
export const USER = 4;
/** Names and values of URI parameters, without escapes. */
export const URI_PARAMETER = 8;
/** Unquoted values of header parameters: wider than `token` (hosts, IPv6, base64), but never a separator or blank. */
export const VALUE = 16;
/** URI schemes after the first letter. */
export const SCHEME = 32;
/** What may stand in a URI of a scheme this engine knows nothing of. */
export const OPAQUE = 64;
/** The headers of a SIP URI (what stands after `?`), without escapes. */
export const URI_HEADER = 128;
/** Numbers of `tel` URIs (RFC 3966), also with letters; without escapes. */
export const PHONE = 256;

const VISIBLE = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index)).join('');
const without = (all: string, some: string): string => [...all].filter((c) => !some.includes(c)).join('');

const table = new Uint16Array(128);
const classes: readonly (readonly [number, string])[] = [
  [TOKEN, `${ALPHANUMERIC}-.!%*_+\`'~`],
  [HOST, `${ALPHANUMERIC}-._`],
  [USER, `${ALPHANUMERIC}${MARK}&=+$,;?/#`],
  [URI_PARAMETER, without(VISIBLE, ';?<>"\\^`{|}%')],
  [PHONE, `${ALPHANUMERIC}${MARK}&=+$,/#`],
  [VALUE, without(VISIBLE, ';,<>"|\\')],
  [SCHEME, `${ALPHANUMERIC}+-.`],
  [OPAQUE, without(VISIBLE, '<>"\\^`{|}')],
  [URI_HEADER, without(VISIBLE, '<>"\\^`{|}%')],
];
for (const [bit, characters] of classes) {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    table[code] = (table[code] ?? 0) | bit;
  }
}

// Blanks and line ends of other scripts part words for readers further up, so they are of no class.
const aboveAscii = (code: number): number => (/\s/.test(String.fromCharCode(code)) ? 0 : USER | VALUE);

/** Bits of the classes that a character is of. */
export const classesOf = (code: number): number => (code < 128 ? (table[code] ?? 0) : aboveAscii(code));

/** The first position from `from` on, at most `end`, whose character is not of the class. */
export const runEnd = (text: string, from: number, end: number, mask: number): number => {
  let position = from;
  while (position < end && (classesOf(text.charCodeAt(position)) & mask) !== 0) position += 1;
  return position;
};

const isHexDigit = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);

/** As `runEnd`, with `%` and two hexadecimal digits as one more character of the class. Stops at any other `%`. */
export const escapedRunEnd = (text: string, from: number, end: number, mask: number): number => {
  let position = runEnd(text, from, end, mask);
  while (position + 2 < end && text.charCodeAt(position) === 0x25) {
    if (!isHexDigit(text.charCodeAt(position + 1)) || !isHexDigit(text.charCodeAt(position + 2))) break;
    position = runEnd(text, position + 3, end, mask);
  }
  return position;
};

/** Whether all of `text` (not empty) is of the class. */
export const isAll = (text: string, mask: number): boolean =>
  text.length > 0 && runEnd(text, 0, text.length, mask) === text.length;

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** The first position from `from` on, at most `end`, that is no blank. */
export const skipBlanks = (text: string, from: number, end: number): number => {
  let position = from;
  while (position < end && isBlank(text.charCodeAt(position))) position += 1;
  return position;
};

/** The position behind the last character before `end`, at least `from`, that is no blank. */
export const skipBlanksBack = (text: string, from: number, end: number): number => {
  let position = end;
  while (position > from && isBlank(text.charCodeAt(position - 1))) position -= 1;
  return position;
};

/**
 * The position behind a quoted string that opens at `from`, or -1 when it never closes (RFC 3261 25.1 `quoted-string`).
 */
export const quotedEnd = (text: string, from: number, end: number): number => {
  for (let position = from + 1; position < end; position += 1) {
    const code = text.charCodeAt(position);
    if (code === 0x5c) position += 1;
    else if (code === 0x22) return position + 1;
  }
  return -1;
};

/**
 * The decimal number of at most `max` between two positions, or undefined. Leading zeros are allowed, signs and blanks
 * are not.
 */
export const decimalAt = (text: string, from: number, end: number, max: number): number | undefined => {
  if (from >= end) return undefined;
  let value = 0;
  for (let position = from; position < end; position += 1) {
    const digit = text.charCodeAt(position) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > max) return undefined;
  }
  return value;
};
