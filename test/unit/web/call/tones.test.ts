import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOffMs } from '../../../../src/web/call/back-off.ts';
import { keyTones, ringbackOf } from '../../../../src/web/call/cadences.ts';

describe('waiting before the next try', () => {
  it('is between half a second and half a minute, and grows', () => {
    expect(backOffMs(0, () => 0)).toBe(500);
    expect(backOffMs(99, () => 1)).toBe(30_000);
    fc.assert(
      fc.property(fc.nat(50), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
        const wait = backOffMs(failures, () => chance);
        expect(wait).toBeGreaterThanOrEqual(500);
        expect(wait).toBeLessThanOrEqual(30_000);
        expect(backOffMs(failures + 1, () => chance)).toBeGreaterThanOrEqual(wait);
      }),
    );
  });
});

describe('tones', () => {
  it('are those of the country', () => {
    expect(ringbackOf('zh-CN').hertz).toEqual([450]);
    expect(ringbackOf('zh-Hans-HK').hertz).toEqual([400, 450]);
    expect(ringbackOf('en').hertz).toEqual([440, 480]);
    expect(ringbackOf('en-GB').rhythm).toEqual([0.4, 0.2, 0.4, 2]);
    expect(ringbackOf('de').hertz).toEqual([425]);
  });

  it('are two a key', () => {
    expect(keyTones('5')).toEqual([770, 1336]);
    expect(keyTones('d')).toEqual([941, 1633]);
    expect(keyTones('x')).toEqual([]);
    expect(keyTones('')).toEqual([]);
  });
});
