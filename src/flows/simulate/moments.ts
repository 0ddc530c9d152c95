import { DateTime } from 'luxon';
import type { SchedulePlan } from '../../config/index.ts';
import type { Flow } from '../types.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const MINUTE_MS = 60_000;

const offsetAt = (zone: string, at: number): number => DateTime.fromMillis(at, { zone }).offset;

/** The moment at which the clock is set, by halving. */
const changeWithin = (zone: string, from: number, to: number): number => {
  const before = offsetAt(zone, from);
  let [low, high] = [from, to];
  while (high - low > MINUTE_MS) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
};

/** No zone sets its clock forward and back again within a week. */
const clockChanges = (zone: string, from: number, to: number): readonly number[] => {
  const found: number[] = [];
  for (let week = from; week < to; week += WEEK_MS) {
    if (offsetAt(zone, week) !== offsetAt(zone, week + WEEK_MS)) {
      found.push(changeWithin(zone, week, week + WEEK_MS));
    }
  }
  return found;
};

const dateStart = (date: string, zone: string): number => DateTime.fromISO(date, { zone }).toMillis();

const holidayEdges = (schedule: SchedulePlan, from: number, to: number): readonly number[] => {
  const { timezone: zone } = schedule;
  const years = [DateTime.fromMillis(from, { zone }).year, DateTime.fromMillis(to, { zone }).year];
  return schedule.holidays
    .flatMap(({ date, from: first, to: last, yearly }) => {
      const dates = [date ?? first, last].filter((day) => day !== undefined);
      return yearly ? years.flatMap((year) => dates.map((day) => `${year}${day.slice(4)}`)) : dates;
    })
    .flatMap((day) => [dateStart(day, zone), dateStart(day, zone) + DAY_MS])
    .filter((at) => at >= from && at < to);
};

/**
 * Moments at which a flow is likeliest to be wrong: clocks set forward and back, the edges of holidays, the ends of years
 * and of February, in the zones that it knows.
 *
 * @param from milliseconds since the epoch
 * @param to without it
 */
export const specialMoments = (flow: Flow, from: number, to: number): readonly number[] => {
  const schedules = [...flow.schedules.values()];
  const zones = new Set(
    [flow.definition.flow, ...flow.definition.flows, ...schedules].map(({ timezone }) => timezone),
  );
  const moments = schedules.flatMap((schedule) => holidayEdges(schedule, from, to));
  for (const zone of zones) {
    moments.push(...clockChanges(zone, from, to));
    for (const year of [from, to].map((at) => DateTime.fromMillis(at, { zone }).year)) {
      moments.push(dateStart(`${year}-01-01`, zone), dateStart(`${year}-03-01`, zone));
    }
  }
  return [...new Set(moments)].filter((at) => at >= from && at < to).sort((a, b) => a - b);
};
