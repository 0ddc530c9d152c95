import type { AppMessage } from '../dialog/types.ts';
import { headerName } from '../message/index.ts';
import type { HeaderField } from '../message/types.ts';

const NAME = /^[A-Za-z0-9-_]+$/;

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const lineEnd = (text: string, from: number, end: number): number => {
  const found = text.indexOf('\r\n', from);
  return found < 0 || found > end ? end : found;
};

const parseLine = (line: string): HeaderField | undefined => {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).trim();
  const value = line.slice(colon + 1).trim();
  if (colon < 1 || !NAME.test(name) || value.includes('\r') || value.includes('\n')) return undefined;
  const known = headerName(name);
  return { key: known.key, name: known.name, value };
};

/**
 * SIP text from an application: start line, headers, empty line, body. Undefined when a line is no header, a name has
 * other characters than letters, digits, `-` and `_`, or a value has a line end that does not fold.
 */
export const parseAppMessage = (text: string): AppMessage | undefined => {
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
    const field = parseLine(line);
    if (field === undefined) return undefined;
    headers.push(field);
  }
  return { startLine, headers, body };
};
