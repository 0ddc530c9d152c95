import { describe, expect, it } from 'vitest';
import { parseSeeds } from '../../../src/cli/simulate.ts';

describe('seeds', () => {
  it('are ranges and single ones, each once', () => {
    expect(parseSeeds('1-3')).toEqual([1, 2, 3]);
    expect(parseSeeds('7')).toEqual([7]);
    expect(parseSeeds('1-2, 9,2')).toEqual([1, 2, 9]);
  });

  it('are refused when they are none, or too many', () => {
    for (const text of ['', 'x', '3-1', '1-', '-5', '1-1000', '1.5'])
      expect(() => parseSeeds(text)).toThrow();
  });
});
