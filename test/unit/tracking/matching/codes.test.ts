import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCode, withCheckDigit } from '../../../../src/tracking/matching/codes.ts';

const digits = fc
  .constantFrom(3, 4)
  .chain((length) =>
    fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
      .map((list) => list.join('')),
  );

describe('extension codes', () => {
  it("have Damm's check digit", () => {
    expect(withCheckDigit('572')).toBe('5724');
    expect(isCode('5724')).toBe(true);
  });

  it('are accepted as they were issued', () => {
    fc.assert(
      fc.property(digits, (text) => {
        expect(isCode(withCheckDigit(text))).toBe(true);
      }),
    );
  });

  it('show each wrong digit', () => {
    const place = fc.nat({ max: 4 });
    fc.assert(
      fc.property(digits, place, fc.integer({ min: 1, max: 9 }), (text, at, shift) => {
        const code = withCheckDigit(text);
        const index = at % code.length;
        const wrong = (Number(code[index]) + shift) % 10;
        expect(isCode(code.slice(0, index) + String(wrong) + code.slice(index + 1))).toBe(false);
      }),
    );
  });

  it('show neighbours that were swapped', () => {
    fc.assert(
      fc.property(digits, fc.nat({ max: 3 }), (text, at) => {
        const code = withCheckDigit(text);
        const index = at % (code.length - 1);
        const [a = '', b = ''] = [code[index], code[index + 1]];
        const swapped = code.slice(0, index) + b + a + code.slice(index + 2);
        expect(isCode(swapped)).toBe(a === b);
      }),
    );
  });

  it('are 1,000 of four digits and 10,000 of five', () => {
    const count = (length: number): number =>
      Array.from({ length: 10 ** length }, (_, value) => String(value).padStart(length, '0')).filter(isCode)
        .length;
    expect([count(4), count(5)]).toEqual([1000, 10_000]);
  });

  it.each(['', '572', '572400', 'abcd', '５７２４', ' 5724', '5724\n'])('are nothing else (%j)', (text) => {
    expect(isCode(text)).toBe(false);
  });
});
