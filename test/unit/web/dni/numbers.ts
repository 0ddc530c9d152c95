import fc from 'fast-check';
import { partsOf } from '../../../../src/web/dni/match.ts';

/** Numbers of several plans: area codes of several lengths, mobile and service numbers, no national prefix, a zero that stays. */
export const NUMBERS = [
  '+493023125031',
  '+4942123125031',
  '+12079460958',
  '+442079460123',
  '+33142685300',
  '+390669812345',
  '+4520123456',
  '+74951234567',
  '+3612345678',
  '+864001234567',
  '+861088888888',
  '+8613812345678',
] as const;

export const numberArbitrary = fc.constantFrom(...NUMBERS);

const GAPS = [
  '',
  ' ',
  '-',
  '.',
  '/',
  '\u00a0',
  '\u2013',
  '\u2011',
  ' / ',
  ' - ',
  '\u202f',
  '\n      ',
] as const;

/** Digits in groups with whatever between them. */
const groupedArbitrary = (digits: string): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...GAPS, '', '', ''), {
      minLength: digits.length - 1,
      maxLength: digits.length - 1,
    })
    .map((gaps) => [...digits].map((digit, at) => digit + (gaps[at] ?? '')).join(''));

export const wide = (text: string): string =>
  text.replace(/[+()\-0-9]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0));

const trunkOf = (code: string): string =>
  code === '1' ? '1' : code === '7' ? '8' : code === '36' ? '06' : '0';

/** One of the ways in which people write a number. */
export const formArbitrary = (e164: string): fc.Arbitrary<string> => {
  const { code = '', national = '' } = partsOf(e164) ?? {};
  const prefixes = [
    '',
    `${trunkOf(code)} `,
    `${trunkOf(code)}`,
    `+${code}`,
    `+${code} `,
    `+${code} (0)`,
    `+${code} (0) `,
    `00${code} `,
    `00 ${code}-`,
    `011 ${code} `,
    `(+${code}) `,
    `(00${code})`,
    `${code}-`,
  ];
  return fc
    .tuple(fc.constantFrom(...prefixes), groupedArbitrary(national), fc.boolean())
    .map(([prefix, rest, isWide]) => (isWide ? wide(prefix + rest) : prefix + rest));
};
