import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialOf, displayOf, meantNumber } from '../../../../src/tracking/dni/display.ts';

describe('a number in a page', () => {
  it('is shown in national form', () => {
    expect(displayOf('+12025550123')).toBe('(202) 555-0123');
    expect(displayOf('+4930123456')).toBe('030 123456');
    expect(displayOf('+861088888888')).toBe('010 8888 8888');
    expect(displayOf('+864001234567')).toBe('400-123-4567');
  });

  it('is shown in the form of the number whose place it takes, when it has as many digits', () => {
    expect(displayOf('+12025550123', '202.555.0000')).toBe('202.555.0123');
    expect(displayOf('+12025550123', '+1 (202) 555-0000')).toBe('+1 (202) 555-0123');
    expect(displayOf('+864001234567', '4008 000 000')).toBe('4001 234 567');
    expect(displayOf('+4930123456', '(030) 12 34 56 78')).toBe('030 123456');
  });

  it('is dialled as E.164, Chinese service numbers as they are, codes after two pauses', () => {
    expect(dialOf('+12025550123')).toBe('+12025550123');
    expect(dialOf('+864001234567')).toBe('4001234567');
    expect(dialOf('+868001234567', '4821')).toBe('8001234567,,4821');
    expect(dialOf('+12025550123', '4821')).toBe('+12025550123,,4821');
  });
});

describe('the number that a tap meant', () => {
  const NUMBERS = ['+12025550123', '+4930123456', '+864001234567'];

  it('is found in any way of writing it', () => {
    for (const [text, number] of [
      ['+1 202 555 0123', '+12025550123'],
      ['(202) 555-0123', '+12025550123'],
      ['tel:+49-30-123456', '+4930123456'],
      ['030 123456', '+4930123456'],
      ['0049 30 123456', '+4930123456'],
      ['+49 (0)30 123456', '+4930123456'],
      ['4001234567,,4821', '+864001234567'],
      ['4001234567;ext=4821', '+864001234567'],
    ] as const)
      expect([text, meantNumber(text, NUMBERS)]).toEqual([text, number]);
  });

  it('is none of another, of a few digits, or of none', () => {
    for (const text of ['+12025550124', '23', '', 'call us', '12025550123999'])
      expect(meantNumber(text, NUMBERS)).toBeNull();
  });

  it('is found however it is grouped', () => {
    const groups = fc.array(fc.constantFrom(' ', '-', '.', ' ', '–', '/', ''), {
      minLength: 10,
      maxLength: 10,
    });
    fc.assert(
      fc.property(groups, (separators) => {
        const text = [...'2025550123'].map((digit, i) => `${digit}${separators[i] ?? ''}`).join('');
        return meantNumber(text, NUMBERS) === '+12025550123';
      }),
    );
  });
});
