import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const KNOWN = 10_000;

type Forms = {
  /** As people of its region write it. */
  readonly national: string;
  /** What a telephone dials. */
  readonly dialled: string;
};

const known = new Map<string, Forms>();

/** Chinese service numbers are reached by no other number than their own ten digits. */
const isServiceNumber = (e164: string): boolean => /^\+86[48]00\d{7}$/.test(e164);

const read = (e164: string): Forms => {
  const national = parsePhoneNumberFromString(e164)?.formatNational();
  if (!isServiceNumber(e164)) return { national: national ?? e164, dialled: e164 };
  const digits = e164.slice(3);
  return { national: `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}`, dialled: digits };
};

const formsOf = (e164: string): Forms => {
  const found = known.get(e164);
  if (found) return found;
  if (known.size >= KNOWN) known.clear();
  const forms = read(e164);
  known.set(e164, forms);
  return forms;
};

const digitsOf = (text: string): string => text.replace(/\D/g, '');

/** Puts digits in the places that another text has its digits; undefined when it has more or fewer of them. */
const fill = (pattern: string, digits: string): string | undefined => {
  let next = 0;
  const text = pattern.replace(/\d/g, () => digits.charAt(next++));
  return next === digits.length ? text : undefined;
};

/**
 * A number as a page is to show it: in the form that the plan gives for the number in its place when it has as many digits,
 * else in national form.
 *
 * @param e164 the number
 * @param pattern another number in the form that is wanted: `(030) 12 34 56`
 */
export const displayOf = (e164: string, pattern?: string): string => {
  const { national } = formsOf(e164);
  if (pattern === undefined) return national;
  const digits = pattern.trimStart().startsWith('+') ? digitsOf(e164) : digitsOf(national);
  return fill(pattern, digits) ?? national;
};

/** What a `tel:` link dials: E.164; ten digits for a Chinese 400 or 800 number; two pauses and the code where there is one. */
export const dialOf = (e164: string, code?: string): string =>
  code === undefined ? formsOf(e164).dialled : `${formsOf(e164).dialled},,${code}`;

/**
 * Which of several numbers a page means: it may write it in national form, and with a code after it.
 *
 * @param text what a link or a selection held
 * @param numbers E.164
 */
export const meantNumber = (text: string, numbers: readonly string[]): string | null => {
  const number = (text.split(/[,;]/)[0] ?? '').slice(0, 60).replace('(0)', '');
  const digits = digitsOf(number).replace(/^0+/, '');
  if (digits.length < 6) return null;
  return numbers.find((candidate) => candidate.endsWith(digits)) ?? null;
};
