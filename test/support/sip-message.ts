import { randomBytes } from 'node:crypto';

/** A SIP message as the test peers read it: forgiving, ordered, nothing interpreted. */
export type SipMessage = {
  readonly startLine: string;
  /** Of a request. */
  readonly method: string | undefined;
  readonly uri: string | undefined;
  /** Of a response. */
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly headers: readonly Header[];
  readonly body: string;
};

export type Header = readonly [name: string, value: string];

export type HostPort = { readonly address: string; readonly port: number };

/** RFC 3261 7.3.3 and later registrations. */
const COMPACT: Readonly<Record<string, string>> = {
  i: 'call-id',
  m: 'contact',
  f: 'from',
  t: 'to',
  v: 'via',
  c: 'content-type',
  l: 'content-length',
  s: 'subject',
  k: 'supported',
  x: 'session-expires',
};

const canonical = (name: string): string => {
  const lower = name.trim().toLowerCase();
  return COMPACT[lower] ?? lower;
};

/** @throws Error when there is no start line of RFC 3261 */
export const parseSip = (text: string): SipMessage => {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [startLine = '', ...lines] = head.split('\r\n');
  const request = startLine.match(/^([A-Z]+) (\S+) SIP\/2\.0$/);
  const response = startLine.match(/^SIP\/2\.0 (\d{3}) ?(.*)$/);
  if (!request && !response) throw new Error(`not SIP: ${startLine.slice(0, 80)}`);
  return {
    startLine,
    method: request?.[1],
    uri: request?.[2],
    status: response ? Number(response[1]) : undefined,
    reason: response?.[2],
    headers: lines.map((line): Header => {
      const colon = line.indexOf(':');
      return [canonical(line.slice(0, colon)), line.slice(colon + 1).trim()];
    }),
    body: rest.join('\r\n\r\n'),
  };
};

/** The first header of that name (long, lower case), or undefined. */
export const header = (message: SipMessage, name: string): string | undefined =>
  message.headers.find(([each]) => each === name)?.[1];

/** All headers of that name, a comma list split where no quotes or angle brackets enclose it. */
export const headers = (message: SipMessage, name: string): string[] =>
  message.headers
    .filter(([each]) => each === name)
    .flatMap(([, value]) => value.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<])+/g) ?? [])
    .map((value) => value.trim());

/** The header's value, or an error that names the message: tests expect it to be there. */
export const need = (message: SipMessage, name: string): string => {
  const value = header(message, name);
  if (value === undefined) throw new Error(`${message.startLine} has no ${name}`);
  return value;
};

/** The `tag` parameter of a From or To value. */
export const tagOf = (value: string): string | undefined => value.match(/;\s*tag=([^;,\s]+)/i)?.[1];

/** The URI of a name-addr or addr-spec, without its header parameters. */
export const uriOf = (value: string): string =>
  value.match(/<([^>]*)>/)?.[1] ?? value.split(';')[0]?.trim() ?? '';

/** User part of a URI or name-addr. */
export const userOf = (value: string): string | undefined => uriOf(value).match(/^sips?:([^@]*)@/)?.[1];

/** `branch` of the topmost Via. */
export const branchOf = (message: SipMessage): string =>
  headers(message, 'via')[0]?.match(/;\s*branch=([^;,\s]+)/i)?.[1] ?? '';

export const cseqOf = (message: SipMessage): { readonly number: number; readonly method: string } => {
  const [number = '0', method = ''] = need(message, 'cseq').split(/\s+/);
  return { number: Number(number), method };
};

/** Where a SIP URI with a literal address points. */
export const hostPortOf = (uri: string): HostPort => {
  const match = uri.match(/^sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?>]+)(?::(\d+))?/i);
  if (!match?.[1]) throw new Error(`no host in ${uri}`);
  return { address: match[1].replace(/[[\]]/g, ''), port: Number(match[2] ?? 5060) };
};

/** `address:port`, IPv6 in brackets. */
export const hostPort = ({ address, port }: HostPort): string => `${bracket(address)}:${port}`;

export const bracket = (address: string): string => (address.includes(':') ? `[${address}]` : address);

export const token = (bytes = 6): string => randomBytes(bytes).toString('hex');

export const newBranch = (): string => `z9hG4bK${token(8)}`;

/** The message's text, with Content-Length and, for a body, Content-Type (SDP unless given). */
export const writeSip = (startLine: string, list: readonly Header[], body = ''): string => {
  const typed = list.some(([name]) => canonical(name) === 'content-type');
  const all: readonly Header[] = [
    ...list,
    ...(body && !typed ? [['Content-Type', 'application/sdp'] as const] : []),
    ['Content-Length', String(Buffer.byteLength(body))],
  ];
  return `${startLine}\r\n${all.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`;
};

/** A response to `request`: Via, From, To, Call-ID and CSeq copied (RFC 3261 8.2.6). */
export const writeResponse = (
  request: SipMessage,
  status: number,
  reason: string,
  { toTag, extra = [], body = '' }: { toTag?: string; extra?: readonly Header[]; body?: string } = {},
): string => {
  const copied = (name: string, label: string): Header[] =>
    request.headers.filter(([each]) => each === name).map(([, value]): Header => [label, value]);
  const to = need(request, 'to');
  const tagged = tagOf(to) || !toTag ? to : `${to};tag=${toTag}`;
  return writeSip(
    `SIP/2.0 ${status} ${reason}`,
    [
      ...copied('via', 'Via'),
      ...(status > 100 && status < 300 ? copied('record-route', 'Record-Route') : []),
      ...copied('from', 'From'),
      ['To', tagged],
      ...copied('call-id', 'Call-ID'),
      ...copied('cseq', 'CSeq'),
      ...extra,
    ],
    body,
  );
};
