import { IANAZone } from 'luxon';
import { DAY_MS } from './sql.ts';
import type { Span } from './types.ts';

/** A span in which clocks of a zone stand the same: local time is UTC plus `offset`, milliseconds. */
export type OffsetSpan = Span & { readonly offset: number };

/** Where clocks change between two moments that differ in offset, to the millisecond. */
const changeBetween = (offsetAt: (at: number) => number, from: number, to: number): number => {
  const before = offsetAt(from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
};

/** No zone changes its clocks there and back within so short a time. */
const LOOK_EVERY_MS = 5 * DAY_MS;

/** A period cut where clocks change. */
export const offsetSpans = ({ from, to }: Span, zone: string): readonly OffsetSpan[] => {
  const rules = IANAZone.create(zone);
  const offsetAt = (at: number): number => Math.round(rules.offset(at) * 60_000);
  const spans: OffsetSpan[] = [];
  let start = from;
  let offset = offsetAt(from);
  for (let at = from; at < to; ) {
    const next = Math.min(to, at + LOOK_EVERY_MS);
    const nextOffset = offsetAt(next);
    if (nextOffset !== offset) {
      const change = changeBetween(offsetAt, at, next);
      if (change < to) {
        spans.push({ from: start, to: change, offset });
        start = change;
        offset = nextOffset;
      }
    }
    at = next;
  }
  if (start < to) spans.push({ from: start, to, offset });
  return spans;
};

/** What of a span is read from kept figures, and what from the calls themselves. */
export type Reading = {
  /** UTC days, the last one exclusive; stale ones in between are not among the kept. */
  readonly kept: { readonly fromDay: number; readonly toDay: number } | undefined;
  readonly raw: readonly Span[];
};

const runs = (days: readonly number[]): Span[] => {
  const spans: Span[] = [];
  for (const day of days) {
    const last = spans.at(-1);
    const from = day * DAY_MS;
    if (last?.to === from) spans[spans.length - 1] = { from: last.from, to: from + DAY_MS };
    else spans.push({ from, to: from + DAY_MS });
  }
  return spans;
};

/**
 * Whole UTC days are read from what is kept, edges and stale days from the calls: nothing twice, nothing left out.
 *
 * @param stale days whose figures can't be trusted, ascending
 */
export const readingOf = ({ from, to }: Span, stale: readonly number[]): Reading => {
  const fromDay = Math.ceil(from / DAY_MS);
  const toDay = Math.floor(to / DAY_MS);
  if (fromDay >= toDay) return { kept: undefined, raw: from < to ? [{ from, to }] : [] };
  const edges = [
    { from, to: fromDay * DAY_MS },
    { from: toDay * DAY_MS, to },
  ].filter((edge) => edge.from < edge.to);
  const within = stale.filter((day) => day >= fromDay && day < toDay);
  return { kept: { fromDay, toDay }, raw: [...edges, ...runs(within)] };
};
