import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import {
  buildResponse,
  DEFAULT_LIMITS,
  headerValue,
  headerValues,
  messageText,
  type ParseResult,
  parseMessage,
  parseNameAddress,
  parseNameAddressList,
  parseVia,
  type SipMessage,
  serializeMessage,
} from '../../src/sip-engine/message/index.ts';

type SrfMessage = {
  readonly method?: string;
  readonly uri?: string;
  readonly status?: number;
  get(name: string): string;
  getParsedHeader(name: string): unknown;
};
const SrfMessage: new (text: string) => SrfMessage = createRequire(import.meta.url)(
  'drachtio-srf/lib/sip-parser/message',
);

/** Milliseconds that one message may take, far above what 64 KiB need. */
const MOST_MS = 10;

/** Where nobody may choose: one of each. */
const SINGLE = ['from', 'to', 'call-id', 'cseq'];
const AT_MOST_ONCE = ['max-forwards', 'content-length'];
const ADDRESSES = ['contact', 'route', 'record-route'];

const need = (truth: unknown, finding: string): void => {
  if (!truth) throw new Error(finding);
};

const tagOf = (value: string): string => parseNameAddress(value)?.parameters.get('tag') ?? '';

/** What whoever gets a message relies on. */
const checkSound = (message: SipMessage): void => {
  const { headers, core } = message;
  const values = (key: string): string[] =>
    headers.filter((field) => field.key === key).map(({ value }) => value);
  for (const key of SINGLE) need(values(key).length === 1, `not one ${key}`);
  for (const key of AT_MOST_ONCE) need(values(key).length < 2, `more than one ${key}`);
  need(headers.length <= DEFAULT_LIMITS.headers, 'more headers than allowed');
  for (const { key, name, value } of headers) {
    need(/^[a-z0-9\-.!*_+`'~]+$/.test(key) && name.toLowerCase() === key, `key ${key} of ${name}`);
    need(!/[\r\n\u2028\u2029]/.test(value) && value.length <= DEFAULT_LIMITS.line, `value of ${key}`);
  }
  const vias = headerValues(message, 'via');
  need(vias.length > 0 && vias.length <= DEFAULT_LIMITS.vias, 'count of Vias');
  for (const via of vias) need(parseVia(via), 'unreadable Via');
  need(isDeepStrictEqual(parseVia(vias[0] ?? ''), core.via), 'top Via read in two ways');
  for (const text of [core.callId, core.fromTag, core.toTag])
    need(!/[|\s]/.test(text), 'a bar or blank in an id');
  need(headerValue(message, 'call-id') === core.callId, 'Call-ID read in two ways');
  need(parseNameAddress(headerValue(message, 'from') ?? ''), 'unreadable From');
  need(parseNameAddress(headerValue(message, 'to') ?? ''), 'unreadable To');
  need(tagOf(headerValue(message, 'from') ?? '') === core.fromTag, 'From tag read in two ways');
  need(tagOf(headerValue(message, 'to') ?? '') === core.toTag, 'To tag read in two ways');
  for (const key of ADDRESSES)
    for (const value of values(key)) need(value === '*' || parseNameAddressList(value), `unreadable ${key}`);
  if (message.kind === 'request') need(core.cseq.method === message.method, 'CSeq of another method');
};

/** Long names, blanks behind colons, U+FFFD and a Content-Length make what is written longer than what was read. */
const WIDER = {
  ...DEFAULT_LIMITS,
  message: DEFAULT_LIMITS.message * 4,
  line: DEFAULT_LIMITS.line * 4,
  headers: DEFAULT_LIMITS.headers + 1,
};

const checkWritten = (message: SipMessage): void => {
  const bytes = serializeMessage(message);
  const again = parseMessage(bytes, WIDER);
  if (!again.ok) throw new Error(`written message refused: ${again.reason}`);
  need(isDeepStrictEqual(again.message.core, message.core), 'another core when written and read');
  need(again.message.body.equals(message.body), 'another body when written and read');
  need(serializeMessage(again.message).equals(bytes), 'written differently the second time');
};

const paramsOf = (parsed: unknown): Readonly<Record<string, string | undefined>> =>
  (parsed as { readonly params: Record<string, string | undefined> }).params;

/** drachtio-srf's own parser reads the same message. */
const checkSrf = (message: SipMessage): void => {
  const srf = new SrfMessage(messageText(message));
  if (message.kind === 'request') {
    need(srf.method === unescape(message.method), `srf: method ${srf.method}`);
    need(srf.uri === message.uri, `srf: uri ${srf.uri}`);
  } else need(srf.status === message.status, `srf: status ${srf.status}`);
  const { core } = message;
  need(srf.get('call-id') === core.callId, 'srf: another Call-ID');
  const cseq = srf.getParsedHeader('cseq') as { readonly seq: number };
  need(cseq.seq === core.cseq.number, 'srf: another CSeq');
  need((paramsOf(srf.getParsedHeader('from'))['tag'] ?? '') === core.fromTag, 'srf: another From tag');
  need((paramsOf(srf.getParsedHeader('to'))['tag'] ?? '') === core.toTag, 'srf: another To tag');
  for (const key of ['via', ...ADDRESSES])
    if (headerValue(message, key) !== undefined) need(srf.getParsedHeader(key), `srf: no ${key}`);
};

/** An answer to a refused request has sound lines, whatever the request had. */
const checkRefused = (result: Extract<ParseResult, { action: 'reject' }>): void => {
  need([400, 414, 505, 513].includes(result.status), `refused with ${result.status}`);
  const text = serializeMessage(
    buildResponse(result.request, result.status, { reason: result.reason }),
  ).toString();
  const [head = '', ...rest] = text.split('\r\n\r\n');
  need(rest.join() === '', 'an answer with more than one empty line');
  for (const line of head.split('\r\n').slice(1)) need(/^[^\s:]+: [^\r\n]*$/.test(line), `line ${line}`);
};

const timed = (bytes: Buffer): readonly [ParseResult, number] => {
  const began = performance.now();
  const result = parseMessage(bytes);
  return [result, performance.now() - began];
};

/** Whether it takes too long each time: once may be the machine's fault. */
const isSlow = (bytes: Buffer): boolean => {
  for (let turn = 0; turn < 5; turn += 1) if (timed(bytes)[1] <= MOST_MS) return false;
  return true;
};

/**
 * Parses bytes and checks all that must be true of the outcome.
 *
 * @returns whether they were a message
 * @throws Error with the finding
 */
export const judge = (bytes: Buffer): boolean => {
  const [result, ms] = timed(bytes);
  need(ms <= MOST_MS || !isSlow(bytes), `took longer than ${MOST_MS} ms`);
  if (!result.ok) {
    if (result.action === 'reject') checkRefused(result);
    return false;
  }
  checkSound(result.message);
  checkWritten(result.message);
  checkSrf(result.message);
  return true;
};
