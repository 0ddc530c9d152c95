import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { offsetSpans, readingOf } from '../../../../src/reports/rollup/spans.ts';

const DAY = 86_400_000;

describe('readingOf', () => {
  it('reads every millisecond once, whatever is stale', () => {
    const moment = fc.integer({ min: 0, max: 40 * DAY });
    const days = fc.uniqueArray(fc.integer({ min: -3, max: 45 }), { maxLength: 12 });
    fc.assert(
      fc.property(moment, moment, days, (a, b, someDays) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const stale = someDays.toSorted((x, y) => x - y);
        const { kept, raw } = readingOf({ from, to }, stale);
        const keptDays = Array.from(
          { length: kept ? kept.toDay - kept.fromDay : 0 },
          (_, i) => (kept?.fromDay ?? 0) + i,
        );
        const spans = [
          ...raw,
          ...keptDays
            .filter((day) => !stale.includes(day))
            .map((day) => ({ from: day * DAY, to: (day + 1) * DAY })),
        ].sort((x, y) => x.from - y.from);
        let at = from;
        for (const span of spans) {
          expect(span.from).toBe(at);
          at = span.to;
        }
        expect(at).toBe(to);
      }),
    );
  });

  it('puts stale days side by side into one', () => {
    expect(readingOf({ from: 0, to: 9 * DAY }, [2, 3, 4, 7]).raw).toEqual([
      { from: 2 * DAY, to: 5 * DAY },
      { from: 7 * DAY, to: 8 * DAY },
    ]);
  });
});

describe('offsetSpans', () => {
  it.each([
    'UTC',
    'Europe/Berlin',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'America/St_Johns',
  ])('knows every clock change of %s', (zone) => {
    const begin = Date.UTC(2025, 0, 1);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 800 * DAY }),
        fc.integer({ min: 1, max: 400 * DAY }),
        (start, length) => {
          const [from, to] = [begin + start, begin + start + length];
          const spans = offsetSpans({ from, to }, zone);
          expect([spans[0]?.from, spans.at(-1)?.to]).toEqual([from, to]);
          spans.forEach((span, index) => {
            expect(span.from).toBe(index === 0 ? from : spans[index - 1]?.to);
            for (const at of [span.from, span.to - 1])
              expect(span.offset).toBe(DateTime.fromMillis(at, { zone }).offset * 60_000);
            // Neighbours differ: nothing is cut for nothing.
            expect(spans[index + 1]?.offset).not.toBe(span.offset);
          });
        },
      ),
      { numRuns: 25 },
    );
  });
});
