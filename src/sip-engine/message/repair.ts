import { addressParts, parseHeaderParameters, quote, splitAtCommas } from './address.ts';
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

const PLAIN = /^(?:[\w\-.!%*+`'~]*|".*")$/s;

/**
 * Puts the tag of a sound From or To before parameters that would hide it from simple readers (`;x=[::1];tag=1`), and
 * drops repeated ones. Anything else comes back unchanged.
 */
export const withTagFirst = (value: string): string => {
  const from = addressParts(value, 0, value.length)?.parameters ?? value.length;
  const parameters = parseHeaderParameters(value, from);
  const tag = parameters?.get('tag');
  if (parameters === undefined || tag === undefined) return value;
  const text = value.slice(from);
  const before = [...parameters].slice(0, [...parameters.keys()].indexOf('tag'));
  const isSeen = before.every(([, each]) => PLAIN.test(each)) && !/=\s*(?:;|$)/.test(text);
  if (isSeen && (text.match(/;\s*tag\s*=/gi) ?? []).length === 1) return value;
  const others = new Map(parameters);
  others.delete('tag');
  return `${value.slice(0, from)};tag=${tag}${parametersToString(others)}`;
};

/** All display names of a header line of addresses quoted where they need it. */
export const withQuotedDisplays = (value: string): string => {
  const items = splitAtCommas(value);
  const quoted = items.map(withQuotedDisplay);
  return quoted.every((item, index) => item === items[index]) ? value : quoted.join(', ');
};
