import { DateTime } from 'luxon';

/** What was read, or what is wrong with it and how to mend it. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly mend: string };

const good = <T>(value: T): Read<T> => ({ ok: true, value });
const bad = (message: string, mend: string): Read<never> => ({ ok: false, message, mend });

/** A billion of any currency, and its millionths are whole numbers still. */
export const MOST_SPENT = 1_000_000_000;
const MOST_COUNT = 1_000_000_000_000;
const MICRO_DIGITS = 6;

const DAY_MEND = 'write the date as 2026-11-22';

/** A calendar day as ISO 8601 writes it. */
export const readDay = (text: string): Read<string> => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return bad(`"${text}" is no date`, DAY_MEND);
  if (!DateTime.fromISO(text, { zone: 'utc' }).isValid)
    return bad(`"${text}" is no day of the calendar`, DAY_MEND);
  return good(text);
};

const MILLIONTHS = 'use at most six decimals';
const POINT = 'write 1234.50: a point before the decimals and nothing between the thousands';

/** An amount of money in millionths: digits, and a point where there are decimals. Nothing is guessed. */
export const readAmount = (text: string): Read<number> => {
  const [, whole = '', decimals = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '') {
    if (/^-/.test(text))
      return bad(`"${text}" is less than nothing`, 'import refunds as less of the cost of their day');
    if (/^[\d.,'\s\u00a0\u202f’]+$/u.test(text))
      return bad(`"${text}" can be read in more than one way`, POINT);
    return bad(`"${text}" is no amount`, `${POINT}; the currency has a column of its own`);
  }
  if (decimals.length > MICRO_DIGITS) return bad(`"${text}" is finer than a millionth`, MILLIONTHS);
  // Digit by digit: 0.1 has no exact binary form.
  const micros = Number(whole + decimals.padEnd(MICRO_DIGITS, '0'));
  if (Number(whole) > MOST_SPENT)
    return bad(`"${text}" is more than a billion`, 'use the unit of the currency');
  return good(micros);
};

/** Clicks, impressions; nothing is null. */
export const readCount = (text: string): Read<number | null> => {
  if (text === '') return good(null);
  if (!/^\d+$/.test(text) || Number(text) > MOST_COUNT)
    return bad(`"${text}" is no whole number`, 'write digits alone: 12345');
  return good(Number(text));
};

/** ISO 4217, in either case. */
export const readCurrency = (text: string): Read<string> =>
  /^[A-Za-z]{3}$/.test(text)
    ? good(text.toUpperCase())
    : bad(`"${text}" is no currency`, 'use a three-letter ISO 4217 currency such as EUR');

const MOST_WORDS = 200;

/** A name as calls have it: one line. */
export const readWords = (text: string): Read<string> =>
  text.length <= MOST_WORDS && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
    ? good(text)
    : bad(`"${text.slice(0, 40)}…" is no name`, `use one line of up to ${MOST_WORDS} characters`);
