import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sayNumber, sayPosition, sayWait } from '../../../src/prompts/numbers.ts';
import { SHIPPED_PROMPTS } from '../../../src/prompts/shipped.ts';

const words = (value: number, language: string): string =>
  sayNumber(value, language)
    .map((sound) => String(sound).replace('number-', ''))
    .join(' ');

describe('sayNumber', () => {
  it.each([
    [0, '0', '0'],
    [7, '7', '7'],
    [10, '10', '10'],
    [14, '14', '10 4'],
    [20, '20', '2 10'],
    [42, '40 2', '4 10 2'],
    [100, '1 100', '1 100'],
    [105, '1 100 5', '1 100 0 5'],
    [110, '1 100 10', '1 100 1 10'],
    [116, '1 100 16', '1 100 1 10 6'],
    [999, '9 100 90 9', '9 100 9 10 9'],
    [2026, '2 0 2 6', '2 0 2 6'],
    [-3, '0', '0'],
    [2.6, '3', '3'],
  ])('says %d', (value, english, chinese) => {
    expect(words(value, 'en')).toBe(english);
    expect(words(value, 'zh')).toBe(chinese);
    expect(words(value, 'de')).toBe(english);
  });

  it('uses prompts that are there, and says each number differently', () => {
    const there = new Set(SHIPPED_PROMPTS.map(({ id, language }) => `${id}.${language}`));
    for (const language of ['en', 'zh']) {
      const said = Array.from({ length: 1000 }, (_, value) => words(value, language));
      expect(new Set(said).size).toBe(1000);
      for (const sound of [sayPosition(3, language), sayWait(0, language), sayWait(3e5, language)].flat())
        expect(there.has(`${String(sound)}.${language}`)).toBe(true);
      for (let value = 0; value < 1000; value += 1)
        for (const sound of sayNumber(value, language))
          expect(there.has(`${String(sound)}.${language}`)).toBe(true);
    }
  });

  it('never fails', () => {
    fc.assert(
      fc.property(fc.double(), fc.string(), (value, language) => {
        expect(Array.isArray(sayNumber(value, language))).toBe(true);
        expect(sayWait(value, language).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('sayWait', () => {
  it.each([
    [10_000, undefined],
    [90_000, undefined],
    [100_000, '3'],
    [180_000, '3'],
    [7 * 60_000, '8'],
    [5 * 3_600_000, '60'],
  ])('tells %d ms', (ms, minutes) => {
    const said = sayWait(ms, 'en');
    expect(said.length).toBe(minutes === undefined ? 1 : 3);
    if (minutes !== undefined) expect(said[1]).toBe(`number-${minutes}`);
  });
});
