import type { Via } from './types.ts';

/**
 * Short cuts for values as nearly everybody writes them. Each accepts a part of what the grammar accepts, with the same
 * outcome, some times faster, because a compiled expression reads a character in less time than a loop does. What they
 * don't know goes the long way. None of the expressions has two ways to read a character, so that failing is linear too.
 */

const PORT = '(?:\\d{1,4}|[1-5]\\d{4})';
const PARAMETERS = '(?:;[\\w-]+(?:=[\\w.+-]+)?)*';
const URI = `sips?:(?:[\\w.+*#-]+@)?[\\w.-]+(?::${PORT})?${PARAMETERS}`;

const DISPLAY = '(?:"[\\w .,:()+@/-]*" ?)?';

// Tags are left to those who compare them.
const ADDRESS = new RegExp(`${DISPLAY}<${URI}>(?:;(?![Tt][Aa][Gg])[\\w-]+(?:=[\\w.+-]+)?)*`, 'y');
const PARTY = new RegExp(`${DISPLAY}<${URI}>(?:;tag=([\\w.+~!*%'-]+))?`, 'y');
const REQUEST_URI = new RegExp(URI, 'y');
const CALL_ID = /[\w.@:+~!*%'()/-]+/y;
const VIA = new RegExp(
  `SIP/2\\.0/([A-Z]{2,4}) ([\\w.-]+)(?::(${PORT}))?(;rport)?;branch=([\\w.+~!*%'-]+)(;rport)?`,
  'y',
);

const fits = (expression: RegExp, text: string, from: number, end: number): boolean => {
  expression.lastIndex = from;
  return expression.test(text) && expression.lastIndex === end;
};

/** Whether an address as usual stands between two positions: a name in quotes or none, brackets, plain parameters. */
export const isUsualAddress = (text: string, from: number, end: number): boolean =>
  fits(ADDRESS, text, from, end);

/** The tag of such an address if that is its only parameter, `''` if it has none at all. */
export const usualTag = (text: string, from: number, end: number): string | undefined => {
  PARTY.lastIndex = from;
  const found = PARTY.exec(text);
  return found === null || PARTY.lastIndex !== end ? undefined : (found[1] ?? '');
};

export const isUsualRequestUri = (uri: string): boolean => fits(REQUEST_URI, uri, 0, uri.length);

export const isUsualCallId = (text: string, from: number, end: number): boolean =>
  fits(CALL_ID, text, from, end);

/** The Via between two positions if it is as usual: a name or an IPv4 address, a branch, perhaps rport, and nothing else. */
export const usualViaAt = (text: string, from: number, end: number): Via | undefined => {
  VIA.lastIndex = from;
  const found = VIA.exec(text);
  if (found === null || VIA.lastIndex !== end) return undefined;
  const [, transport = '', host = '', port, before, branch = '', behind] = found;
  if (before !== undefined && behind !== undefined) return undefined;
  const parameters = new Map<string, string>();
  if (before !== undefined) parameters.set('rport', '');
  parameters.set('branch', branch);
  if (behind !== undefined) parameters.set('rport', '');
  return { transport, host, port: port === undefined ? undefined : Number(port), branch, parameters };
};
