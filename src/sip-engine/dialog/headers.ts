import { bracketed, contactText, type Own, substituteLocalhost } from './text.ts';
import type { AppMessage } from './types.ts';

/** Headers of the application that the engine always makes itself, or that it places apart from the others. */
const APART: ReadonlySet<string> = new Set([
  'via',
  'route',
  'record-route',
  'rseq',
  'content-length',
  'from',
  'to',
  'call-id',
  'cseq',
  'max-forwards',
  'contact',
]);

/** What CANCEL does not take from the application either. */
const NOT_IN_CANCEL: ReadonlySet<string> = new Set([
  'p-asserted-identity',
  'content-type',
  'supported',
  'require',
  'proxy-require',
]);

/** Value of the application's header, by key. */
export const given = (message: AppMessage, key: string): string | undefined => {
  for (const header of message.headers) if (header.key === key) return header.value;
  return undefined;
};

const hasHeader = (message: AppMessage, key: string): boolean =>
  message.headers.some((header) => header.key === key);

/** Lines of the application's other headers. `skip` names more to leave out. */
export const otherLines = (message: AppMessage, own: Own, skip?: ReadonlySet<string>): string => {
  let lines = '';
  for (const { key, name, value } of message.headers) {
    if (APART.has(key) || skip?.has(key) === true) continue;
    lines += `${name}: ${key === 'p-asserted-identity' ? substituteLocalhost(value, own) : value}\r\n`;
  }
  return lines;
};

/** Lines that a CANCEL takes from the application, such as Reason. */
export const cancelLines = (message: AppMessage, own: Own): string => otherLines(message, own, NOT_IN_CANCEL);

/** Content-Type line where the application left it out: SDP can be told; undefined when it can't. */
export const contentTypeLine = (message: AppMessage): string | undefined => {
  if (message.body === '' || hasHeader(message, 'content-type')) return '';
  return message.body.startsWith('v=0') ? 'Content-Type: application/sdp\r\n' : undefined;
};

/** Adds `;transport=tcp` inside the brackets of a Contact that is to be reached over a stream. */
const withTransport = (value: string, own: Own): string => {
  if (own.protocol === 'udp' || value.includes('transport=')) return value;
  return value
    .replace(/(<sip:[^>?]*)/i, `$1;transport=${own.protocol}`)
    .replace(/(<sips:[^>?]*)/i, own.protocol === 'wss' ? '$1;transport=ws' : '$1');
};

/** Our Contact: the application's with `localhost` replaced, else the listening point's. */
export const contactOf = (message: AppMessage | undefined, own: Own): string => {
  const value = message === undefined ? undefined : given(message, 'contact');
  if (value === undefined) return contactText(own);
  const replaced = substituteLocalhost(value, own);
  const contact = bracketed(replaced);
  return replaced === value ? contact : withTransport(contact, own);
};
