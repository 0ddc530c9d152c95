import { isAll, quotedEnd, runEnd, skipBlanks, TOKEN, VALUE } from './characters.ts';
import type { NameAddress } from './types.ts';
import { parametersToString, parseUri, uriToString } from './uri.ts';

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/** Two values of these in one header would be read differently by different peers. */
const UNIQUE: ReadonlySet<string> = new Set(['tag', 'branch']);

/**
 * Reads header parameters (`;a=b;c="d"`) from `from` to the end of `text`. Names in lower case, values as written
 * (quotes kept, see `unquote`), the first of two with one name counts.
 *
 * @returns undefined when malformed: an empty parameter, an open quote, anything else left over, a second tag or branch
 * that says something else than the first (SIPp repeats tags)
 */
export const parseHeaderParameters = (
  text: string,
  from: number,
): ReadonlyMap<string, string> | undefined => {
  const end = text.length;
  let position = skipBlanks(text, from, end);
  if (position === end) return NO_PARAMETERS;
  const parameters = new Map<string, string>();
  while (position < end) {
    if (text.charCodeAt(position) !== 0x3b) return undefined;
    const nameStart = skipBlanks(text, position + 1, end);
    const nameEnd = runEnd(text, nameStart, end, TOKEN);
    if (nameEnd === nameStart) return undefined;
    const name = text.slice(nameStart, nameEnd).toLowerCase();
    let value = '';
    position = skipBlanks(text, nameEnd, end);
    if (text.charCodeAt(position) === 0x3d) {
      const valueStart = skipBlanks(text, position + 1, end);
      const quoted = text.charCodeAt(valueStart) === 0x22;
      const valueEnd = quoted ? quotedEnd(text, valueStart, end) : runEnd(text, valueStart, end, VALUE);
      if (valueEnd < 0) return undefined;
      value = text.slice(valueStart, valueEnd);
      position = skipBlanks(text, valueEnd, end);
    }
    const earlier = parameters.get(name);
    if (earlier === undefined) parameters.set(name, value);
    else if (earlier !== value && UNIQUE.has(name)) return undefined;
  }
  return parameters;
};

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

type Bracketed = { readonly display: string | undefined; readonly open: number };

/** Finds the `<` of a name-addr and the display name before it; undefined when the text is malformed, open -1 for an addr-spec. */
const findBracket = (text: string): Bracketed | undefined => {
  const start = skipBlanks(text, 0, text.length);
  if (text.charCodeAt(start) === 0x22) {
    const close = quotedEnd(text, start, text.length);
    if (close < 0) return undefined;
    const open = skipBlanks(text, close, text.length);
    return text.charCodeAt(open) === 0x3c ? { display: unquote(text.slice(start, close)), open } : undefined;
  }
  const open = text.indexOf('<', start);
  if (open < 0) return { display: undefined, open };
  if (open === start) return { display: undefined, open };
  const before = text.slice(start, open).trimEnd();
  if (isPlainDisplay(before)) return { display: before, open };
  // A bracket inside a quoted parameter of an addr-spec is none of ours.
  return before.includes(',') ? undefined : { display: undefined, open: -1 };
};

/**
 * Reads one `name-addr` or `addr-spec` with its header parameters (RFC 3261 20.10): From, To, Contact, Route and the like.
 * Without angle brackets everything from `;` on belongs to the header and the URI can't have `?` or a comma.
 *
 * @returns undefined when malformed or when more than one address is there
 */
export const parseNameAddress = (text: string): NameAddress | undefined => {
  const bracket = findBracket(text);
  if (!bracket) return undefined;
  const { display, open } = bracket;
  if (open >= 0) {
    const close = text.indexOf('>', open);
    const uri = close < 0 ? undefined : parseUri(text.slice(open + 1, close));
    const parameters = uri && parseHeaderParameters(text, close + 1);
    return parameters && { display, uri, parameters };
  }
  const start = skipBlanks(text, 0, text.length);
  const semicolon = text.indexOf(';', start);
  const end = semicolon < 0 ? text.length : semicolon;
  const spec = text.slice(start, end).trimEnd();
  if (spec.includes('?') || spec.includes(',')) return undefined;
  const uri = parseUri(spec);
  const parameters = uri && parseHeaderParameters(text, end);
  return parameters && { display: undefined, uri, parameters };
};

/** The position of the `>` that closes the `<` at `from`, or the end. */
const bracketEnd = (text: string, from: number): number => {
  const close = text.indexOf('>', from);
  return close < 0 ? text.length : close;
};

/** Splits a header line at its commas, but not inside quotes or angle brackets, empty items included. Linear. */
export const splitAtCommas = (value: string, most = Number.POSITIVE_INFINITY): string[] => {
  if (!value.includes(',')) return [value.trim()];
  const items: string[] = [];
  const end = value.length;
  let start = 0;
  for (let position = 0; position < end && items.length < most; position += 1) {
    const code = value.charCodeAt(position);
    if (code === 0x2c) {
      items.push(value.slice(start, position).trim());
      start = position + 1;
    } else if (code === 0x3c) position = bracketEnd(value, position);
    else if (code === 0x22) {
      const close = quotedEnd(value, position, end);
      position = close < 0 ? end : close - 1;
    }
  }
  if (items.length < most) items.push(value.slice(start).trim());
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

/**
 * Puts quotes around a display name that needs them and has none (`Jörg Müller <sip:…>`), which strict readers refuse.
 * Anything else comes back unchanged.
 */
export const withQuotedDisplay = (value: string): string => {
  const open = value.indexOf('<');
  if (open <= 0 || value.charCodeAt(0) === 0x22) return value;
  const display = value.slice(0, open).trim();
  if (!isPlainDisplay(display) || display.split(/[ \t]+/).every((word) => isAll(word, TOKEN))) return value;
  return `${quote(display)} ${value.slice(open)}`;
};

/**
 * Drops the tag that a From or To repeats, so that nobody further up has to choose. Anything else comes back unchanged,
 * also what has quoted parameters.
 */
export const withOneTag = (value: string): string => {
  const from = value.lastIndexOf('>') + 1;
  const first = value.indexOf(';tag=', from);
  const second = first < 0 ? -1 : value.indexOf(';tag=', first + 5);
  if (second < 0 || value.includes('"', from)) return value;
  const [, tag = '', ...others] = value.slice(first).split(';');
  return [value.slice(0, first), tag, ...others.filter((parameter) => parameter !== tag)].join(';');
};
