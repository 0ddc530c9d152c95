/** Calendar files: what they say, as days and times. */
export { type CalendarPeriod, type ImportedCalendar, type ImportedEvent, readCalendar } from './read.ts';
