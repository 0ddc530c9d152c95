import type { AppMessage } from '../dialog/types.ts';
import { canonicalName, headerKey } from '../message/index.ts';
import type { HeaderField } from '../message/types.ts';

const NAME = /^[A-Za-z0-9-_]+$/;

/**
 * SIP text from an application: start line, headers, empty line, body. Undefined when a line is no header, a name has
 * other characters than letters, digits, `-` and `_`, or a value has a line end that does not fold.
 */
export const parseAppMessage = (text: string): AppMessage | undefined => {
  const split = text.indexOf('\r\n\r\n');
  const head = split < 0 ? text : text.slice(0, split);
  const body = split < 0 ? '' : text.slice(split + 4);
  const lines = head.split('\r\n');
  const startLine = lines[0] ?? '';
  const headers: HeaderField[] = [];
  for (let at = 1; at < lines.length; at += 1) {
    let line = lines[at] ?? '';
    if (line === '') continue;
    for (let next = lines[at + 1]; next?.startsWith(' ') || next?.startsWith('\t'); next = lines[at + 1]) {
      line += ` ${next.trim()}`;
      at += 1;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (colon < 1 || !NAME.test(name) || value.includes('\r') || value.includes('\n')) return undefined;
    headers.push({ key: headerKey(name), name: canonicalName(name), value });
  }
  return { startLine, headers, body };
};
