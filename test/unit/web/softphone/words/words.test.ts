import { describe, expect, it } from 'vitest';
import { LANGUAGES, languageFor, wordsOf } from '../../../../../src/web/softphone/words/index.ts';

type Leaf = { readonly path: string; readonly value: unknown };

const leaves = (value: unknown, path = ''): readonly Leaf[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
    : [{ path, value }];

/** What a word says when told recognisable things. */
const said = (value: unknown): string =>
  typeof value === 'function' ? String(value('‹1›', '‹2›')) : String(value);

describe.each(LANGUAGES)('words in %s', (language) => {
  const all = leaves(wordsOf(language));

  it('say something, without blanks at their ends', () => {
    for (const { path, value } of all) {
      expect(said(value), path).toMatch(/\S/);
      expect(said(value).trim(), path).toBe(said(value));
    }
  });

  it('use all they are told', () => {
    for (const { path, value } of all) {
      if (typeof value !== 'function') continue;
      for (let place = 1; place <= value.length; place++) expect(said(value), path).toContain(`‹${place}›`);
    }
  });
});

describe('languages', () => {
  it('differ in every sentence', () => {
    const chinese = new Map(leaves(wordsOf('zh')).map(({ path, value }) => [path, said(value)]));
    const same = leaves(wordsOf('en'))
      .filter(({ path, value }) => chinese.get(path) === said(value))
      .map(({ path }) => path);
    // Names, and a reason that is a sentence already.
    expect(same.sort()).toEqual(['.problems.refused.title', '.quality.figures.mos', '.wrapUp.saveKey']);
  });

  it('are found by tags of browsers', () => {
    expect(languageFor(['zh-TW', 'en'])).toBe('zh');
    expect(languageFor(['de', 'EN-us', 'zh'])).toBe('en');
    expect(languageFor([])).toBe('en');
  });
});
