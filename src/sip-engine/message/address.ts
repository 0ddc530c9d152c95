import { quotedEnd, runEnd, skipBlanks, skipBlanksBack, TOKEN, VALUE } from './characters.ts';
import type { NameAddress } from './types.ts';
import { isUri, parametersToString, parseUri, uriToString } from './uri.ts';

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/** Where the parts of the header parameter stand that was read last: one for all, so that reading makes no garbage. */
const part = { name: 0, nameEnd: 0, value: 0, valueEnd: 0 };

/** Reads the parameter whose `;` stands at `from` into `part`; gives where the next one begins, or -1 when it is malformed. */
const readParameter = (text: string, from: number, end: number): number => {
  if (text.charCodeAt(from) !== 0x3b) return -1;
  part.name = skipBlanks(text, from + 1, end);
  part.nameEnd = runEnd(text, part.name, end, TOKEN);
  if (part.nameEnd === part.name) return -1;
  const next = skipBlanks(text, part.nameEnd, end);
  part.value = next;
  part.valueEnd = next;
  if (next >= end || text.charCodeAt(next) !== 0x3d) return next;
  part.value = skipBlanks(text, next + 1, end);
  const quoted = part.value < end && text.charCodeAt(part.value) === 0x22;
  part.valueEnd = quoted ? quotedEnd(text, part.value, end) : runEnd(text, part.value, end, VALUE);
  return part.valueEnd < 0 ? -1 : skipBlanks(text, part.valueEnd, end);
};

const isNamed = (text: string, name: string): boolean => {
  if (part.nameEnd - part.name !== name.length) return false;
  for (let at = 0; at < name.length; at += 1)
    if ((text.charCodeAt(part.name + at) | 0x20) !== name.charCodeAt(at)) return false;
  return true;
};

/** What `tagAt` gives when there is no tag, and when the parameters are malformed. */
export const NO_TAG = -1;
export const MALFORMED = -2;

/**
 * Checks the header parameters (`;a=b;c="d"`) between two positions, exactly as `parseHeaderParameters` does, and gives
 * where the value of the first tag begins.
 */
export const tagAt = (text: string, from: number, end: number): number => {
  let at = NO_TAG;
  let tagEnd = 0;
  for (let position = skipBlanks(text, from, end); position < end; ) {
    position = readParameter(text, position, end);
    if (position < 0) return MALFORMED;
    if (!isNamed(text, 'tag')) continue;
    // Two tags in one header would be read differently by different peers.
    if (at >= 0 && text.slice(part.value, part.valueEnd) !== text.slice(at, tagEnd)) return MALFORMED;
    if (at >= 0) continue;
    at = part.value;
    tagEnd = part.valueEnd;
  }
  return at;
};

/** `parseHeaderParameters` between two positions. */
export const parametersAt = (
  text: string,
  from: number,
  end: number,
  unique: string,
): ReadonlyMap<string, string> | undefined => {
  let position = skipBlanks(text, from, end);
  if (position === end) return NO_PARAMETERS;
  const parameters = new Map<string, string>();
  while (position < end) {
    position = readParameter(text, position, end);
    if (position < 0) return undefined;
    const name = text.slice(part.name, part.nameEnd).toLowerCase();
    const value = text.slice(part.value, part.valueEnd);
    const earlier = parameters.get(name);
    if (earlier === undefined) parameters.set(name, value);
    else if (name === unique && earlier !== value) return undefined;
  }
  return parameters;
};

/**
 * Reads header parameters (`;a=b;c="d"`) from `from` to the end of `text`. Names in lower case, values as written
 * (quotes kept, see `unquote`), the first of two with one name counts.
 *
 * @returns undefined when malformed: an empty parameter, an open quote, anything else left over, a second tag that says
 * something else than the first (SIPp repeats tags)
 */
export const parseHeaderParameters = (text: string, from: number): ReadonlyMap<string, string> | undefined =>
  parametersAt(text, from, text.length, 'tag');

/** The content of a quoted string, escapes resolved; other text as it is. */
export const unquote = (text: string): string => {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  const inner = text.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner;
};

/** Text as a quoted string (RFC 3261 25.1); line ends become blanks. */
export const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;

/** What stands before `<` without quotes: words of tokens by RFC 3261; anything but separators of lists by this parser. */
const isPlainDisplay = (text: string): boolean => !/[",;<>]/.test(text);

/** Where the parts of an address stand. `display` is empty without one; `parameters` is where the first `;` may be. */
type AddressParts = {
  readonly display: number;
  readonly displayEnd: number;
  readonly uri: number;
  readonly uriEnd: number;
  readonly parameters: number;
};

const bracketed = (text: string, display: number, displayEnd: number, open: number, end: number) => {
  const close = text.indexOf('>', open);
  return close < 0 || close >= end
    ? undefined
    : { display, displayEnd, uri: open + 1, uriEnd: close, parameters: close + 1 };
};

/** Without angle brackets everything from `;` on belongs to the header and the URI can't have `?` or a comma. */
const bare = (text: string, from: number, end: number): AddressParts | undefined => {
  let position = from;
  for (; position < end; position += 1) {
    const code = text.charCodeAt(position);
    if (code === 0x3b) break;
    if (code === 0x3f || code === 0x2c) return undefined;
  }
  const uriEnd = skipBlanksBack(text, from, position);
  return { display: from, displayEnd: from, uri: from, uriEnd, parameters: position };
};

/** Finds the parts of a `name-addr` or `addr-spec` between two positions; neither URI nor parameters are read yet. */
export const addressParts = (text: string, from: number, end: number): AddressParts | undefined => {
  const start = skipBlanks(text, from, end);
  if (start === end) return undefined;
  const first = text.charCodeAt(start);
  if (first === 0x3c) return bracketed(text, start, start, start, end);
  if (first === 0x22) {
    const close = quotedEnd(text, start, end);
    if (close < 0) return undefined;
    const open = skipBlanks(text, close, end);
    return open < end && text.charCodeAt(open) === 0x3c
      ? bracketed(text, start, close, open, end)
      : undefined;
  }
  const display = text.slice(start, end);
  const length = display.indexOf('<');
  // A bracket inside a quoted parameter of an addr-spec is none of ours.
  return length < 0 || !isPlainDisplay(display.slice(0, length))
    ? bare(text, start, end)
    : bracketed(text, start, skipBlanksBack(text, start, start + length), start + length, end);
};

/**
 * Checks the address between two positions, exactly as `parseNameAddress` does.
 *
 * @returns where the value of its tag begins, NO_TAG or MALFORMED
 */
export const addressTagAt = (text: string, from: number, end: number): number => {
  const parts = addressParts(text, from, end);
  if (parts === undefined || !isUri(text, parts.uri, parts.uriEnd)) return MALFORMED;
  return tagAt(text, parts.parameters, end);
};

/**
 * Reads one `name-addr` or `addr-spec` with its header parameters (RFC 3261 20.10): From, To, Contact, Route and the like.
 * Without angle brackets everything from `;` on belongs to the header and the URI can't have `?` or a comma.
 *
 * @returns undefined when malformed or when more than one address is there
 */
export const parseNameAddress = (text: string): NameAddress | undefined => {
  const parts = addressParts(text, 0, text.length);
  const uri = parts && parseUri(text.slice(parts.uri, parts.uriEnd));
  if (parts === undefined || uri === undefined) return undefined;
  const parameters = parseHeaderParameters(text, parts.parameters);
  const display =
    parts.uri === parts.display || parts.uri === parts.display + 1
      ? undefined
      : unquote(text.slice(parts.display, parts.displayEnd));
  return parameters && { display, uri, parameters };
};

/** The position of the comma that ends the item at `from` (not one inside quotes or angle brackets), or the end. */
export const itemEnd = (text: string, from: number, end: number): number => {
  for (let position = from; position < end; position += 1) {
    const code = text.charCodeAt(position);
    if (code === 0x2c) return position;
    if (code === 0x3c) {
      const close = text.indexOf('>', position);
      if (close < 0 || close >= end) return end;
      position = close;
    } else if (code === 0x22) {
      const close = quotedEnd(text, position, end);
      if (close < 0) return end;
      position = close - 1;
    }
  }
  return end;
};

/** Splits a header line at its commas, but not inside quotes or angle brackets, empty items included. Linear. */
export const splitAtCommas = (value: string, most = Number.POSITIVE_INFINITY): string[] => {
  const items: string[] = [];
  for (let from = 0; from <= value.length && items.length < most; ) {
    const end = itemEnd(value, from, value.length);
    items.push(value.slice(from, end).trim());
    from = end + 1;
  }
  return items;
};

/** The items of a header line that is a list: split at commas outside quotes and angle brackets, empty ones left out. */
export const splitHeaderList = (value: string): string[] =>
  splitAtCommas(value).filter((item) => item !== '');

/** All addresses of a header line; undefined when one of them is malformed. */
export const parseNameAddressList = (value: string): NameAddress[] | undefined => {
  const addresses: NameAddress[] = [];
  for (const item of splitHeaderList(value)) {
    const address = parseNameAddress(item);
    if (!address) return undefined;
    addresses.push(address);
  }
  return addresses;
};

/** The text of an address, always in angle brackets, the display name always quoted. */
export const nameAddressToString = (address: NameAddress): string => {
  const display = address.display === undefined || address.display === '' ? '' : `${quote(address.display)} `;
  return `${display}<${uriToString(address.uri)}>${parametersToString(address.parameters)}`;
};
