import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillWords, hasPlaces, wordsIn } from '../../../src/prompts/words.ts';

describe('fillWords', () => {
  it('fills places, and leaves out what is not known', () => {
    expect(fillWords('Call from {source}, {campaign}.', { source: 'Google Ads' })).toBe(
      'Call from Google Ads, .',
    );
    expect(fillWords('{toString}{__proto__}{constructor}', {})).toBe('{__proto__}');
    expect(fillWords('{a}', { a: '{b}', b: 'x' })).toBe('{b}');
  });

  it('cuts long values and cleans them', () => {
    expect(fillWords('{a}', { a: `x\u0000\n${'y'.repeat(500)}` })).toHaveLength(198 + 1);
    expect(fillWords('{a}', { a: '[[mbrola]] <b>' })).toBe('[ [mbrola]] <b>');
  });

  it('is one line whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, value) => {
        const filled = fillWords(`${text} {value}`, { value });
        expect(filled).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(filled).not.toContain('[[');
        expect(filled.length).toBeLessThanOrEqual(2000);
      }),
      { numRuns: 40 },
    );
  });
});

describe('wordsIn', () => {
  it('takes the language, else English, else what there is', () => {
    expect(wordsIn('Hello', 'zh')).toEqual({ text: 'Hello', language: 'zh' });
    expect(wordsIn({ en: 'Hello', zh: '你好' }, 'zh')).toEqual({ text: '你好', language: 'zh' });
    expect(wordsIn({ de: 'Hallo', en: 'Hello' }, 'zh')).toEqual({ text: 'Hello', language: 'en' });
    expect(wordsIn({ de: 'Hallo' }, 'zh')).toEqual({ text: 'Hallo', language: 'de' });
    expect(wordsIn({}, 'zh')).toBeUndefined();
  });
});

it('hasPlaces', () => {
  expect([hasPlaces('{a}'), hasPlaces('a {}'), hasPlaces('{1}'), hasPlaces('x')]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
