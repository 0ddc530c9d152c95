import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** An ISO 3166-1 alpha-2 region that the phone number tables know, such as `DE`. */
export type Region = CountryCode;

export const isRegion = (text: string): text is Region => isSupportedCountry(text);

export type PhoneNumber = {
  /** E.164 with the plus, such as `+4930123456`. */
  readonly e164: string;
  /** Region the number belongs to, when it can be told. */
  readonly region: Region | undefined;
};

const cache = new Map<string, PhoneNumber | undefined>();
const CACHE_LIMIT = 10_000;

const parse = (text: string, region: Region | undefined): PhoneNumber | undefined => {
  // Carriers send E.164 without its plus, or with 00: both mean an international number.
  const candidates = /^00[1-9]\d{6,}$/.test(text) ? [`+${text.slice(2)}`] : [text];
  if (/^[1-9]\d{9,14}$/.test(text)) candidates.push(`+${text}`);
  for (const candidate of candidates) {
    const number = parsePhoneNumberFromString(candidate, region);
    if (number?.isPossible()) return { e164: number.number, region: number.country };
  }
  return undefined;
};

/**
 * Reads a phone number as people and carriers write it.
 *
 * @param text digits with or without `+`, `00`, separators
 * @param region where national numbers belong; without it only international ones are understood
 * @returns undefined when the text is no possible phone number
 */
export const parsePhone = (text: string, region?: Region): PhoneNumber | undefined => {
  if (text.length > 40) return undefined;
  const key = `${region ?? ''}|${text}`;
  if (cache.has(key)) return cache.get(key);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  const number = parse(text, region);
  cache.set(key, number);
  return number;
};

/** What a number is good for: `unknown` are those that no numbering plan has, and lie next to premium ones often enough. */
export type NumberKind = 'usual' | 'premium' | 'unknown';

/** Tells from the numbering plans whether a call to an E.164 number costs more than others. */
export const numberKind = (e164: string): NumberKind => {
  const number = parsePhoneNumberFromString(e164);
  if (!number?.isValid()) return 'unknown';
  return number.getType() === 'PREMIUM_RATE' ? 'premium' : 'usual';
};

/** Whether an E.164 number can be a mobile telephone's: some numbering plans don't tell them from others. */
export const mayBeMobile = (e164: string): boolean => {
  const number = parsePhoneNumberFromString(e164);
  if (!number?.isValid()) return false;
  const type = number.getType();
  return type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE';
};

/**
 * 110, 112, 911, 999 and their like have three digits, in some countries two (15, 17, 18); so have the services next to them,
 * such as 116 or 988. The longer ones: Pakistan, Switzerland's air rescue, China's by text, India, Britain's by text relay.
 */
const EMERGENCY = /^(?:\d{2,3}|1122|1414|12110|109[1-8]|18000)$/;

/**
 * Whether what somebody dials is an emergency number, or lies next to one. Written with separators, as an international
 * number, or with a prefix for outside lines it is the same number.
 */
export const isEmergency = (dialled: string): boolean => {
  // Full-width digits are digits, any dash separates, and what can't be seen is nothing.
  const digits = dialled.normalize('NFKC').replace(/[\s().\-/+\p{Pd}\p{Cf}]/gu, '');
  return EMERGENCY.test(digits) || /^0{1,2}(?:110|112|911|999)$/.test(digits);
};

/** Numbers that nobody has as a telephone, and that cost whoever calls them, or earn somebody something. */
const SERVICES: ReadonlySet<string | undefined> = new Set([
  'PREMIUM_RATE',
  'SHARED_COST',
  'TOLL_FREE',
  'PERSONAL_NUMBER',
  'PAGER',
  'VOICEMAIL',
]);

/** Whether an E.164 number leads to a service rather than to somebody's telephone: 0180 in Germany, 070 in Britain, 800. */
export const isService = (e164: string): boolean => {
  const number = parsePhoneNumberFromString(e164);
  return number?.isValid() === true && SERVICES.has(number.getType());
};

/** Shows a number with its middle hidden: `+4930123456` becomes `+493*****56`. */
export const maskPhone = (e164: string): string => {
  if (e164.length <= 6) return '*'.repeat(e164.length);
  return e164.slice(0, 4) + '*'.repeat(e164.length - 6) + e164.slice(-2);
};
