import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShownNumber } from '../../../../src/web/dni/contract.ts';
import { digitsOf, matcherOf } from '../../../../src/web/dni/match.ts';
import { linkOf, rewrite, rewriteLink } from '../../../../src/web/dni/write.ts';
import { formArbitrary, NUMBERS, wide } from './numbers.ts';

const BERLIN = '+493023125031';
const berlin: ShownNumber = { e164: '+493055512345', display: '030 55512345', tel: '+493055512345' };
const bremen: ShownNumber = { e164: '+4942155512345', display: '0421 55512345', tel: '+4942155512345' };
const service: ShownNumber = { e164: '+864007654321', display: '400-765-4321', tel: '4007654321' };
const coded: ShownNumber = { ...service, tel: '4007654321,,4821', suffix: ' 转 4821' };

describe('writing another number in the form of the first', () => {
  it.each([
    ['030 23125031', '030 55512345'],
    ['(030) 2312-5031', '(030) 5551-2345'],
    ['030/23 12 50 31', '030/55 51 23 45'],
    ['+49 30 23125031', '+49 30 55512345'],
    ['+49 (0)30 23125031', '+49 (0)30 55512345'],
    ['0049 30 2312 5031', '0049 30 5551 2345'],
    ['03023125031', '03055512345'],
    ['493023125031', '493055512345'],
    ['030\u00a02312\u20135031', '030\u00a05551\u20132345'],
    [wide('030-23125031'), wide('030-55512345')],
    // Its area code would be torn apart.
    ['0302 3125031', '030 55512345'],
  ])('%j becomes %j', (text, expected) => {
    expect(rewrite(text, BERLIN, berlin)).toBe(expected);
  });

  it.each([
    ['030 23125031', '0421 55512345'],
    ['+49 30 23125031', '+49 421 55512345'],
    ['0049 30 23125031', '+49 421 55512345'],
    [wide('030 23125031'), '０４２１ ５５５１２３４５'],
  ])('of another length: %j becomes %j', (text, expected) => {
    expect(rewrite(text, BERLIN, bremen)).toBe(expected);
  });

  it('goes by the display that the plan gives', () => {
    expect(rewrite('+49 30 23125031', BERLIN, { ...bremen, display: '(0421) 555 12345' })).toBe(
      '+49 (421) 555 12345',
    );
    expect(rewrite('+49 30 23125031', BERLIN, { ...bremen, display: '+49 421 555 12345' })).toBe(
      '+49 421 555 12345',
    );
    expect(rewrite('030 23125031', BERLIN, service)).toBe('+86 400-765-4321');
  });

  it.each([
    ['400-123-4567', '400-765-4321'],
    ['4001234567', '4007654321'],
    ['400 123 4567', '400 765 4321'],
    ['400-1234-567', '400-7654-321'],
    ['4001-234-567', '400-765-4321'],
    ['86-400-123-4567', '86-400-765-4321'],
    [wide('400-123-4567'), wide('400-765-4321')],
  ])('a service number: %j becomes %j', (text, expected) => {
    expect(rewrite(text, '+864001234567', service)).toBe(expected);
    expect(rewrite(text, '+864001234567', coded)).toBe(`${expected} 转 4821`);
  });

  it('keeps the separators, the prefix and the width wherever the groups fit, and is found again', () => {
    const others = NUMBERS.map((number) => {
      const last = (Number(number.at(-1)) + 1) % 10;
      return [number, number.slice(0, -1) + last] as const;
    });
    const cases = fc
      .constantFrom(...others)
      .chain(([from, to]) => fc.tuple(fc.constant(from), fc.constant(to), formArbitrary(from)));
    fc.assert(
      fc.property(cases, ([from, to, form]) => {
        const [found] = matcherOf([from])(form);
        const text = found?.text ?? '';
        // A display of one group fits everything.
        const written = rewrite(text, from, { e164: to, display: to.slice(1), tel: to });
        expect(written.replace(/[\d\uff10-\uff19]/g, '#')).toBe(text.replace(/[\d\uff10-\uff19]/g, '#'));
        expect(digitsOf(written).slice(0, -1)).toBe(digitsOf(text).slice(0, -1));
        expect(matcherOf([to])(written)).toMatchObject([{ number: to, text: written }]);
        expect(rewrite(written, to, { e164: from, display: from.slice(1), tel: from })).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});

describe('links', () => {
  const find = matcherOf([BERLIN, '+864001234567']);
  const shown: Record<string, ShownNumber> = { [BERLIN]: berlin, '+864001234567': coded };
  const rewritten = (href: string): string => rewriteLink(href, find, (number) => shown[number]);

  it.each([
    ['tel:+493023125031', 'tel:+493055512345'],
    ['tel:030-23125031', 'tel:+493055512345'],
    ['TEL:%2B49%2030%2023125031', 'TEL:+493055512345'],
    ['tel://+493023125031', 'tel://+493055512345'],
    ['tel:4001234567', 'tel:4007654321,,4821'],
    ['tel:4001234567,,12', 'tel:4007654321,,4821'],
    ['tel:+49-30-23125031;ext=5', 'tel:+493055512345'],
    ['sms:+864001234567?body=Hi%20there', 'sms:+864007654321?body=Hi%20there'],
    ['sms:4001234567&body=Hi', 'sms:+864007654321&body=Hi'],
    ['callto:03023125031', 'callto:+493055512345'],
  ])('%s becomes %s', (href, expected) => {
    expect(rewritten(href)).toBe(expected);
  });

  it.each([
    'tel:+4930231250311',
    'tel:110',
    'https://example.com/?tel=+493023125031',
    'mailto:4001234567@qq.com',
    'tel:%',
    '',
  ])('leaves %j as it is', (href) => {
    expect(rewritten(href)).toBe(href);
  });

  it('tells what a link dials', () => {
    expect(linkOf('tel:030%2023125031')?.number).toBe('030 23125031');
    expect(linkOf('/contact')).toBeUndefined();
  });
});
