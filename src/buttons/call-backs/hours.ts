import { type SchedulePlan, WEEKDAYS } from '../../config/index.ts';
import { nextOpening, openState } from '../../flows/index.ts';
import { zonesOfRegion } from '../../tracking/index.ts';

/** Nobody waits for a call for longer: milliseconds. */
export const LONGEST_WAIT_MS = 60 * 86_400_000;

/** Schedules are read once, and known again by themselves. */
const clocks = new Map<string, SchedulePlan>();
const MOST_CLOCKS = 2000;

const clockOf = (timezone: string, span: string): SchedulePlan => {
  const key = `${timezone} ${span}`;
  const known = clocks.get(key);
  if (known) return known;
  if (clocks.size >= MOST_CLOCKS) clocks.clear();
  const hours = Object.fromEntries(WEEKDAYS.map((day) => [day, [span]]));
  const clock = { id: 'hours', timezone, hours, holidays: [], calendars: [] };
  clocks.set(key, clock);
  return clock;
};

/**
 * When somebody with a number of this region may be called: by the clock of each of its zones. Which of them a number is in
 * nobody knows for sure, so that all have to agree.
 *
 * @param span `08:00-21:00`
 * @returns empty when the region has no zone that is known: then nobody there may be called
 */
export const clocksOfRegion = (region: string, span: string): readonly SchedulePlan[] =>
  zonesOfRegion(region).map((zone) => clockOf(zone, span));

/**
 * The first moment from `at` on at which all of these are open; undefined when there is none within 60 days.
 *
 * @param at milliseconds since the epoch
 */
export const nextInAll = (schedules: readonly SchedulePlan[], at: number): number | undefined => {
  let moment = at;
  for (;;) {
    let latest = moment;
    for (const schedule of schedules) {
      const opening = nextOpening(schedule, latest);
      if (opening === undefined) return undefined;
      latest = opening;
    }
    // Each has been asked about this very moment.
    if (latest === moment) return moment;
    if (latest - at > LONGEST_WAIT_MS) return undefined;
    moment = latest;
  }
};

/** When the first of these closes that are open at this moment; undefined: none does. */
export const firstClosing = (schedules: readonly SchedulePlan[], at: number): number | undefined => {
  const ends = schedules.flatMap((schedule) => openState(schedule, at).until ?? []);
  return ends.length === 0 ? undefined : Math.min(...ends);
};
