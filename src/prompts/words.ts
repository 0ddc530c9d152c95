const PLACEHOLDER = /\{([A-Za-z][A-Za-z0-9_]{0,31})\}/g;
/** What a value may put into words, and what is spoken at once. */
const MOST_VALUE = 200;
export const MOST_WORDS = 2000;

/** Values that words are filled with, by name. */
export type Values = Readonly<Record<string, string | undefined>>;

/** One line without control characters; what reads like an instruction to an engine is taken apart. */
const cleaned = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    // espeak-ng reads phonemes between double brackets.
    .replace(/\[(?=\[)/g, '[ ')
    .replace(/ {2,}/g, ' ')
    .trim();

/** Whether words have places for values. */
export const hasPlaces = (text: string): boolean => text.search(PLACEHOLDER) >= 0;

/**
 * Words with their places filled: `{source}` takes `values.source`, or nothing when there is none. Values are cut after 200
 * characters, and the whole after 2,000.
 */
export const fillWords = (text: string, values: Values): string =>
  cleaned(
    text.replace(PLACEHOLDER, (_, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      return cleaned([...(value ?? '')].slice(0, MOST_VALUE).join(''));
    }),
  ).slice(0, MOST_WORDS);

/** Words in a language: `say` of a sound may be the same in all of them. */
export const wordsIn = (
  say: string | Readonly<Record<string, string>>,
  language: string,
): { readonly text: string; readonly language: string } | undefined => {
  if (typeof say === 'string') return { text: say, language };
  const found = [language, 'en', ...Object.keys(say)].find((name) => Object.hasOwn(say, name));
  const text = found === undefined ? undefined : say[found];
  return found === undefined || text === undefined ? undefined : { text, language: found };
};
