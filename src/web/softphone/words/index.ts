import { en, type Words } from './en.ts';
import { zh } from './zh.ts';

export type { Words };

export const LANGUAGES = ['en', 'zh'] as const;

export type Language = (typeof LANGUAGES)[number];

const BY_LANGUAGE: Readonly<Record<Language, Words>> = { en, zh };

export const wordsOf = (language: Language): Words => BY_LANGUAGE[language];

export const isLanguage = (text: string | null): text is Language =>
  LANGUAGES.some((language) => language === text);

/** The first language that a browser asks for (`navigator.languages`) and that there are words in, or English. */
export const languageFor = (wanted: readonly string[]): Language =>
  wanted.map((tag) => tag.toLowerCase().split('-')[0] ?? '').find(isLanguage) ?? 'en';
