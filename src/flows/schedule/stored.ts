import { type SchedulePlan, scheduleSchema } from '../../config/index.ts';
import { calendarRepository, type SqliteFile } from '../../store/index.ts';
import { withCalendars } from './events.ts';
import type { CalendarPeriod } from './ics/index.ts';

const YEARS_AHEAD = 10;

/** What a calendar is read for, from ms since the epoch: from the year before, for calls that are looked at again, and ten years ahead. */
export const importPeriod = (now: number): Pick<CalendarPeriod, 'from' | 'through'> => {
  const year = new Date(now).getUTCFullYear();
  return { from: `${year - 1}-01-01`, through: `${year + YEARS_AHEAD}-12-31` };
};

/** The schedules that were applied, as they are written. */
export const storedSchedules = (file: SqliteFile): readonly SchedulePlan[] =>
  file
    .prepare<[], { id: string; plan: string }>('SELECT id, plan FROM schedule ORDER BY id')
    .all()
    .map(({ id, plan }) => scheduleSchema.parse({ ...(JSON.parse(plan) as object), id }));

/** A schedule with the events of the calendars that it names, and the calendars that were never imported. */
export const scheduleInForce = (
  file: SqliteFile,
  schedule: SchedulePlan,
): { readonly schedule: SchedulePlan; readonly missing: readonly string[] } => {
  const calendars = calendarRepository(file);
  const missing = schedule.calendars.filter((id) => calendars.get(id) === undefined);
  const events = new Map(schedule.calendars.map((id) => [id, calendars.events(id)]));
  return { schedule: withCalendars(schedule, events), missing };
};
