import { isLanguage, type Language, languageFor } from '../words/index.ts';

export const THEMES = ['system', 'light', 'dark'] as const;

export type Theme = (typeof THEMES)[number];

/** What a person chose for this browser. */
export type Choices = { readonly language: Language; readonly theme: Theme };

const LANGUAGE_KEY = 'dialtrace.language';
const THEME_KEY = 'dialtrace.theme';

/** The part of `Storage` that is used; it may be forbidden by the browser and throw. */
export type ChoiceStorage = {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
};

const read = (storage: ChoiceStorage, key: string): string | null => {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
};

/** The choices made before; else the first language of the browser that there are words in, and the system's theme. */
export const loadChoices = (storage: ChoiceStorage, languages: readonly string[]): Choices => {
  const language = read(storage, LANGUAGE_KEY);
  const theme = read(storage, THEME_KEY);
  return {
    language: isLanguage(language) ? language : languageFor(languages),
    theme: THEMES.find((known) => known === theme) ?? 'system',
  };
};

export const saveChoices = (storage: ChoiceStorage, { language, theme }: Choices): void => {
  try {
    storage.setItem(LANGUAGE_KEY, language);
    storage.setItem(THEME_KEY, theme);
  } catch {
    // They hold for this page, then.
  }
};
