import { type Holiday, type SchedulePlan, WEEKDAYS } from '../../config/index.ts';
import { type Day, dateOf, minutesOf, weekdayOf, type ZoneClock, zoneClock } from './days.ts';
import { covers, type HolidayRule, holidayRule } from './holidays.ts';

/** A span of one day, as it is written. */
type Span = {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly overMidnight: boolean;
};

/** When a schedule is open, as moments. */
export type OpenSpan = {
  /** Milliseconds since the epoch; the end is exclusive. */
  readonly from: number;
  readonly to: number;
  /** As it is written: `09:00-12:30`. */
  readonly text: string;
  /** The day that it belongs to: the one it begins on. */
  readonly day: Day;
};

/** A schedule made ready to be asked. */
export type Hours = {
  readonly clock: ZoneClock;
  readonly holidays: readonly HolidayRule[];
  /** Whether it is open at any time at all. */
  readonly everOpen: boolean;
  /** The holiday that covers the day; of several the one that is named first. */
  holidayOn(day: Day): Holiday | undefined;
  /** Spans as they are written for the day. */
  textsOn(day: Day): readonly string[];
  /** Spans that begin on the day, in order of time. One over midnight ends there where another holiday begins. */
  spansOn(day: Day): readonly OpenSpan[];
};

const readSpan = (text: string): Span => {
  const [from = '', to = ''] = text.split('-');
  const begin = minutesOf(from);
  const end = minutesOf(to);
  return { text, from: begin, to: end, overMidnight: end <= begin };
};

/** Days that are kept. */
const MOST_DAYS = 5000;

/** Remembers what came of each day. */
const perDay = <T>(of: (day: Day) => T): ((day: Day) => T) => {
  const known = new Map<Day, { readonly value: T }>();
  return (day) => {
    const found = known.get(day);
    if (found) return found.value;
    const value = of(day);
    if (known.size >= MOST_DAYS) known.clear();
    known.set(day, { value });
    return value;
  };
};

const build = (schedule: SchedulePlan): Hours => {
  const clock = zoneClock(schedule.timezone);
  const week = WEEKDAYS.map((name) => (schedule.hours[name] ?? []).map(readSpan));
  const holidays = schedule.holidays.map(holidayRule);
  const ofHoliday = new Map(
    schedule.holidays.map((holiday) => [holiday, (holiday.hours ?? []).map(readSpan)] as const),
  );

  const holidayOn = perDay((day) => holidays.find((rule) => covers(rule, day))?.holiday);
  const writtenOn = (day: Day, holiday: Holiday | undefined): readonly Span[] =>
    (holiday ? ofHoliday.get(holiday) : week[weekdayOf(day)]) ?? [];

  const endOf = (span: Span, day: Day, holiday: Holiday | undefined): number => {
    if (!span.overMidnight) return clock.moments(day, span.to).last;
    const other = holidayOn(day + 1);
    return other === undefined || other === holiday
      ? clock.moments(day + 1, span.to).last
      : clock.startOf(day + 1);
  };

  const spansOn = perDay((day): readonly OpenSpan[] => {
    const holiday = holidayOn(day);
    return writtenOn(day, holiday)
      .map((span) => ({
        from: clock.moments(day, span.from).first,
        to: endOf(span, day, holiday),
        text: span.text,
        day,
      }))
      .filter(({ from, to }) => from < to)
      .sort((one, other) => one.from - other.from);
  });

  return {
    clock,
    holidays,
    everOpen: [...week, ...ofHoliday.values()].some((spans) => spans.length > 0),
    holidayOn,
    textsOn: (day) => writtenOn(day, holidayOn(day)).map(({ text }) => text),
    spansOn,
  };
};

const built = new WeakMap<SchedulePlan, Hours>();

/** A schedule is read once, however often it is asked. */
export const hoursOf = (schedule: SchedulePlan): Hours => {
  const known = built.get(schedule);
  if (known) return known;
  const hours = build(schedule);
  built.set(schedule, hours);
  return hours;
};

const DAY_NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** `Monday` */
export const dayName = (day: Day): string => DAY_NAMES[weekdayOf(day)] ?? '';

/** What people call it. */
export const holidayName = (holiday: Holiday, day: Day): string =>
  holiday.name ?? `the holiday of ${dateOf(day)}`;
