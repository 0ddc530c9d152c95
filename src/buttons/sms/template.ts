/** What a message is made of. */
export type Filling = {
  /** E.164 */
  readonly to: string;
  readonly text: string;
  readonly code: string;
};

type Quote = (value: string) => string;

const forJson: Quote = (value) => JSON.stringify(value).slice(1, -1);

/** One pass: what is filled in is not looked through again. */
const fill = (template: string, filling: Filling, quote: Quote): string =>
  template.replace(/\{(to|text|code)\}/g, (_, name: keyof Filling) => quote(filling[name]));

export const isJsonTemplate = (template: string): boolean => /^\s*[[{]/.test(template);

/** A body that is sent: escaped for JSON where the template is JSON, else for a form. */
export const fillBody = (template: string, filling: Filling): string =>
  fill(template, filling, isJsonTemplate(template) ? forJson : encodeURIComponent);

/** The address that it is sent to. */
export const fillUrl = (template: string, filling: Filling): string =>
  fill(template, filling, encodeURIComponent);

const DEFAULT_TEXTS: Readonly<Record<string, string>> = {
  en: '{code} is your code to make the call. It is good for 5 minutes.',
  zh: '您的验证码是 {code}，5 分钟内有效，用于发起本次通话。',
};

/** The message in a language. */
export const messageText = (
  texts: Readonly<Record<string, string>>,
  language: string,
  code: string,
): string => {
  const known = { ...DEFAULT_TEXTS, ...texts };
  const template = known[language] ?? known['en'] ?? '{code}';
  return template.replaceAll('{code}', code);
};
