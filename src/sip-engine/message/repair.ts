import { addressParts, parseHeaderParameters, quote, splitAtCommas, tagAt } from './address.ts';
import { isAll, TOKEN } from './characters.ts';
import { parametersToString } from './uri.ts';

/**
 * What is read here and not everywhere: values that this parser understands and strict or simple readers further up
 * (drachtio-srf's own parser among them) misread are written the way all of them understand.
 */

const isTokens = (display: string): boolean => display.split(/[ \t]+/).every((word) => isAll(word, TOKEN));

/** Puts quotes around a display name that needs them and has none (`Jörg Müller <sip:…>`). Anything else comes back unchanged. */
export const withQuotedDisplay = (value: string): string => {
  const open = value.indexOf('<');
  if (open <= 0 || value.charCodeAt(0) === 0x22) return value;
  const display = value.slice(0, open).trim();
  if (display === '' || /[",;<>]/.test(display) || isTokens(display)) return value;
  return `${quote(display)} ${value.slice(open)}`;
};

/** Parameters as simple readers know them: values are tokens or quoted. */
const PLAIN = /^(?:\s*;\s*[\w\-.!%*+`'~]+(?:\s*=\s*(?:[\w\-.!%*+`'~]+|"[^"\\]*(?:\\.[^"\\]*)*"))?)*\s*$/s;

/**
 * Puts the tag of a sound From or To before parameters that would hide it from simple readers (`;x=[::1];tag=1`), and
 * drops repeated ones. Anything else comes back unchanged.
 */
export const withTagFirst = (value: string): string => {
  const from = addressParts(value, 0, value.length)?.parameters ?? value.length;
  const at = tagAt(value, from, value.length);
  if (at < 0) return value;
  const isSeen = PLAIN.test(value.slice(from, value.lastIndexOf(';', at)));
  if (isSeen && (value.slice(from).match(/;\s*tag\s*=/gi) ?? []).length === 1) return value;
  const others = new Map(parseHeaderParameters(value, from));
  const tag = others.get('tag') ?? '';
  others.delete('tag');
  return `${value.slice(0, from)};tag=${tag}${parametersToString(others)}`;
};

/** All display names of a header line of addresses quoted where they need it. */
export const withQuotedDisplays = (value: string): string => {
  const items = splitAtCommas(value);
  const quoted = items.map(withQuotedDisplay);
  return quoted.every((item, index) => item === items[index]) ? value : quoted.join(', ');
};

const CR = 0x0d;

/**
 * A message whose lines all end with LF alone, with line ends as they should be; the body as it was. Undefined when there is
 * a CR anywhere, for then readers could differ on where its lines end, or no empty line.
 */
export const withLineEnds = (bytes: Buffer): Buffer | undefined => {
  const blank = bytes.indexOf('\n\n');
  if (blank < 0 || bytes.includes(CR)) return undefined;
  const head = bytes.toString('latin1', 0, blank + 2).replaceAll('\n', '\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes.subarray(blank + 2)]);
};
