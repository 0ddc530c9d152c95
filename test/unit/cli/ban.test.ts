import { describe, expect, it } from 'vitest';
import { banTime } from '../../../src/cli/ban.ts';

describe('banTime', () => {
  it.each([
    ['90s', 90],
    ['30m', 1800],
    ['12h', 43_200],
    ['1d', 86_400],
    ['2w', 1_209_600],
    ['forever', 'forever'],
  ])('%s', (text, seconds) => {
    expect(banTime(text)).toBe(seconds);
  });

  it.each(['', '0d', '1', 'd', '1y', '-1d', '1.5h', '99999w', 'ever'])('refuses “%s”', (text) => {
    expect(() => banTime(text)).toThrow('Use a time');
  });
});
