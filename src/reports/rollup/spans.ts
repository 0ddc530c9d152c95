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
  /** Stale days in between are not among the kept. */
  readonly kept: Span | undefined;
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
 * Whole UTC days, or hours, are read from what is kept, edges and stale days from the calls: nothing twice, nothing left out.
 *
 * @param stale days whose figures can't be trusted, ascending
 * @param unit that rows are kept by, ms
 */
export const readingOf = ({ from, to }: Span, stale: readonly number[], unit: number = DAY_MS): Reading => {
  const first = Math.ceil(from / unit) * unit;
  const last = Math.floor(to / unit) * unit;
  if (first >= last) return { kept: undefined, raw: from < to ? [{ from, to }] : [] };
  const within = runs(stale).map((run) => ({
    from: Math.max(run.from, first),
    to: Math.min(run.to, last),
  }));
  const raw = [{ from, to: first }, { from: last, to }, ...within];
  return { kept: { from: first, to: last }, raw: raw.filter((span) => span.from < span.to) };
};

/** Days that are kept together. */
export const BLOCK_DAYS = 32;

/** Kept days as they are read: whole blocks, and days one by one; the last one exclusive. */
export type Stretch = {
  readonly days: 1 | typeof BLOCK_DAYS;
  readonly fromDay: number;
  readonly toDay: number;
};

/**
 * Cuts days into blocks that are kept together and what lies between them.
 *
 * @param blocks first days of the blocks that are kept, ascending
 */
export const stretchesOf = (
  { fromDay, toDay }: Pick<Stretch, 'fromDay' | 'toDay'>,
  blocks: readonly number[],
): readonly Stretch[] => {
  const stretches: Stretch[] = [];
  let at = fromDay;
  const add = (days: Stretch['days'], to: number): void => {
    const last = stretches.at(-1);
    if (last?.days === days) stretches[stretches.length - 1] = { ...last, toDay: to };
    else if (at < to) stretches.push({ days, fromDay: at, toDay: to });
    at = to;
  };
  for (const block of blocks) {
    if (block < fromDay || block + BLOCK_DAYS > toDay) continue;
    if (at < block) add(1, block);
    add(BLOCK_DAYS, block + BLOCK_DAYS);
  }
  if (at < toDay) add(1, toDay);
  return stretches;
};
