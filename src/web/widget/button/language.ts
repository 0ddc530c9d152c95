import type { Language } from './contract.ts';

/** The first of the wished tags (`zh-Hans-CN`, `en_GB`) that there are words in; English if none. */
export const languageOf = (wished: readonly (string | null | undefined)[]): Language => {
  for (const tag of wished) {
    const [, found] = /^(en|zh)(?![a-z])/i.exec(tag || '') || [];
    if (found) return found.toLowerCase() as Language;
  }
  return 'en';
};
