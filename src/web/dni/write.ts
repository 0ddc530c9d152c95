import type { ShownNumber } from './contract.ts';
import { digitsOf, type Matcher, partsOf, plain } from './match.ts';

/** How many of the last `length` digits stand behind each gap between them: `030 2312-5031` of 10 → [8, 4]. */
const breaksOf = (text: string, length: number): number[] => {
  return plain(text)
    .split(/\D+/)
    .map((_, at, all) => all.slice(at).join('').length)
    .filter((left) => left && left < length);
};

/**
 * Whether digits can be exchanged one by one: as many of them, and the new number's first group (mostly the area code)
 * ends where the page ends a group too.
 */
const fits = (text: string, display: string, length: number): boolean => {
  const [first] = breaksOf(display, length);
  const breaks = breaksOf(text, length);
  return !first || !breaks.length || breaks.includes(first);
};

const widened = (text: string): string =>
  text.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));

/**
 * Writes `shown` in place of the number `from` in the form that `text` has: its separators and its prefix, full-width
 * where it is. Where the groups don't fit, in the form that the gateway gives.
 *
 * @param text one way to write `from`, as a matcher finds it
 */
export const rewrite = (text: string, from: string, shown: ShownNumber): string => {
  const old = partsOf(from);
  const now = partsOf(shown.e164);
  if (!old || !now) return text;
  const digits = digitsOf(text);
  const prefix = digits.slice(0, -old.national.length);
  const suffix = shown.suffix || '';
  const same = old.code === now.code;
  const { length } = now.national;
  if (same && length === old.national.length && fits(text, shown.display, length)) {
    const next = prefix + now.national;
    let at = 0;
    const form = text.replace(/[\d\uff10-\uff19]/g, (digit) => {
      const written = next.charAt(at++);
      return digit > '9' ? widened(written) : written;
    });
    return form + suffix;
  }
  const abroad = !same || prefix.replace(/0$/, '').endsWith(old.code);
  const trunk = digitsOf(shown.display).length - length;
  // Without the national prefix: (030) → (30).
  const national =
    trunk > 0 ? shown.display.replace(new RegExp(`^(\\D*)\\d{${trunk}}\\s*`), '$1') : shown.display;
  const form = abroad && shown.display[0] !== '+' ? `+${now.code} ${national}` : shown.display;
  return (/[\uff10-\uff19]/.test(text) ? widened(form) : form) + suffix;
};

const LINK = /^\s*((?:tel|sms|callto):(?:\/\/)?)([^?;,&]*)[^?&]*(.*)$/i;

/** A link to call or write to. */
export type Link = {
  /** `tel:` */
  readonly head: string;
  /** As it is written. */
  readonly number: string;
  /** `?body=…` */
  readonly rest: string;
};

/** Undefined for other links. */
export const linkOf = (href: string): Link | undefined => {
  const link = LINK.exec(href);
  if (!link) return undefined;
  let number = link[2] as string;
  try {
    number = decodeURIComponent(number);
  } catch {}
  return { head: link[1] as string, number, rest: link[3] as string };
};

export const isSms = ({ head }: Link): boolean => /^s/i.test(head);

/** A `tel:`, `sms:` or `callto:` link with its number exchanged; any other as it is. */
export const rewriteLink = (
  href: string,
  find: Matcher,
  shownOf: (number: string) => ShownNumber | undefined,
): string => {
  const link = linkOf(href);
  const found = link && find(link.number)[0];
  const shown = found && shownOf(found.number);
  return link && shown ? link.head + (isSms(link) ? shown.e164 : shown.tel) + link.rest : href;
};
