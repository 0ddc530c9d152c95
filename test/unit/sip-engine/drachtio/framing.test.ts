import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAppMessage } from '../../../../src/sip-engine/drachtio/app-message.ts';
import { createDeframer, createFrameBuffer, MAX_FRAME } from '../../../../src/sip-engine/drachtio/framing.ts';
import { timeText } from '../../../../src/sip-engine/drachtio/leader.ts';

const payload = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 200 })
  .map((text) => Buffer.from(text).toString());

describe('frames', () => {
  it('survive any cutting of the stream', () => {
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 })),
        (payloads, cuts) => {
          const frames = createFrameBuffer();
          for (const each of payloads) frames.add(each);
          const stream = frames.take();
          const deframer = createDeframer();
          const read: string[] = [];
          let from = 0;
          for (const size of [...cuts, stream.length]) {
            const found = deframer.push(stream.subarray(from, from + size));
            expect(found).toBeDefined();
            read.push(...(found ?? []));
            from += size;
            if (from >= stream.length) break;
          }
          expect(read).toEqual(payloads);
        },
      ),
    );
  });

  it('count bytes, not characters', () => {
    const frames = createFrameBuffer();
    // Nine and ninety-nine characters that are ten and a hundred bytes: the length takes one digit more.
    for (const text of ['é€', `é${'x'.repeat(8)}`, `é${'x'.repeat(98)}`]) frames.add(text);
    expect(frames.take().toString()).toBe(`5#é€10#é${'x'.repeat(8)}100#é${'x'.repeat(98)}`);
    expect(frames.isEmpty).toBe(true);
  });

  it('larger than the buffer, and those taken before, are whole', () => {
    const frames = createFrameBuffer();
    frames.add('first');
    const first = frames.take();
    const large = '€'.repeat(40_000);
    frames.add('second');
    frames.add(large);
    frames.reuse();
    expect(frames.take().toString()).toBe(`6#second120000#${large}`);
    expect(first.toString()).toBe('5#first');
    frames.reuse();
    frames.add('third');
    expect(frames.take().toString()).toBe('5#third');
  });

  it.each(['x', '#', '0#', '-1#a', '1234567', `${MAX_FRAME + 1}#`, ' 1#a'])('%j is none', (text) => {
    expect(createDeframer().push(Buffer.from(text))).toBeUndefined();
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        createDeframer().push(Buffer.from(bytes));
      }),
    );
  });
});

describe("an application's message", () => {
  it('gets usual names, unfolded values and its body', () => {
    const message = parseAppMessage(
      'INVITE sip:a SIP/2.0\r\ncall-id: 1\r\nx-Mine:\r\n  a\r\n\tb\r\nContent-Length: 9\r\n\r\nv=0\r\n\r\nrest',
    );
    expect(message?.headers.map(({ key, name, value }) => [key, name, value])).toEqual([
      ['call-id', 'Call-ID', '1'],
      ['x-mine', 'x-Mine', 'a b'],
      ['content-length', 'Content-Length', '9'],
    ]);
    expect(message?.body).toBe('v=0\r\n\r\nrest');
  });

  it.each(['no colon', 'bad name: x', 'A: x\nB: y', 'A: x\rB: y', ': x', 'Ä: x'])('%j is refused', (line) => {
    expect(parseAppMessage(`INVITE sip:a SIP/2.0\r\n${line}\r\n\r\n`)).toBeUndefined();
  });

  it('can not smuggle a header in', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (value) => {
        const message = parseAppMessage(
          `INVITE sip:a SIP/2.0\r\nSubject: ${value.replaceAll('\r\n', '')}\r\n\r\n`,
        );
        for (const header of message?.headers ?? []) expect(header.value).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

it('time is told in UTC with microseconds', () => {
  expect(timeText(Date.UTC(2026, 0, 2, 3, 4, 5, 67))).toBe('03:04:05.067000');
  expect(timeText(Date.UTC(2026, 0, 2, 3, 4, 6, 0))).toBe('03:04:06.000000');
});
