/** A tone and its rhythm: seconds on, off, on, off and so on, again and again. */
export type Cadence = { readonly hertz: readonly number[]; readonly rhythm: readonly number[] };

const NORTH_AMERICA: Cadence = { hertz: [440, 480], rhythm: [2, 4] };
const CHINA: Cadence = { hertz: [450], rhythm: [1, 4] };
const BRITAIN: Cadence = { hertz: [400, 450], rhythm: [0.4, 0.2, 0.4, 2] };
const EUROPE: Cadence = { hertz: [425], rhythm: [1, 4] };
const JAPAN: Cadence = { hertz: [384, 416], rhythm: [1, 2] };

const BY_REGION: Readonly<Record<string, Cadence>> = {
  US: NORTH_AMERICA,
  CA: NORTH_AMERICA,
  CN: CHINA,
  HK: BRITAIN,
  GB: BRITAIN,
  IE: BRITAIN,
  AU: BRITAIN,
  NZ: BRITAIN,
  SG: BRITAIN,
  JP: JAPAN,
};

const BY_LANGUAGE: Readonly<Record<string, Cadence>> = { en: NORTH_AMERICA, zh: CHINA, ja: JAPAN };

/** What a caller is used to hear while it rings at the other end (ITU-T E.180), by a language tag such as `zh-CN`. */
export const ringbackOf = (languageTag: string): Cadence => {
  const [language = '', ...rest] = languageTag.split('-');
  const region = rest.find((part) => /^[a-z]{2}$/i.test(part))?.toUpperCase();
  if (region) return BY_REGION[region] ?? EUROPE;
  return BY_LANGUAGE[language.toLowerCase()] ?? EUROPE;
};

/** The bell of this phone: a warbling fifth, in a rhythm that nobody takes for the other's line. */
export const RINGTONE: Cadence = { hertz: [587.33, 880], rhythm: [0.5, 0.25, 0.5, 2.25] };

/** One short note for a call that waits while another is talked. */
export const WAITING: Cadence = { hertz: [425], rhythm: [0.2, 9.8] };

export const SPEAKER_TEST: Cadence = { hertz: [523.25, 659.25], rhythm: [0.6, 0.2] };

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYS = '123A456B789C*0#D';

/** The two tones of a key (ITU-T Q.23). */
export const keyTones = (key: string): readonly number[] => {
  const at = KEYS.indexOf(key.toUpperCase());
  const [row, column] = [ROWS[Math.floor(at / 4)], COLUMNS[at % 4]];
  return key.length !== 1 || at < 0 || row === undefined || column === undefined ? [] : [row, column];
};
