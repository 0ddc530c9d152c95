import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerValue, multipartParts, parseMessage } from '../../../../src/sip-engine/message/index.ts';

const body = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

const read = (bytes: Buffer, contentType = 'multipart/mixed;boundary=b1') =>
  multipartParts(bytes, contentType)?.map((part) => [
    headerValue(part, 'content-type'),
    part.body.toString('latin1'),
  ]);

describe('multipartParts', () => {
  it('finds the SDP beside an ISUP part', () => {
    const bytes = body(
      'what stands before is none of it',
      '--b1 ',
      'Content-Type: application/sdp',
      'Content-Disposition: session',
      '',
      'v=0',
      '',
      '--b1',
      'c: application/ISUP;version=x',
      '',
      '\x01\x00\r\n--b1x\xff',
      '--b1--',
      'nor is this',
    );
    expect(read(bytes, 'Multipart/Mixed ; boundary="b1" ;x=y')).toEqual([
      ['application/sdp', 'v=0\r\n'],
      ['application/ISUP;version=x', '\x01\x00\r\n--b1x\xff'],
    ]);
  });

  it('takes a part without headers, an empty one, and none at all', () => {
    expect(read(body('--b1', '', 'text', '--b1', '', '', '--b1--'))).toEqual([
      [undefined, 'text'],
      [undefined, ''],
    ]);
    expect(read(body('--b1--'))).toEqual([]);
  });

  it.each<[string, Buffer, string]>([
    ['another type', body('--b1', '', 'x', '--b1--'), 'application/sdp'],
    ['no boundary', body('--b1', '', 'x', '--b1--'), 'multipart/mixed'],
    ['an empty boundary', body('--', '', 'x', '----'), 'multipart/mixed;boundary=""'],
    ['a boundary of 71', body('x'), `multipart/mixed;boundary=${'b'.repeat(71)}`],
    ['broken parameters', body('--b1', '', 'x', '--b1--'), 'multipart/mixed;boundary=b1;;'],
    ['no delimiter', body('x', ''), 'multipart/mixed;boundary=b1'],
    ['no end', body('--b1', '', 'x'), 'multipart/mixed;boundary=b1'],
    ['a broken header', body('--b1', 'no header', '', 'x', '--b1--'), 'multipart/mixed;boundary=b1'],
    [
      '21 parts',
      body(...Array.from({ length: 21 }, () => '--b1\r\n\r\nx'), '--b1--'),
      'multipart/mixed;boundary=b1',
    ],
  ])('gives nothing for %s', (_name, bytes, type) => {
    expect(multipartParts(bytes, type)).toBeUndefined();
  });

  it('reads the signed message of RFC 4475 3.1.1.11', () => {
    const file = new URL('../../../fixtures/rfc4475/mpart01.dat', import.meta.url);
    const result = parseMessage(readFileSync(file));
    if (!result.ok) throw new Error(result.reason);
    const parts = multipartParts(result.message.body, headerValue(result.message, 'content-type') ?? '');
    expect(parts?.map((part) => [headerValue(part, 'content-type'), part.body.length])).toEqual([
      ['text/plain', 5],
      ['application/octet-stream', 342],
    ]);
    // The signature says itself how long it is (DER: a sequence of two length bytes).
    expect(parts?.[1]?.body.subarray(0, 4).toString('hex')).toBe(
      `3082${(342 - 4).toString(16).padStart(4, '0')}`,
    );
  });

  it('gives the parts that were put together', () => {
    const content = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    const boundary = fc.stringMatching(/^[a-z0-9'()+_,./:=?-]{6,20}$/);
    fc.assert(
      fc.property(fc.array(content, { maxLength: 5 }), boundary, (contents, name) => {
        const parts = contents.flatMap((bytes) => [
          Buffer.from(`--${name}\r\nX: 1\r\n\r\n`),
          bytes,
          Buffer.from('\r\n'),
        ]);
        const bytes = Buffer.concat([...parts, Buffer.from(`--${name}--\r\n`)]);
        const got = multipartParts(bytes, `multipart/related;boundary="${name}"`);
        expect(got?.map((part) => part.body.toString('hex'))).toEqual(
          contents.map((each) => each.toString('hex')),
        );
      }),
    );
  });
});
