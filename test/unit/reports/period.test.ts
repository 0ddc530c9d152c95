import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/base/errors.ts';
import { namedPeriod, PERIOD_NAMES, parseInstant, readPeriod } from '../../../src/reports/index.ts';

const BERLIN = 'Europe/Berlin';
const at = (text: string, zone = BERLIN): number => DateTime.fromISO(text, { zone }).toMillis();
const NOW = at('2026-11-05T15:30');

describe('namedPeriod', () => {
  it.each([
    ['today', '2026-11-05', '2026-11-06'],
    ['yesterday', '2026-11-04', '2026-11-05'],
    ['7d', '2026-10-30', '2026-11-06'],
    ['30d', '2026-10-07', '2026-11-06'],
    ['month', '2026-11-01', '2026-11-06'],
    ['last-month', '2026-10-01', '2026-11-01'],
  ] as const)('%s is %s up to %s', (name, from, to) => {
    expect(namedPeriod(name, BERLIN, NOW)).toEqual({ from: at(from), to: at(to), zone: BERLIN });
  });

  it('knows days of 23 and 25 hours', () => {
    const spring = namedPeriod('today', BERLIN, at('2026-03-29T12:00'));
    expect(spring.to - spring.from).toBe(23 * 3_600_000);
    const autumn = namedPeriod('yesterday', BERLIN, at('2026-10-26T00:00'));
    expect(autumn.to - autumn.from).toBe(25 * 3_600_000);
  });

  it("uses the zone's own date", () => {
    const instant = Date.UTC(2026, 10, 5, 23, 30);
    expect(namedPeriod('today', 'Asia/Shanghai', instant).from).toBe(at('2026-11-06', 'Asia/Shanghai'));
    expect(namedPeriod('today', 'America/New_York', instant).from).toBe(at('2026-11-05', 'America/New_York'));
  });

  it('begins and ends at midnight in every zone, at any time', () => {
    const zone = fc.constantFrom(BERLIN, 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Africa/Cairo', 'UTC');
    const now = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2040, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...PERIOD_NAMES), zone, now, (name, inZone, time) => {
        const period = namedPeriod(name, inZone, time);
        expect(period.from).toBeLessThan(period.to);
        for (const bound of [period.from, period.to]) {
          const moment = DateTime.fromMillis(bound, { zone: inZone });
          expect(moment.toMillis()).toBe(moment.startOf('day').toMillis());
        }
      }),
    );
  });
});

describe('parseInstant', () => {
  it('reads dates and times in the zone, offsets as they are', () => {
    expect(parseInstant('2026-11-01', BERLIN)).toBe(Date.UTC(2026, 9, 31, 23));
    expect(parseInstant('2026-11-01T09:30', BERLIN)).toBe(Date.UTC(2026, 10, 1, 8, 30));
    expect(parseInstant('2026-11-01T09:30:00Z', BERLIN)).toBe(Date.UTC(2026, 10, 1, 9, 30));
  });

  it.each(['', 'yesterday', '2026-13-01', '2026-02-30', '01.11.2026', '2026', '20261101'])(
    'refuses "%s"',
    (text) => {
      expect(parseInstant(text, BERLIN)).toBeUndefined();
    },
  );
});

describe('readPeriod', () => {
  const problems = (input: Parameters<typeof readPeriod>[0]): string[] => {
    try {
      readPeriod(input, NOW);
      return [];
    } catch (error) {
      return error instanceof UsageError ? error.problems.map((problem) => problem.path) : ['thrown'];
    }
  };

  it('defaults to the last 30 days', () => {
    expect(readPeriod({ zone: BERLIN }, NOW)).toEqual(namedPeriod('30d', BERLIN, NOW));
  });

  it('ends with today when only the beginning is named', () => {
    expect(readPeriod({ from: '2026-11-01', zone: BERLIN }, NOW)).toEqual({
      from: at('2026-11-01'),
      to: at('2026-11-06'),
      zone: BERLIN,
    });
  });

  it('names everything that is wrong', () => {
    expect(problems({ zone: 'Mars/Olympus', period: 'fortnight', from: '2026-11-01' })).toEqual([
      'zone',
      'period',
      'period',
    ]);
    expect(problems({ from: 'x', to: 'y' })).toEqual(['from', 'to']);
    expect(problems({ to: '2026-11-01' })).toEqual(['from']);
    expect(problems({ from: '2026-11-02', to: '2026-11-01' })).toEqual(['to']);
    expect(problems({ from: '2026-11-01', to: '2026-11-02', zone: BERLIN })).toEqual([]);
  });
});
