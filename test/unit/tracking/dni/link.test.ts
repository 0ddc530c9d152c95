import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ulid } from '../../../../src/base/ids.ts';
import { createLinks } from '../../../../src/tracking/dni/link.ts';

const KEY = '5c'.repeat(32);
const START = Date.UTC(2026, 10, 22);

describe('a link token', () => {
  it('brings a visitor over for two minutes', () => {
    let at = START;
    const links = createLinks(KEY, () => at);
    const visitor = ulid(START);
    const token = links.make(visitor);
    expect(links.read(token)).toBe(visitor);
    at += 119_999;
    expect(links.read(token)).toBe(visitor);
    at += 2000;
    expect(links.read(token)).toBeUndefined();
    at = START - 60_000;
    expect(links.read(token)).toBeUndefined();
  });

  it('is good under one key alone, and not with a letter changed', () => {
    const links = createLinks(KEY, () => START);
    const token = links.make(ulid(START));
    expect(createLinks('5d'.repeat(32), () => START).read(token)).toBeUndefined();
    const other = (letter: string): string => (letter === 'A' ? 'B' : 'A');
    const visitorAndEnd = token.lastIndexOf('.');
    for (let i = 0; i < visitorAndEnd; i += 1)
      expect(
        links.read(`${token.slice(0, i)}${other(token.charAt(i))}${token.slice(i + 1)}`),
      ).toBeUndefined();
    expect(links.read(token.slice(0, -2))).toBeUndefined();
    expect(links.read(`${token}.x`)).toBeUndefined();
  });

  it('reads any text without a word', () => {
    const links = createLinks(KEY, () => START);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => links.read(text) === undefined));
  });
});
