import type { Random } from './random.ts';
import type { SimPerson, TrafficOptions } from './types.ts';

const PHONES = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
] as const;

const DESKTOPS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
] as const;

const DECLARED_BOTS = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
] as const;

const LANGUAGES = [
  { weight: 0.8, language: 'de-DE', timeZone: 'Europe/Berlin' },
  { weight: 0.1, language: 'en-US', timeZone: 'Europe/Berlin' },
  { weight: 0.05, language: 'de-AT', timeZone: 'Europe/Vienna' },
  { weight: 0.05, language: 'tr-TR', timeZone: 'Europe/Berlin' },
] as const;

/** A German mobile number; block by block unlike those of the site. */
const telephone = (random: Random): string =>
  `+49${random.pick(['151', '160', '170', '171', '172', '175', '176'])}${random.text(8, '0123456789')}`;

const address = (random: Random): string =>
  `${random.pick([77, 79, 84, 87, 91, 93])}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`;

export const makePerson = (random: Random, options: TrafficOptions): SimPerson => {
  const onPhone = random.chance(options.phones);
  const { language, timeZone } = random.weighted(LANGUAGES);
  return {
    device: onPhone ? 'phone' : 'desktop',
    userAgent: random.pick(onPhone ? PHONES : DESKTOPS),
    language,
    timeZone,
    address: address(random),
    automated: false,
    remembers: !random.chance(options.forgetful),
    telephone: telephone(random),
    otherTelephone: telephone(random),
    withheld: random.chance(options.withheld),
  };
};

/** Half of the bots say what they are, most others give themselves away, some can't be told from people. */
export const makeBot = (random: Random): SimPerson => {
  const kind = random.weighted([
    { weight: 0.5, kind: 'declared' as const },
    { weight: 0.4, kind: 'driven' as const },
    { weight: 0.1, kind: 'disguised' as const },
  ]).kind;
  return {
    device: 'desktop',
    userAgent: random.pick(kind === 'declared' ? DECLARED_BOTS : DESKTOPS),
    language: kind === 'declared' ? undefined : 'en-US',
    timeZone: 'UTC',
    address: `66.249.${64 + random.below(32)}.${1 + random.below(254)}`,
    automated: kind === 'driven',
    remembers: false,
    telephone: '',
    otherTelephone: '',
    withheld: false,
  };
};

/** A number that machines call from: a new one each time. */
export const spamTelephone = (random: Random): string =>
  `+49${random.pick(['30', '40', '69', '89'])}${random.text(8, '123456789')}`;
