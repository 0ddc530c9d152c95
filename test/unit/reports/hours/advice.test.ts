import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviseHours, normalTail, sumOf } from '../../../../src/reports/hours/advice.ts';
import type { HourCounts } from '../../../../src/reports/hours/types.ts';

const WEEKS = 8;
const EMPTY: HourCounts = { calls: 0, answered: 0, views: 0, times: WEEKS };

const week = (cell: (weekday: number, hour: number) => Partial<HourCounts> | undefined): HourCounts[] =>
  Array.from({ length: 168 }, (_, index) => ({ ...EMPTY, ...cell(Math.floor(index / 24), index % 24) }));

const isOpen = (weekday: number, hour: number): boolean => weekday < 5 && hour >= 9 && hour < 17;

const cells = fc
  .record({
    calls: fc.oneof(fc.constant(0), fc.nat(8), fc.nat(200)),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    times: fc.integer({ min: 1, max: 60 }),
  })
  .map(
    ({ calls, share, times }): HourCounts => ({
      calls,
      answered: Math.round(calls * share),
      views: 0,
      times,
    }),
  );
const weeks = fc.array(cells, { minLength: 168, maxLength: 168 });

/** Small and fast, the same on every machine. */
const randomFrom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

describe('advice from the hours of a week', () => {
  it('says when to advertise', () => {
    const { advice } = adviseHours(
      week((day, hour) => (isOpen(day, hour) ? { calls: 40, answered: 37 } : { calls: 2, answered: 1 })),
    );
    expect(advice.filter(({ kind }) => kind === 'advertise').map(({ text }) => text)).toEqual([
      'Advertise Mo–Fr 09:00–17:00: 5.0 calls an hour, 1480 of 1600 calls answered (93 %; 90 %: 91–94 %).',
    ]);
  });

  it('says where staff is missing: at noon, every working day', () => {
    const { advice, verdicts } = adviseHours(
      week((day, hour) => {
        if (!isOpen(day, hour)) return undefined;
        return hour === 12 ? { calls: 40, answered: 14 } : { calls: 40, answered: 36 };
      }),
    );
    const staff = advice.filter(({ kind }) => kind === 'staff');
    expect(staff).toHaveLength(1);
    expect(staff[0]).toMatchObject({ weekdays: [0, 1, 2, 3, 4], from: 12, to: 13, calls: 200, answered: 70 });
    expect(staff[0]?.text).toBe(
      'Staff is missing Mo–Fr 12:00–13:00: 5.0 calls an hour, 70 of 200 calls answered (35 %; 90 %: 30–41 %) against 90 % otherwise; about 14 more a week would be answered at the usual rate.',
    );
    expect(verdicts[12]).toBe('worse');
    expect(verdicts[11]).toBe('usual');
    expect(advice.filter(({ kind }) => kind === 'advertise').map(({ from, to }) => [from, to])).toEqual([
      [13, 17],
      [9, 12],
    ]);
  });

  it('says when not to advertise: evenings add up, though no single one of their hours says enough', () => {
    const { advice } = adviseHours(
      week((day, hour) => {
        if (isOpen(day, hour)) return { calls: 60, answered: 55 };
        return hour >= 19 && hour < 21 ? { calls: 3, answered: 0 } : undefined;
      }),
    );
    const pause = advice.filter(({ kind }) => kind === 'pause');
    expect(pause.map(({ text }) => text)).toEqual([
      "Don't advertise every day 19:00–21:00, or have calls taken then: none of 42 calls was answered against 92 % otherwise.",
    ]);
  });

  it('takes a whole day where the weekday stands out', () => {
    const { advice } = adviseHours(
      week((day, hour) => {
        if (hour < 9 || hour >= 17) return undefined;
        return day === 5 ? { calls: 9, answered: 1 } : { calls: 30, answered: 27 };
      }),
    );
    expect(advice.find(({ kind }) => kind === 'staff' || kind === 'pause')).toMatchObject({
      weekdays: [5],
      from: 9,
      to: 17,
      calls: 72,
      answered: 8,
    });
  });

  it('gives none from a handful of calls, and says so', () => {
    const { advice, remarks, verdicts } = adviseHours(
      week((day, hour) => (day === 0 && hour < 4 ? { calls: 10, answered: hour === 0 ? 0 : 10 } : undefined)),
    );
    expect(advice).toEqual([]);
    expect(remarks).toEqual(['40 calls in this period: too few for advice, which takes 50 at least.']);
    expect(verdicts.slice(0, 5)).toEqual(['few', 'few', 'few', 'few', 'none']);
  });

  it('says so where no hour has more calls than the others', () => {
    const even = adviseHours(week(() => ({ calls: 24, answered: 24 })));
    expect(even.advice).toEqual([]);
    expect(even.remarks[0]).toMatch(/nothing speaks for advertising at one hour rather than another\.$/);
    const { remarks } = adviseHours(
      week((day, hour) => (isOpen(day, hour) ? { calls: 40, answered: 37 } : { calls: 2, answered: 1 })),
    );
    expect(remarks.join()).not.toContain('nothing speaks for');
  });

  it('tells how many calls are too few to say', () => {
    const { tooFew, remarks } = adviseHours(
      week((day, hour) =>
        isOpen(day, hour) ? { calls: hour === 9 ? 5 : 30, answered: hour === 9 ? 4 : 26 } : undefined,
      ),
    );
    expect(tooFew).toMatchObject({ hours: 5, calls: 25 });
    expect(tooFew.needed).toBeGreaterThan(10);
    expect(remarks.at(-1)).toMatch(/^5 hours of the week have fewer than 10 calls \(25 of 1075 in all\)/);
  });

  it('puts staff first where fewer than half of the calls are answered', () => {
    const { advice, remarks } = adviseHours(
      week((day, hour) => (isOpen(day, hour) ? { calls: 40, answered: 16 } : undefined)),
    );
    expect(advice.filter(({ kind }) => kind === 'advertise')).toEqual([]);
    expect(remarks[0]).toMatch(/Staff comes first/);
  });

  it('finds a thin hour behind nights that nobody answers', () => {
    const { advice } = adviseHours(
      week((day, hour) => {
        if (!isOpen(day, hour)) return { calls: 12, answered: 1 };
        return { calls: 40, answered: hour === 12 ? 24 : 37 };
      }),
    );
    expect(advice.filter(({ kind }) => kind === 'staff')).toMatchObject([
      { weekdays: [0, 1, 2, 3, 4], from: 12, to: 13, answerRate: { value: 0.6 } },
    ]);
    expect(advice.some(({ kind, weekdays }) => kind === 'pause' && weekdays.includes(6))).toBe(true);
  });

  /** Answered calls of the hours that are not worse. */
  const otherwise = (hours: readonly HourCounts[], verdicts: readonly string[]): number => {
    const { calls, answered } = sumOf(hours.filter((_, index) => verdicts[index] !== 'worse'));
    return answered / calls;
  };

  it('calls no hour worse that is answered as often as the others, or more', () => {
    fc.assert(
      fc.property(weeks, (hours) => {
        const { verdicts } = adviseHours(hours);
        const rate = otherwise(hours, verdicts);
        for (const [index, { calls: count, answered }] of hours.entries()) {
          const verdict = verdicts[index];
          expect(verdict === 'none').toBe(count === 0);
          if (verdict === 'worse') expect(answered / count).toBeLessThan(rate);
          if (verdict === 'better') expect(answered / count).toBeGreaterThan(rate);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('counts in each advice what its hours have', () => {
    fc.assert(
      fc.property(weeks, (hours) => {
        const { verdicts, advice } = adviseHours(hours);
        const whole = sumOf(hours);
        for (const { kind, weekdays, from, to, calls, answered } of advice) {
          const own = sumOf(weekdays.flatMap((day) => hours.slice(day * 24 + from, day * 24 + to)));
          expect([calls, answered]).toEqual([own.calls, own.answered]);
          const rate = answered / calls;
          if (kind === 'advertise') expect(rate).toBeGreaterThanOrEqual(whole.answered / whole.calls - 1e-9);
          else expect(rate).toBeLessThan(otherwise(hours, verdicts));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('never advises both ways about an hour', () => {
    fc.assert(
      fc.property(weeks, (hours) => {
        const told = new Set<number>();
        for (const { weekdays, from, to } of adviseHours(hours).advice)
          for (const day of weekdays)
            for (let hour = from; hour < to; hour++) {
              const index = day * 24 + hour;
              if ((hours[index]?.calls ?? 0) === 0) continue;
              expect(told.has(index)).toBe(false);
              told.add(index);
            }
      }),
      { numRuns: 25 },
    );
  });

  it('finds nothing in weeks without a difference, nine times out of ten', () => {
    const random = randomFrom(7);
    const runs = 100;
    const alarms = Array.from({ length: runs }, () =>
      adviseHours(
        week((day, hour) => {
          if (!isOpen(day, hour)) return undefined;
          const calls = 10 + Math.floor(random() * 40);
          return { calls, answered: Array.from({ length: calls }).filter(() => random() < 0.8).length };
        }),
      ),
    ).filter(({ verdicts }) => verdicts.includes('worse')).length;
    expect(alarms / runs).toBeLessThanOrEqual(0.1);
  });
});

describe('normalTail', () => {
  it.each([
    [0.05, 1.6449],
    [0.025, 1.96],
    [0.0005, 3.2905],
  ])('of %f', (share, z) => {
    expect(normalTail(share)).toBeCloseTo(z, 3);
  });
});
