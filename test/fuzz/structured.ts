import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  header,
  type MessageDraft,
  parseMessage,
  serializeMessage,
} from '../../src/sip-engine/message/index.ts';

const token = fc.stringMatching(/^[A-Za-z0-9\-.!*_+`'~]{1,12}$/);
const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const host = fc.constantFrom(
  'example.com',
  'a-b.example',
  '192.0.2.1',
  '[2001:db8::1]',
  'x_y',
  '[::ffff:192.0.2.9]',
);
const port = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
const hostPort = fc.tuple(host, port).map(([name, n]) => (n === undefined ? name : `${name}:${n}`));
const user = fc
  .stringMatching(/^([A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9a-f]{2}){1,10}(:[a-z0-9%20&=+$,]{0,5})?$/)
  .filter((text) => !/%(?![0-9a-f]{2})/.test(text));
const uriParameters = fc
  .array(fc.constantFrom(';lr', ';transport=tcp', ';user=phone', ';x=%41', ';maddr=[::1]', ';a/b=c:d'), {
    maxLength: 3,
  })
  .map((parameters) => parameters.join(''));
const sipUri = fc
  .tuple(fc.constantFrom('sip:', 'sips:'), fc.option(user, { nil: undefined }), hostPort, uriParameters)
  .map(
    ([scheme, who, where, parameters]) =>
      `${scheme}${who === undefined ? '' : `${who}@`}${where}${parameters}`,
  );
const uri = fc.oneof(
  { weight: 8, arbitrary: sipUri },
  fc.constantFrom('tel:+49-30(12)3;phone-context=x', 'urn:service:sos', 'http://x/?y=z'),
);

const quoted = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((text) => !/[\r\n\u2028\u2029\0]/.test(text))
  .map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);
const display = fc.oneof(
  fc.constant(''),
  quoted.map((text) => `${text} `),
  word.map((text) => `${text} b `),
);
const parameter = fc.oneof(
  token.map((name) => `;x-${name}`),
  fc.tuple(token, token).map(([name, value]) => `;x-${name}=${value}`),
  fc.tuple(token, quoted).map(([name, value]) => `;x-${name}=${value}`),
);
const parameters = fc.array(parameter, { maxLength: 3 }).map((all) => all.join(''));
const address = fc.tuple(display, uri, parameters).map(([name, where, more]) => `${name}<${where}>${more}`);
const party = fc
  .tuple(address, fc.option(word))
  .map(([who, tag]) => (tag === null ? who : `${who};tag=${tag}`));
const via = fc
  .tuple(fc.constantFrom('UDP', 'TCP', 'TLS', 'WSS', 'TLS-SCTP'), hostPort, word, parameters)
  .map(([transport, where, branch, more]) => `SIP/2.0/${transport} ${where};branch=z9hG4bK${branch}${more}`);
const list = <Item>(item: fc.Arbitrary<Item>) =>
  fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(', '));

const text = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .map((value) => value.replace(/[\r\n\u2028\u2029]/g, '').replace(/^[ \t]+|[ \t]+$/g, ''));

const more = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom('Contact', 'Record-Route', 'Route'), list(address)),
    fc.tuple(fc.constant('Via'), list(via)),
    fc.tuple(
      token.map((name) => `X-${name}`),
      text,
    ),
    fc.tuple(fc.constantFrom('Subject', 'Reason', 'Call-Info', 'Foo-Bar', 'Min-SE', 'Event'), text),
  ),
  { maxLength: 6 },
);

const method = fc.oneof(
  fc.constantFrom('INVITE', 'REGISTER', 'BYE', 'OPTIONS'),
  token.filter((name) => !/^sip$/i.test(name)),
);

const start = fc.oneof(
  fc.tuple(method, uri).map(([name, where]) => ({ kind: 'request', method: name, uri: where }) as const),
  fc
    .tuple(
      fc.integer({ min: 100, max: 699 }),
      text.map((reason) => reason.trim()),
    )
    .map(([status, reason]) => ({ kind: 'response', status, reason }) as const),
);

/** Any message that the grammar allows, but for its size. */
export const drafts: fc.Arbitrary<MessageDraft> = fc
  .record({
    start,
    via,
    from: party,
    to: party,
    callId: fc.stringMatching(/^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]{1,12}(@[a-z0-9]{1,5})?$/),
    cseq: fc.integer({ min: 0, max: 0x7fff_ffff }),
    cseqMethod: token,
    more,
    body: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ start: line, via: top, from, to, callId, cseq, cseqMethod, more: others, body }) => ({
    ...line,
    headers: [
      header('Via', top),
      header('From', from),
      header('To', to),
      header('Call-ID', callId),
      header('CSeq', `${cseq} ${line.kind === 'request' ? line.method : cseqMethod}`),
      ...others.map(([name, value]) => header(name, value)),
    ],
    body: Buffer.from(body),
  }));

const COMPACT: Readonly<Record<string, string>> = {
  via: 'v',
  from: 'F',
  to: 't',
  'call-id': 'i',
  contact: 'm',
  subject: 's',
  event: 'o',
};

/** The same message as others may write it: compact names, other capitals, blanks and folds; `style` chooses. */
export const disguised = (draft: MessageDraft, style: readonly number[]): Buffer => {
  const [first = ''] = serializeMessage({ ...draft, headers: [] })
    .toString()
    .split('\r\n');
  const body = draft.body ?? Buffer.alloc(0);
  const lines = draft.headers.map(({ key, name, value }, index) => {
    const choice = style[index % style.length] ?? 0;
    const spelled = key.startsWith('x-')
      ? name
      : [name, COMPACT[key] ?? name, key, key.toUpperCase()][choice % 4];
    const colon = [': ', ':', ' \t:  ', ':\r\n ', ': \r\n\t\r\n '][choice % 5];
    return `${spelled}${colon}${value}${choice % 3 === 0 ? ' ' : ''}\r\n`;
  });
  return Buffer.concat([Buffer.from(`${first}\r\n${lines.join('')}l:  ${body.length}\r\n\r\n`), body]);
};

/**
 * Whether a message comes back as it was written, plainly and in disguise.
 *
 * @throws Error with the finding
 */
export const judgeDraft = (draft: MessageDraft, style: readonly number[]): void => {
  const { kind, body } = draft;
  const headers = [...draft.headers, header('Content-Length', String(body?.length ?? 0))];
  const startLine =
    kind === 'request'
      ? { method: draft.method, uri: draft.uri }
      : { status: draft.status, reason: draft.reason };
  for (const bytes of [serializeMessage(draft), disguised(draft, style)]) {
    const result = parseMessage(bytes);
    if (!result.ok) throw new Error(`${result.reason}: ${JSON.stringify(bytes.toString())}`);
    const { core: _core, ...read } = result.message;
    if (!isDeepStrictEqual(read, { kind, ...startLine, headers, body }))
      throw new Error(
        `read as ${JSON.stringify(read)}\nnot ${JSON.stringify({ kind, ...startLine, headers, body })}`,
      );
  }
};
