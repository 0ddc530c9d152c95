import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { offsetSpans, readingOf, stretchesOf } from '../../../../src/reports/rollup/spans.ts';

const DAY = 86_400_000;

describe('readingOf', () => {
  it.each([DAY, DAY / 24, DAY / 96])('reads every millisecond once, whatever is stale, by %i ms', (unit) => {
    const moment = fc.integer({ min: 0, max: 40 * DAY });
    const days = fc.uniqueArray(fc.integer({ min: -3, max: 45 }), { maxLength: 12 });
    fc.assert(
      fc.property(moment, moment, days, (a, b, someDays) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const stale = someDays.toSorted((x, y) => x - y);
        const { kept, raw } = readingOf({ from, to }, stale, unit);
        expect([(kept?.from ?? 0) % unit, (kept?.to ?? 0) % unit]).toEqual([0, 0]);
        const fresh: { from: number; to: number }[] = [];
        for (let at = kept?.from ?? 0; at < (kept?.to ?? 0); ) {
          const next = Math.min(kept?.to ?? 0, (Math.floor(at / DAY) + 1) * DAY);
          if (!stale.includes(Math.floor(at / DAY))) fresh.push({ from: at, to: next });
          at = next;
        }
        const spans = [...raw, ...fresh].sort((x, y) => x.from - y.from);
        let at = from;
        for (const span of spans) {
          expect(span.from).toBe(at);
          at = span.to;
        }
        expect(at).toBe(to);
        // Only what is no whole unit, or stale, is counted.
        const counted = raw.filter(
          (span) => !stale.includes(Math.floor(span.from / DAY)) && span.to - span.from >= unit,
        );
        expect(counted.filter((span) => kept !== undefined || span.to - span.from >= 2 * unit)).toEqual([]);
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

describe('stretchesOf', () => {
  it('reads every day once, by blocks where they are whole', () => {
    const day = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(day, day, fc.uniqueArray(fc.integer({ min: 0, max: 12 })), (a, b, some) => {
        const [fromDay, toDay] = [Math.min(a, b), Math.max(a, b)];
        const blocks = some.toSorted((x, y) => x - y).map((block) => block * 32);
        let at = fromDay;
        for (const stretch of stretchesOf({ fromDay, toDay }, blocks)) {
          expect(stretch.fromDay).toBe(at);
          expect(stretch.toDay).toBeGreaterThan(at);
          at = stretch.toDay;
          for (let first = stretch.fromDay; stretch.days === 32 && first < at; first += 32)
            expect(blocks).toContain(first);
          // A block within would have been read as one.
          if (stretch.days === 1)
            expect(blocks.filter((block) => block >= stretch.fromDay && block + 32 <= stretch.toDay)).toEqual(
              [],
            );
        }
        expect(at).toBe(toDay);
      }),
    );
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
