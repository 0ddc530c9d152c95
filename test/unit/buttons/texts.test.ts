import { describe, expect, it } from 'vitest';
import { buttonText, consentText, inLanguage, languageOf } from '../../../src/buttons/texts.ts';

describe('languageOf', () => {
  it('is Chinese where the first that is named is', () => {
    expect(languageOf('zh-TW')).toBe('zh');
    expect(languageOf(undefined, '', 'zh')).toBe('zh');
    expect(languageOf('de', 'zh')).toBe('en');
    expect(languageOf()).toBe('en');
  });
});

describe('inLanguage', () => {
  it('takes the language, else English, else what there is', () => {
    const texts = { en: 'Call', zh: '电话', de: 'Anruf' };
    expect(inLanguage(texts, 'de-AT')).toBe('Anruf');
    expect(inLanguage(texts, 'fr')).toBe('Call');
    expect(inLanguage({ zh: '电话' }, 'fr')).toBe('电话');
    expect(inLanguage('Call', 'zh')).toBe('Call');
  });

  it('has words of its own for buttons and consent', () => {
    expect(buttonText(undefined, 'zh')).toBe('电话咨询');
    expect(buttonText({ en: 'Hello' }, 'zh')).toBe('Hello');
    const callback = { enabled: true, hours: '08:00-21:00', tries: 2, retryMinutes: 15 };
    expect(consentText({ callback }, 'zh')).toContain('同意');
    expect(consentText({ callback: { ...callback, consent: 'Yes' } }, 'zh')).toBe('Yes');
  });
});
