/** When a business is open: hours of the week, holidays, calendars, clocks that are set forward and back. */
export { type CalendarEvent, eventsToHolidays, withCalendars } from './events.ts';
export { type CalendarPeriod, type ImportedCalendar, type ImportedEvent, readCalendar } from './ics/index.ts';
export { nextOpening, type OpenState, openState } from './state.ts';
export { importPeriod, scheduleInForce, storedSchedules } from './stored.ts';
export { type ScheduleDay, weekOf } from './week.ts';
