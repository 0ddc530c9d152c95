import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clocksOfRegion,
  firstClosing,
  LONGEST_WAIT_MS,
  nextInAll,
} from '../../../../src/buttons/call-backs/hours.ts';
import { openState } from '../../../../src/flows/index.ts';

const SPAN = '08:00-21:00';
const at = (text: string): number => Date.parse(text);
const next = (region: string, from: string, span = SPAN): string | undefined => {
  const moment = nextInAll(clocksOfRegion(region, span), at(from));
  return moment === undefined ? undefined : new Date(moment).toISOString();
};

describe('hours by the clock of a number', () => {
  it('are those of its region', () => {
    expect(next('DE', '2026-11-23T07:30:00Z')).toBe('2026-11-23T07:30:00.000Z');
    expect(next('DE', '2026-11-23T21:30:00Z')).toBe('2026-11-24T07:00:00.000Z');
    expect(next('CN', '2026-11-23T13:30:00Z')).toBe('2026-11-24T02:00:00.000Z');
    expect(next('JP', '2026-11-23T13:30:00Z')).toBe('2026-11-23T23:00:00.000Z');
  });

  it('have to fit in every zone of a region that has several', () => {
    // Eight o'clock of Honolulu, Adak being on the same clock in winter, is 13:00 in New York.
    expect(next('US', '2026-11-23T14:00:00Z')).toBe('2026-11-23T18:00:00.000Z');
    // Nine in the evening of New York.
    expect(firstClosing(clocksOfRegion('US', SPAN), at('2026-11-23T18:00:00Z'))).toBe(
      at('2026-11-24T02:00:00Z'),
    );
    expect(next('US', '2026-11-24T02:00:00Z')).toBe('2026-11-24T18:00:00.000Z');
  });

  it('follow the clock over its changes', () => {
    // Berlin sets its clock forward in the night to 2026-03-29, and back in the night to 2026-10-25.
    expect(next('DE', '2026-03-28T20:30:00Z')).toBe('2026-03-29T06:00:00.000Z');
    expect(next('DE', '2026-10-24T20:30:00Z')).toBe('2026-10-25T07:00:00.000Z');
  });

  it('are never where zones lie too far apart, or none is known', () => {
    expect(next('RU', '2026-11-23T12:00:00Z', '12:00-13:00')).toBeUndefined();
    expect(clocksOfRegion('001', SPAN)).toEqual([]);
    expect(clocksOfRegion('__proto__', SPAN)).toEqual([]);
  });

  it('give the first moment at which all are open, and no earlier one', () => {
    const hour = fc.integer({ min: 0, max: 23 });
    const two = (value: number): string => String(value).padStart(2, '0');
    fc.assert(
      fc.property(
        fc.constantFrom('DE', 'US', 'CN', 'AU', 'RU', 'GB', 'IN', 'BR', 'PT', 'NP'),
        fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') }),
        hour,
        fc.integer({ min: 6, max: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (region, from, begin, length, share) => {
          const clocks = clocksOfRegion(region, `${two(begin)}:00-${two((begin + length) % 24)}:00`);
          const moment = nextInAll(clocks, from);
          const isOpen = (when: number): boolean =>
            clocks.every((clock) => openState(clock, when).state === 'open');
          const end = moment ?? from + LONGEST_WAIT_MS / 20;
          if (moment !== undefined) {
            expect(moment).toBeGreaterThanOrEqual(from);
            expect(isOpen(moment)).toBe(true);
            const closing = firstClosing(clocks, moment);
            expect(closing === undefined || !isOpen(closing) || !isOpen(closing - 1)).toBe(
              closing !== undefined,
            );
          }
          const earlier = Math.floor(from + (end - from) * share);
          if (earlier < end) expect(isOpen(earlier)).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });
});
