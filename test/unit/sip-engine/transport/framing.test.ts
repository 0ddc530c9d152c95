import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFramer, type Frame } from '../../../../src/sip-engine/transport/framing.ts';

const message = (body: string, name = 'Content-Length'): string =>
  `MESSAGE sip:a SIP/2.0\r\nSubject: x\r\n${name}: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const feed = (chunks: readonly Buffer[], most = 65_536): Frame[] => {
  const framer = createFramer(most);
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let frame = framer.next(); frame; frame = framer.next()) frames.push(frame);
  }
  return frames;
};

const show = (frame: Frame): string => (frame.kind === 'message' ? frame.bytes.toString() : frame.kind);

describe('createFramer', () => {
  it('cuts the same frames however the stream is split', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'ping',
        message(''),
        message('äöü\r\n\r\nx', 'l'),
        message('hello', 'CONTENT-LENGTH   '),
      ),
      fc.string({ maxLength: 40 }).map((body) => message(body)),
    );
    const parts = fc.array(part, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        parts,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
        (all, sizes) => {
          const bytes = Buffer.from(all.map((each) => (each === 'ping' ? '\r\n\r\n' : each)).join(''));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(feed(chunks).map(show)).toEqual(all);
        },
      ),
    );
  });

  it('steps over a single line end between messages', () => {
    expect(feed([Buffer.from(`\r\n${message('a')}\r\n${message('b')}`)]).map(show)).toEqual([
      message('a'),
      message('b'),
    ]);
  });

  it('does not answer half a ping', () => {
    expect(feed([Buffer.from('\r\n\r')])).toEqual([]);
  });

  it('takes a lone line end for a pong while one is awaited, and for half a ping otherwise', () => {
    let awaited = true;
    const framer = createFramer(1000, () => awaited);
    framer.push(Buffer.from('\r\n'));
    expect(framer.next()).toBeUndefined();
    framer.push(Buffer.from('\r\n'));
    expect(framer.next()).toBeUndefined();
    awaited = false;
    for (const half of ['\r\n', '\r\n']) framer.push(Buffer.from(half));
    expect(framer.next()?.kind).toBe('ping');
    expect(framer.next()).toBeUndefined();
  });

  it('tells whether a message has begun', () => {
    const framer = createFramer(1000);
    const text = message('hello');
    const begun = [];
    for (const part of ['\r\n', text.slice(0, 1), text.slice(1, -1), text.slice(-1)]) {
      framer.push(Buffer.from(part));
      while (framer.next());
      begun.push(framer.begun);
    }
    expect(begun).toEqual([false, true, true, false]);
  });

  it('takes no body where no length is given, and a folded length', () => {
    const bare = 'MESSAGE sip:a SIP/2.0\r\nSubject: x\r\n\r\n';
    const folded = 'MESSAGE sip:a SIP/2.0\r\nContent-Length:\r\n 2\r\n\r\nhi';
    expect(feed([Buffer.from(bare + folded)]).map(show)).toEqual([bare, folded]);
  });

  it.each(['-1', 'x', '', '1 2', '99999999999'])('breaks off at a length of %j', (length) => {
    const frames = feed([
      Buffer.from(`A b SIP/2.0\r\nContent-Length: ${length}\r\n\r\n`),
      Buffer.from(message('x')),
    ]);
    expect(frames.map((frame) => frame.kind)).toEqual(['broken']);
    expect(frames[0]).toMatchObject({ tooLarge: false });
  });

  it('breaks off at a head or a body above the limit, holding no more than that', () => {
    const head = feed(
      Array.from({ length: 300 }, () => Buffer.alloc(10, 'a')),
      1000,
    );
    expect(head).toHaveLength(1);
    expect(head[0]).toMatchObject({ kind: 'broken', tooLarge: true });
    const body = feed([Buffer.from('A b SIP/2.0\r\nContent-Length: 1001\r\n\r\n')], 1000);
    expect(body).toMatchObject([{ kind: 'broken', tooLarge: true }]);
  });
});
