/** Country calling code and national number. */
export type Parts = { readonly code: string; readonly national: string };

/** A place where a number of the site stands. */
export type Found = {
  readonly start: number;
  readonly end: number;
  /** What stands there. */
  readonly text: string;
  /** E.164 */
  readonly number: string;
};

export type Matcher = (text: string) => Found[];

// Every calling code has one, two or three digits, told apart by the first two (ITU-T E.164, list of assigned codes).
const CODE = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d+)$/;

const DASHES = '\\-\\u2010-\\u2015\\u2212';
// Long enough for a number that is broken over two indented lines.
const GAP = `[\\s\\u200b-\\u200f\\u2060()[\\]./\\u00b7\\u2022${DASHES}]{0,24}`;

/** Splits E.164; undefined when it is none. */
export const partsOf = (e164: string): Parts | undefined => {
  const parts = CODE.exec(e164);
  return parts ? { code: parts[1] as string, national: parts[2] as string } : undefined;
};

/** Full-width forms as ASCII: as many characters as before. */
export const plain = (text: string): string =>
  text.replace(/[\uff01-\uff5e]/g, (each) => String.fromCharCode(each.charCodeAt(0) - 0xfee0));

export const digitsOf = (text: string): string => plain(text).replace(/\D/g, '');

const spell = (digits: string): string => [...digits].join(GAP);

/** All ways to write a number: international by +, 00 or 011, with (0), with the bare code, national with and without prefix. */
const patternOf = (e164: string): string => {
  const { code, national } = partsOf(e164) as Parts;
  const trunk = code === '7' ? '8' : code === '36' ? '06' : '0';
  const abroad = `(?:(?:\\+|${spell('00')}|${spell('011')})${GAP})?`;
  return `((?:${abroad}${spell(code)}${GAP}(?:0${GAP})?|${spell(trunk)}${GAP})?${spell(national)})`;
};

// The end of a longer number, or another country's number with the same digits.
const INSIDE = new RegExp(`\\d[./${DASHES}]?$|(\\+|(^|\\D)00)[\\s(]*\\d{1,3}[\\s().${DASHES}]*$`);

/**
 * Finds the given numbers in whatever form they are written, but not as a piece of a longer number: the direct line
 * `030 123456-12` is not `030 123456`.
 *
 * @param numbers E.164
 */
export const matcherOf = (numbers: readonly string[]): Matcher => {
  // Of two that begin alike the longer one is tried first.
  const sorted = numbers.filter(partsOf).sort((a, b) => b.length - a.length);
  const nationals = sorted.map((each) => (partsOf(each) as Parts).national);
  const pattern = new RegExp(`\\(?(?:${sorted.map(patternOf).join('|')})(?![./${DASHES}]?\\d|@)`, 'g');
  return (text) => {
    const found: Found[] = [];
    const ascii = plain(text);
    const digits = digitsOf(ascii);
    // Most texts have no digits of ours: with many numbers the pattern is slow.
    if (!nationals.some((each) => digits.includes(each))) return found;
    for (let match = pattern.exec(ascii); match; match = pattern.exec(ascii)) {
      const { 0: whole, index } = match;
      if (INSIDE.test(ascii.slice(Math.max(0, index - 12), index))) {
        pattern.lastIndex = index + 1;
        continue;
      }
      // A bracket that is closed behind the number is not its own.
      const start = whole.split('(').length > whole.split(')').length ? index + 1 : index;
      const end = index + whole.length;
      found.push({
        start,
        end,
        text: text.slice(start, end),
        number: sorted[match.slice(1).findIndex(Boolean)] as string,
      });
    }
    return found;
  };
};
