import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAppMessage, preservedNames } from '../../../../src/sip-engine/drachtio/app-message.ts';

const names = (text: string, preserved?: ReadonlySet<string>): readonly string[] | undefined =>
  parseAppMessage(`OPTIONS sip:a@b SIP/2.0\r\n${text}\r\n\r\n`, preserved)?.headers.map(({ name }) => name);

describe('header names', () => {
  it('get their usual spelling, but for those that are to stay as they are', () => {
    const text = 'call-id: 1\r\nx-My-name: 2\r\nsip-eTAG: 3\r\nacme-ID: 4';
    expect(names(text)).toEqual(['Call-ID', 'x-My-name', 'SIP-ETag', 'Acme-Id']);
    const preserved = preservedNames('Acme-ID, Sip-etag');
    expect(names(text, preserved)).toEqual(['Call-ID', 'x-My-name', 'sip-eTAG', 'acme-ID']);
  });

  it.each(['X Y', 'X.Y', 'Ünder', '', 'X|Y'])('%j is refused', (name) => {
    expect(names(`${name}: 1`)).toBeUndefined();
  });
});

describe('what would break a line', () => {
  it.each([
    'X: a\rY: b',
    'X: a\nY: b',
    'X: a\0b',
    'Call-ID: a|b',
    'Call-ID: a b',
    'i: a|b',
    'From: <sip:a@b>;tag=a|b',
    'To: sip:a@b; TAG = x|y',
  ])('%j is refused', (line) => {
    expect(names(line)).toBeUndefined();
  });

  it.each(['From: "a|b" <sip:a@b>;tag=ab', 'X: a|b', 'Subject: a\r\n b'])('%j is none', (line) => {
    expect(names(line)).toHaveLength(1);
  });

  it('no header comes out that did not go in as a line of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const message = parseAppMessage(`OPTIONS sip:a@b SIP/2.0\r\nSubject: ${value}\r\n\r\n`);
        if (message === undefined) return;
        for (const field of message.headers) expect(field.value).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
