import { describe, expect, it } from 'vitest';
import { candidateWords, percentWords, timeWords } from '../../../../src/tracking/matching/words.ts';

describe('reasons', () => {
  it('are told in words', () => {
    const evidence = { shown_ms: 180_000, in_view: 1, tap: 2000, tap_ms: 4000, linked: 500 };
    expect(candidateWords({ visitId: 'a', evidence })).toBe(
      'shown the number 3 min before the call, tapped it 4 s before, the page still in view, ' +
        'the caller is known to be this visitor',
    );
  });

  it('name nobody', () => {
    expect(candidateWords({ visitId: undefined, evidence: {} })).toContain('nobody');
  });

  it.each([
    [0, '0 s'],
    [89_000, '89 s'],
    [180_000, '3 min'],
    [7_200_000, '2 h'],
    [5 * 86_400_000, '5 d'],
  ])('tell %i ms as %s', (ms, words) => {
    expect(timeWords(ms)).toBe(words);
  });

  it.each([
    [1, '100 %'],
    [0.99999, '99.99 %'],
    [0.974, '97 %'],
    [0.004, '< 1 %'],
    [0, '0 %'],
  ])('tell %f as %s', (probability, words) => {
    expect(percentWords(probability)).toBe(words);
  });
});
