import type { ButtonPlan, Texts } from '../config/index.ts';

export type Language = 'en' | 'zh';

/** The language that words of ours are in: Chinese where it is asked for, else English. */
export const languageOf = (...wished: readonly (string | undefined)[]): Language =>
  wished
    .find((tag) => tag !== undefined && tag.trim() !== '')
    ?.toLowerCase()
    .startsWith('zh')
    ? 'zh'
    : 'en';

const BUTTON: Texts = {
  en: 'Call us',
  zh: '电话咨询',
  de: 'Rufen Sie uns an',
  fr: 'Appelez-nous',
  es: 'Llámenos',
};
const CONSENT: Texts = {
  en: 'I agree to be called on this number about my request.',
  zh: '我同意就此次咨询通过该号码接听回电。',
};

/** `de` of `de-DE`. */
const primary = (tag: string): string => tag.toLowerCase().split(/[-_]/)[0] ?? '';

/**
 * Words in a language; where there are none, in English, else in whichever stands first.
 *
 * @param language a tag such as `de` or `de-DE`
 */
export const inLanguage = (texts: Texts, language: string): string => {
  if (typeof texts === 'string') return texts;
  const [first = ''] = Object.values(texts);
  return texts[primary(language)] ?? texts['en'] ?? first;
};

/** What stands on a button. */
export const buttonText = (text: Texts | undefined, language: string): string =>
  inLanguage(text ?? BUTTON, language);

/** What a visitor agrees to who wants to be called. */
export const consentText = ({ callback }: Pick<ButtonPlan, 'callback'>, language: string): string =>
  inLanguage(callback.consent ?? CONSENT, language);
