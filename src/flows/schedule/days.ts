import { IANAZone } from 'luxon';

/** Days since 1970-01-01 of the calendar, of no zone. */
export type Day = number;

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** No zone is further from UTC, in either direction. */
const FURTHEST_MS = 16 * 60 * MINUTE_MS;

/** A zone's clock. Its days lie one after another without a gap, whatever its clock does. */
export type ZoneClock = {
  /** Milliseconds that the clock is ahead of UTC. */
  offsetAt(at: number): number;
  /** The day that the clock shows at this moment (ms since the epoch). */
  dayAt(at: number): Day;
  /** When the day begins: as its clock comes to 00:00, or leaps over it. */
  startOf(day: Day): number;
  /**
   * When the clock shows these minutes of the day (0 to 1440): for the first time, and for the last. They differ where
   * the clock is set back over them; both are the moment of the leap where it is set forward over them.
   */
  moments(day: Day, minutes: number): { readonly first: number; readonly last: number };
};

/** The day of `2026-11-22`. */
export const dayOf = (date: string): Day => Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS);

/** `2026-11-22` */
export const dateOf = (day: Day): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** 0 is Monday. */
export const weekdayOf = (day: Day): number => (((day + 3) % 7) + 7) % 7;

/** Minutes of `09:30`; 1440 of `24:00`. */
export const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** No zone has set its clock twice within a week. */
const WEEK_MS = 7 * DAY_MS;

/** Offsets of a zone, ms. Asking Intl takes microseconds, so each week is asked once. */
const offsets = (zone: IANAZone): ((at: number) => number) => {
  const starts = new Map<number, number>();
  const ask = (at: number): number => zone.offset(at) * MINUTE_MS;
  const atStart = (week: number): number => {
    const known = starts.get(week);
    if (known !== undefined) return known;
    const found = ask(week * WEEK_MS);
    starts.set(week, found);
    return found;
  };
  return (at) => {
    const week = Math.floor(at / WEEK_MS);
    const start = atStart(week);
    return start === atStart(week + 1) ? start : ask(at);
  };
};

const build = (name: string): ZoneClock => {
  const zone = IANAZone.create(name);
  const offset = zone.isValid ? offsets(zone) : (): number => 0;

  /** When the offset changes between two moments that have different ones. */
  const leap = (from: number, to: number): number => {
    const before = offset(from);
    let low = from;
    let high = to;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  };

  const moments = (day: Day, minutes: number): { first: number; last: number } => {
    const local = day * DAY_MS + minutes * MINUTE_MS;
    const from = local - FURTHEST_MS;
    const to = local + FURTHEST_MS;
    const early = offset(from);
    const late = offset(to);
    const byEarly = local - early;
    const byLate = local - late;
    if (early === late) return { first: byEarly, last: byEarly };
    const fits = [byEarly, byLate].filter((at) => at + offset(at) === local);
    if (fits.length > 0) return { first: Math.min(...fits), last: Math.max(...fits) };
    const at = leap(from, to);
    return { first: at, last: at };
  };

  const startOf = (day: Day): number => moments(day, 0).first;

  const dayAt = (at: number): Day => {
    const day = Math.floor((at + offset(at)) / DAY_MS);
    // Where midnight comes twice, the evening that is repeated belongs to the new day already.
    return at >= startOf(day + 1) ? day + 1 : day;
  };

  return { offsetAt: offset, dayAt, startOf, moments };
};

const clocks = new Map<string, ZoneClock>();

/** @param name IANA zone; one that is none counts as UTC */
export const zoneClock = (name: string): ZoneClock => {
  const known = clocks.get(name);
  if (known) return known;
  const clock = build(name);
  clocks.set(name, clock);
  return clock;
};
