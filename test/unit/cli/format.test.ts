import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bar,
  formatBytes,
  formatDuration,
  formatMoney,
  formatShare,
  formatTime,
  plural,
} from '../../../src/cli/format.ts';
import { renderTable } from '../../../src/cli/output.ts';
import { paintFor } from '../../../src/cli/style.ts';

describe('format', () => {
  it.each([
    [null, '–'],
    [0, '0.0 s'],
    [3249, '3.2 s'],
    [10_000, '0:10'],
    [59_600, '1:00'],
    [245_000, '4:05'],
    [3_723_000, '1:02:03'],
  ])('shows %s ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [1234.5, 'EUR', '1,234.50 EUR'],
    [1234.5, 'JPY', '1,235 JPY'],
    [0, 'USD', '0.00 USD'],
    [null, 'USD', '–'],
    [5, null, '–'],
  ])('shows %s %s as %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency)).toBe(text);
  });

  it('shows shares, bytes, counts and times', () => {
    expect(formatShare(0.666)).toBe('67 %');
    expect(formatShare(null)).toBe('–');
    expect(formatBytes(0)).toBe('0 B');
    expect(formatBytes(1536)).toBe('1.5 KiB');
    expect(formatBytes(5 * 1024 ** 3)).toBe('5.0 GiB');
    expect(plural(1, 'call')).toBe('1 call');
    expect(plural(0, 'call')).toBe('0 calls');
    expect(formatTime('2026-11-05T09:30:00.000Z', 'Europe/Berlin')).toBe('2026-11-05 10:30:00');
    expect(formatTime(null)).toBe('–');
  });

  it('draws bars that never exceed their width, grow with the value, and show the least', () => {
    const value = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(value, value, fc.integer({ min: 1, max: 40 }), (a, b, width) => {
        const greatest = Math.max(a, b, 1);
        const drawn = bar(a, greatest, width);
        expect(drawn.length).toBeLessThanOrEqual(width);
        expect(drawn === '').toBe(a === 0);
        if (a >= b) expect(drawn.length).toBeGreaterThanOrEqual(bar(b, greatest, width).length);
      }),
    );
    expect(bar(10, 10, 5)).toBe('█████');
    expect(bar(5, 10, 5)).toBe('██▌');
  });
});

describe('tables', () => {
  it('aligns columns, wide characters too, and leaves no blanks at the ends', () => {
    const lines = renderTable(
      ['Name', 'Calls'],
      [
        ['广告', 7],
        ['Radio', 120],
        [null, 3],
      ],
      [1],
    ).split('\n');
    expect(lines).toEqual(['Name   Calls', '广告       7', 'Radio    120', '–          3']);
  });
});

describe('colours', () => {
  const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });

  it('are for a terminal whose owner did not refuse them', () => {
    expect(paintFor(stream(true), {})('red', 'x')).toBe('\u001B[31mx\u001B[0m');
    expect(paintFor(stream(true), { NO_COLOR: '1' })('red', 'x')).toBe('x');
    expect(paintFor(stream(true), { TERM: 'dumb' })('red', 'x')).toBe('x');
    expect(paintFor(stream(false), {})('red', 'x')).toBe('x');
  });
});
