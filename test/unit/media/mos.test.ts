import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mosFrom } from '../../../src/media/mos.ts';

const quality = fc.record({
  lossPercent: fc.double({ min: 0, max: 100, noNaN: true }),
  jitterMs: fc.double({ min: 0, max: 2000, noNaN: true }),
  rttMs: fc.double({ min: 0, max: 5000, noNaN: true }),
});

describe('mosFrom', () => {
  it.each([
    [{ lossPercent: 0, jitterMs: 0 }, 4.39],
    [{ lossPercent: 1, jitterMs: 5, rttMs: 50 }, 4.29],
    [{ lossPercent: 5, jitterMs: 20, rttMs: 100 }, 3.81],
    [{ lossPercent: 0, jitterMs: 0, rttMs: 600 }, 3.46],
    [{ lossPercent: 20, jitterMs: 0 }, 2.58],
  ])('scores %o with %f', (input, expected) => {
    expect(mosFrom(input)).toBeCloseTo(expected, 1);
  });

  it('takes an unknown round trip as none', () => {
    expect(mosFrom({ lossPercent: 2, jitterMs: 3, rttMs: undefined })).toBe(
      mosFrom({ lossPercent: 2, jitterMs: 3, rttMs: 0 }),
    );
  });

  it('stays within 1 and 4.5 even for nonsense', () => {
    const any = fc.double();
    fc.assert(
      fc.property(any, any, any, (lossPercent, jitterMs, rttMs) => {
        const mos = mosFrom({ lossPercent, jitterMs, rttMs });
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(4.5);
      }),
    );
  });

  it('never rises when anything gets worse', () => {
    fc.assert(
      fc.property(quality, quality, (a, b) => {
        const worse = {
          lossPercent: Math.max(a.lossPercent, b.lossPercent),
          jitterMs: Math.max(a.jitterMs, b.jitterMs),
          rttMs: Math.max(a.rttMs, b.rttMs),
        };
        // But for the last digits of floating point.
        expect(mosFrom(worse)).toBeLessThanOrEqual(mosFrom(a) + 1e-9);
      }),
      { numRuns: 1000 },
    );
  });
});
