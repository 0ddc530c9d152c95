import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matcherOf, partsOf } from '../../../../src/web/dni/match.ts';
import { formArbitrary, NUMBERS, numberArbitrary, wide } from './numbers.ts';

const find = matcherOf(NUMBERS);
const foundIn = (text: string): string[] => find(text).map(({ text: form, number }) => `${number}: ${form}`);

describe('the number matcher', () => {
  it.each([
    ['Ruf an: 030 23125031!', '+493023125031', '030 23125031'],
    ['(030) 2312-5031', '+493023125031', '(030) 2312-5031'],
    ['(030 23125031)', '+493023125031', '030 23125031'],
    ['0049 30 23125031', '+493023125031', '0049 30 23125031'],
    ['+49 (0)30 / 23 12 50 31', '+493023125031', '+49 (0)30 / 23 12 50 31'],
    ['0421/23125031', '+4942123125031', '0421/23125031'],
    ['1-207-946-0958', '+12079460958', '1-207-946-0958'],
    ['(207) 946.0958', '+12079460958', '(207) 946.0958'],
    ['2079460958', '+12079460958', '2079460958'],
    ['8 (495) 123-45-67', '+74951234567', '8 (495) 123-45-67'],
    ['06 1 234 5678', '+3612345678', '06 1 234 5678'],
    ['tel. 06 6981 2345', '+390669812345', '06 6981 2345'],
    ['热线：400-123-4567（免费）', '+864001234567', '400-123-4567'],
    ['电话4001234567', '+864001234567', '4001234567'],
    ['(010) 8888 8888', '+861088888888', '(010) 8888 8888'],
    ['138 1234 5678', '+8613812345678', '138 1234 5678'],
    [wide('400-123-4567'), '+864001234567', wide('400-123-4567')],
    ['7000 030 23125031', '+493023125031', '030 23125031'],
    ['Mo-Fr 8-18 Uhr 030 23125031', '+493023125031', '030 23125031'],
  ])('finds the number of %j', (text, number, form) => {
    expect(foundIn(text)).toEqual([`${number}: ${form}`]);
  });

  it.each([
    ['a direct line', '030 23125031-12'],
    ['a second line', '030/23125031/32'],
    ['a longer number', '94001234567'],
    ['a longer number', '40012345678'],
    ['a longer number in full-width digits', wide('94001234567')],
    ['a part number', '17-400-123-4567'],
    ["another country's number", '+44 207 946 0958'],
    ["another country's number", '+81 400 123 4567'],
    ["another country's number", '0044 2079460958'],
    ['an address', '13812345678@163.com'],
    ['other digits', '030 23125032'],
    ['nothing', ''],
  ])('leaves %s alone: %j', (_, text) => {
    expect(find(text)).toEqual([]);
  });

  it('finds several, each where it stands', () => {
    const text = 'Berlin 030 23125031, Bremen 0421 23125031 oder +49 30 23125031';
    expect(foundIn(text)).toEqual([
      '+493023125031: 030 23125031',
      '+4942123125031: 0421 23125031',
      '+493023125031: +49 30 23125031',
    ]);
    for (const { start, end, text: form } of find(text)) expect(text.slice(start, end)).toBe(form);
  });

  it('prefers the longer of two numbers that begin alike', () => {
    const both = matcherOf(['+4930231250', '+493023125031']);
    expect(both('030 23125031')[0]?.number).toBe('+493023125031');
    expect(both('030 231250')[0]?.number).toBe('+4930231250');
  });

  it('finds nothing without numbers, and minds no junk', () => {
    expect(matcherOf([])('030 23125031')).toEqual([]);
    expect(matcherOf(['', 'x', '030'])('030 23125031')).toEqual([]);
  });

  it('finds any form of a number', () => {
    const inForm = numberArbitrary.chain((number) =>
      fc.tuple(
        fc.constant(number),
        formArbitrary(number),
        fc.constantFrom('', 'Tel: ', '电话：', '('),
        fc.constantFrom('', ' bis 18 Uhr', '。', '.', ')'),
      ),
    );
    fc.assert(
      fc.property(inForm, ([number, form, before, after]) => {
        const found = matcherOf([number])(before + form + after);
        expect(found.map((each) => each.number)).toEqual([number]);
        // Not necessarily its outer brackets.
        expect(form).toContain(found[0]?.text);
        expect(found[0]?.text.length).toBeGreaterThanOrEqual(form.length - 1);
      }),
      { numRuns: 250 },
    );
  });

  it('never finds a number inside a longer run of digits', () => {
    const digit = fc.integer({ min: 0, max: 9 }).map(String);
    const glue = fc.constantFrom('', '-', '.', '/', '\u2013');
    const run = numberArbitrary.chain((number) =>
      fc.tuple(fc.constant(number), formArbitrary(number), glue, digit, fc.boolean()),
    );
    fc.assert(
      fc.property(run, ([number, form, between, more, isBefore]) => {
        // A digit before may make another way of writing the same number: 0 and 1, 7, 8 and 6 are national prefixes.
        // After a blank another number may begin.
        const { code = '' } = partsOf(number) ?? {};
        fc.pre(!isBefore || (/^\d\S*$/.test(form) && !/[01678]/.test(more) && !code.includes(more)));
        const text = isBefore ? more + between + form : form + between + more;
        expect(matcherOf([number])(text)).toEqual([]);
      }),
      { numRuns: 250 },
    );
  });

  it('takes a long page in its stride', () => {
    const text = `${'030 2312503 400-123-456 '.repeat(20_000)}030 23125031`;
    expect(find(text)).toHaveLength(1);
  });
});
