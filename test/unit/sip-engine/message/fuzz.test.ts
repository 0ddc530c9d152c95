import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, parseMessage, serializeMessage } from '../../../../src/sip-engine/message/index.ts';

type SrfMessage = { getParsedHeader(name: string): unknown };
const SrfMessage: new (text: string) => SrfMessage = createRequire(import.meta.url)(
  'drachtio-srf/lib/sip-parser/message',
);

const folder = new URL('../../../fixtures/rfc4475/', import.meta.url);
const corpus = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)));

const PIECES = [
  '\r\n',
  '\r',
  '\n',
  '\0',
  ' ',
  '\t',
  ',',
  ';',
  ':',
  '"',
  '\\',
  '<',
  '>',
  '@',
  '%',
  '|',
  '=',
  '?',
  '[',
  ']',
  '*',
  'tag=',
  'branch=',
  '\r\n ',
  'Via: ',
  'Contact: ',
  'Content-Length: ',
  'sip:',
  'SIP/2.0',
  '\xff',
  '99999999999',
].map((text) => Buffer.from(text, 'latin1'));

type Mutation = {
  readonly at: number;
  readonly kind: 'insert' | 'delete' | 'replace' | 'double' | 'cut';
  readonly piece: number;
  readonly span: number;
};

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('insert', 'delete', 'replace', 'double', 'cut'),
  piece: fc.nat(PIECES.length - 1),
  span: fc.nat(40),
});

const mutate = (bytes: Buffer, { at, kind, piece, span }: Mutation): Buffer => {
  const position = Math.floor(at * bytes.length);
  const before = bytes.subarray(0, position);
  const insert = PIECES[piece] ?? Buffer.alloc(0);
  const after = bytes.subarray(Math.min(bytes.length, position + span));
  if (kind === 'cut') return before;
  if (kind === 'insert') return Buffer.concat([before, insert, bytes.subarray(position)]);
  if (kind === 'delete') return Buffer.concat([before, after]);
  if (kind === 'replace') return Buffer.concat([before, insert, after]);
  return Buffer.concat([before, bytes.subarray(position, position + span), bytes.subarray(position)]);
};

const mutants = fc
  .tuple(fc.nat(corpus.length - 1), fc.array(mutation, { maxLength: 6 }))
  .map(([index, mutations]) => mutations.reduce(mutate, corpus[index] ?? Buffer.alloc(0)));

const SINGLE = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length'];

describe('the parser under mutation', () => {
  it('never throws, and lets through only what is safe to pass on', () => {
    let passed = 0;
    fc.assert(
      fc.property(mutants, (bytes) => {
        const result = parseMessage(bytes);
        if (!result.ok) return;
        passed += 1;
        const { core, headers } = result.message;
        for (const text of [core.callId, core.fromTag, core.toTag]) expect(text).not.toMatch(/[|\s]/);
        for (const { key, value } of headers) {
          expect(value).not.toMatch(/[\r\n]/);
          expect(key).not.toContain('%');
        }
        for (const key of SINGLE) expect(headers.filter((field) => field.key === key).length).toBeLessThan(2);
      }),
      { numRuns: 4000 },
    );
    expect(passed).toBeGreaterThan(200);
  });

  it('reads what it writes, and writes the same again', () => {
    fc.assert(
      fc.property(mutants, (bytes) => {
        const first = parseMessage(bytes);
        if (!first.ok) return;
        const written = serializeMessage(first.message);
        const second = parseMessage(written);
        if (!second.ok) throw new Error(`${second.reason}: ${JSON.stringify(written.toString('latin1'))}`);
        expect(second.message.core).toEqual(first.message.core);
        expect(second.message.body.equals(first.message.body)).toBe(true);
        expect(serializeMessage(second.message).equals(written)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('lets nothing through that drachtio-srf would throw at', () => {
    fc.assert(
      fc.property(mutants, (bytes) => {
        const result = parseMessage(bytes);
        if (!result.ok) return;
        const { core, headers } = result.message;
        const message = new SrfMessage(serializeMessage(result.message).toString());
        expect(message.getParsedHeader('call-id')).toBe(core.callId);
        for (const name of ['from', 'to', 'via', 'cseq', 'contact', 'route', 'record-route']) {
          if (headers.some(({ key }) => key === name)) expect(message.getParsedHeader(name)).toBeTruthy();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(parseMessage(Buffer.from(bytes)).ok).toBe(false);
      }),
    );
  });

  it.each([
    ['commas', 'Contact: ', ','],
    ['items', 'Contact: ', 'a,'],
    ['quotes', 'Contact: ', '"'],
    ['brackets', 'Contact: ', '<'],
    ['semicolons', 'Contact: <sip:a@b>', ';'],
    ['parameters', 'From: <sip:a@b>', ';a=b'],
    ['blanks', 'CSeq: 1', ' '],
    ['folds', 'Subject: ', '\r\n '],
    ['backslashes', 'From: "', '\\'],
    ['slashes', 'Via: SIP', ' /'],
    ['percents', 'Contact: <sip:', '%41'],
    ['digits', 'Content-Length: ', '9'],
    ['lines', 'X: 1\r\n', 'Via: SIP/2.0/UDP h\r\n'],
    ['colons', '', ':'],
    ['tags', 'To: <sip:a@b>;', 'tag=1;'],
  ])('needs time linear in the size for %s', (_name, prefix, piece) => {
    const message = (size: number): Buffer =>
      Buffer.from(
        `INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n` +
          `${prefix}${piece.repeat(Math.floor(size / piece.length))}\r\n\r\n`,
      );
    const wide = {
      ...DEFAULT_LIMITS,
      message: 1 << 22,
      line: 1 << 22,
      headers: 1 << 20,
      items: 1 << 20,
      vias: 1 << 20,
    };
    const bytes = message(400_000);
    const started = process.cpuUsage();
    parseMessage(bytes, wide);
    parseMessage(bytes);
    const { user, system } = process.cpuUsage(started);
    // A quadratic parser needs minutes for this, a linear one some ten milliseconds.
    expect((user + system) / 1000).toBeLessThan(3000);
  });
});
