import type { Random } from './random.ts';

const HOUR_MS = 3_600_000;
const HOURS_OF_WEEK = 168;

/** Share of a day's visits by hour: little at night, a hill in the morning, a second in the evening. */
const HOURS = [
  6, 4, 3, 2, 2, 4, 10, 22, 40, 52, 58, 56, 48, 50, 54, 52, 48, 46, 48, 52, 50, 40, 26, 14,
] as const;
/** Monday first: fewer people look on weekends. */
const WEEKDAYS = [1.1, 1.08, 1.06, 1.04, 1, 0.84, 0.88] as const;

/** The busiest hour of the week has so many times the visits of the mean one: 48 an hour at 600 a day. */
const PEAK = 1.92;

/** Visits of each hour of the week, from Monday 0:00, relative to the mean; the mean is 1, the greatest `PEAK`. */
export const weekProfile = (): readonly number[] => {
  const raw = WEEKDAYS.flatMap((day) => HOURS.map((hour) => day * hour));
  const mean = raw.reduce((sum, value) => sum + value, 0) / HOURS_OF_WEEK;
  const highest = Math.max(...raw) / mean;
  const stretch = (PEAK - 1) / (highest - 1);
  return raw.map((value) => 1 + stretch * (value / mean - 1));
};

const PROFILE = weekProfile();

/** How busy a moment is, relative to the mean. @param at milliseconds since a Monday's 0:00 */
export const activityAt = (at: number): number => PROFILE[Math.floor(at / HOUR_MS) % HOURS_OF_WEEK] ?? 0;

/**
 * Moments of a Poisson process whose rate follows the week, ascending (thinning: Lewis and Shedler 1979).
 *
 * @param perDay mean number a day
 * @returns milliseconds from 0, a Monday's midnight, to `days` days
 */
export const arrivals = (random: Random, days: number, perDay: number): number[] => {
  const end = days * 24 * HOUR_MS;
  const shortest = (24 * HOUR_MS) / (perDay * PEAK);
  const found: number[] = [];
  if (perDay <= 0) return found;
  for (let at = random.exponential(shortest); at < end; at += random.exponential(shortest)) {
    if (random.chance(activityAt(at) / PEAK)) found.push(Math.round(at));
  }
  return found;
};
