import type { Money } from '../contract.ts';
import type { Words } from '../words/index.ts';

/** Country codes of one and two digits (ITU-T E.164); all others have three. */
const SHORT_CODES = new Set(
  '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98'.split(
    ' ',
  ),
);

const countryCodeOf = (digits: string): string =>
  [1, 2].map((length) => digits.slice(0, length)).find((code) => SHORT_CODES.has(code)) ?? digits.slice(0, 3);

/** Threes from the left; what is left over stays with its neighbour rather than alone. */
const grouped = (digits: string): string =>
  digits.length <= 4 ? digits : `${digits.slice(0, 3)} ${grouped(digits.slice(3))}`;

const national = (code: string, digits: string): string => {
  if (code === '1' && digits.length === 10) {
    return `${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`;
  }
  if (code === '86' && digits.length === 11 && digits.startsWith('1')) {
    return `${digits.slice(0, 3)} ${digits.slice(3, 7)} ${digits.slice(7)}`;
  }
  return grouped(digits);
};

/**
 * A number with its digits in groups, masked ones (`*`) too: `+49301234567` becomes `+49 301 234 567`. Where an area
 * code ends is not known here. What is no E.164 number is given back as it is.
 */
export const formatNumber = (text: string): string => {
  if (!/^\+[\d*]{5,18}$/.test(text)) return text;
  const digits = text.slice(1);
  const code = countryCodeOf(digits);
  return `+${code} ${national(code, digits.slice(code.length))}`;
};

type Party = { readonly party: string | null; readonly visitor?: boolean };

/** Number or name of somebody, for people to read. */
export const partyText = ({ party, visitor }: Party, words: Words): string => {
  if (visitor) return words.visitor;
  return party === null || party === '' || /^anonymous$/i.test(party)
    ? words.unknownCaller
    : formatNumber(party);
};

const two = (value: number): string => String(value).padStart(2, '0');

/** Milliseconds as `m:ss` or `h:mm:ss`; never negative. */
export const formatDuration = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

const dayOf = (time: number): number => new Date(time).setHours(0, 0, 0, 0);

/** The day of `time` (milliseconds since the epoch) as seen at `now`, in the browser's time zone. */
export const formatDay = (time: number, now: number, words: Words): string => {
  const day = dayOf(time);
  if (day === dayOf(now)) return words.history.today;
  // Noon of yesterday: days of 23 and 25 hours keep out of the way.
  if (day === dayOf(dayOf(now) - 43_200_000)) return words.history.yesterday;
  const year = new Date(time).getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(words.locale, {
    day: 'numeric',
    month: 'short',
    ...(year === undefined ? { weekday: 'short' } : { year }),
  }).format(time);
};

export const formatTime = (time: number, words: Words): string =>
  new Intl.DateTimeFormat(words.locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    time,
  );

export const formatMoney = ({ amount, currency }: Money, words: Words): string => {
  try {
    return new Intl.NumberFormat(words.locale, { style: 'currency', currency }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
};

/** Name of a country by its ISO 3166-1 code; other text as it is. */
export const formatRegion = (region: string, words: Words): string => {
  if (!/^[A-Z]{2}$/.test(region)) return region;
  return new Intl.DisplayNames(words.locale, { type: 'region', fallback: 'code' }).of(region) ?? region;
};

/** A landing page without what everybody knows: `https://www.example.com/a?b=c` becomes `example.com/a`. */
export const formatPage = (address: string): string => {
  const parts = /^https?:\/\/(?:www\.)?([^/?#]+)([^?#]*)/i.exec(address);
  if (!parts) return address;
  const [, host = '', path = ''] = parts;
  return `${host}${path === '/' ? '' : path}`;
};

/** One or two letters that stand for a person; the last letter of a number says nothing. */
export const initials = (name: string): string => {
  const parts = name.split(/[\s._-]+/u).filter((part) => /^\p{L}/u.test(part));
  const [first, ...rest] = parts;
  if (first === undefined) return '';
  if (/^\p{Script=Han}/u.test(first)) return [...first].slice(0, 1).join('');
  const last = rest.at(-1);
  return `${[...first][0] ?? ''}${last === undefined ? '' : ([...last][0] ?? '')}`.toUpperCase();
};

/** What somebody wrote as an amount: comma or point, spaces aside. Undefined when it is none, null when empty. */
export const readAmount = (text: string): number | null | undefined => {
  const plain = text.replace(/\s/g, '');
  if (plain === '') return null;
  if (!/^\d{1,12}(?:[.,]\d{1,4})?$/.test(plain)) return undefined;
  return Number(plain.replace(',', '.'));
};
