import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDay,
  formatDuration,
  formatMoney,
  formatNumber,
  formatPage,
  formatRegion,
  initials,
  partyText,
  readAmount,
} from '../../../../../src/web/softphone/views/format.ts';
import { wordsOf } from '../../../../../src/web/softphone/words/index.ts';

const en = wordsOf('en');
const zh = wordsOf('zh');

describe('formatNumber', () => {
  it.each([
    ['+12125550142', '+1 212 555 0142'],
    ['+8613800138000', '+86 138 0013 8000'],
    ['+493055501834', '+49 305 550 1834'],
    ['+35312345678', '+353 123 456 78'],
    ['+493*****34', '+49 3** *** 34'],
    ['1001', '1001'],
    ['alice', 'alice'],
    ['+49', '+49'],
  ])('%s is shown as %s', (number, text) => expect(formatNumber(number)).toBe(text));

  it('changes nothing but spaces, and leaves no digit alone', () => {
    const numbers = fc.stringMatching(/^\+[1-9]\d{6,14}$/);
    fc.assert(
      fc.property(numbers, (number) => {
        const groups = formatNumber(number).split(' ');
        expect(groups.join('')).toBe(number);
        expect(groups.slice(1).every((group) => group.length >= 2)).toBe(true);
      }),
    );
  });
});

describe('partyText', () => {
  it.each([null, '', 'anonymous', 'Anonymous'])('%s is nobody known', (party) =>
    expect(partyText({ party, visitor: false }, en)).toBe(en.unknownCaller),
  );

  it('is no withheld number where a visitor of a page has none', () => {
    expect(partyText({ party: null, visitor: true }, en)).toBe(en.visitor);
    expect(partyText({ party: '+493055501834' }, en)).toBe('+49 305 550 1834');
  });
});

describe('formatDuration', () => {
  it.each([
    [-5, '0:00'],
    [0, '0:00'],
    [59_999, '0:59'],
    [60_000, '1:00'],
    [3_599_000, '59:59'],
    [3_600_000, '1:00:00'],
    [36_125_000, '10:02:05'],
  ])('%d ms are %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));
});

describe('formatDay', () => {
  const now = new Date(2026, 2, 30, 0, 30).getTime();
  it.each([
    [new Date(2026, 2, 30, 0, 1), 'Today'],
    [new Date(2026, 2, 29, 23, 59), 'Yesterday'],
    [new Date(2026, 2, 29, 0, 0), 'Yesterday'],
    [new Date(2026, 2, 28, 23, 59), 'Sat 28 Mar'],
    [new Date(2025, 11, 31, 12, 0), '31 Dec 2025'],
  ])('%s is %s', (day, text) => expect(formatDay(day.getTime(), now, en).replace(',', '')).toBe(text));
});

describe('other texts', () => {
  it('money is written as the language does, also in a currency that is none', () => {
    expect(formatMoney({ amount: 1490, currency: 'EUR' }, en)).toBe('€1,490.00');
    expect(formatMoney({ amount: 12, currency: 'no currency' }, en)).toBe('12 no currency');
  });

  it('regions have names', () => {
    expect(formatRegion('DE', en)).toBe('Germany');
    expect(formatRegion('DE', zh)).toBe('德国');
    expect(formatRegion('Bavaria', en)).toBe('Bavaria');
  });

  it.each([
    ['https://www.example.com/', 'example.com'],
    ['http://example.com/a/b?gclid=1#x', 'example.com/a/b'],
    ['/relative', '/relative'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
  ])('page %s is shown as %s', (address, text) => expect(formatPage(address)).toBe(text));

  it.each([
    ['Mara Lindt', 'ML'],
    ['tomas', 'T'],
    ['anna.maria.berg', 'AB'],
    ['王伟', '王'],
    ['+49 30', ''],
    ['', ''],
  ])('%s is abbreviated to %s', (name, text) => expect(initials(name)).toBe(text));
});

describe('readAmount', () => {
  it.each([
    ['', null],
    ['  ', null],
    ['12', 12],
    ['249,90', 249.9],
    ['1 490.50', 1490.5],
    ['-1', undefined],
    ['1e9', undefined],
    ['1,234.50', undefined],
    ['free', undefined],
  ])('"%s" is %s', (text, amount) => expect(readAmount(text)).toBe(amount));
});
