import { type Holiday, type SchedulePlan, WEEKDAYS } from '../../config/index.ts';
import type { CalendarEventTable } from '../../store/index.ts';
import { type Day, dateOf, minutesOf, weekdayOf, zoneClock } from './days.ts';

/** An event of an imported calendar: whole days, or a time. */
export type CalendarEvent = Pick<
  CalendarEventTable,
  'summary' | 'from_date' | 'to_date' | 'starts_at' | 'ends_at'
>;

/** Minutes of a day, from its midnight; beyond 1440 in the night that follows. */
type Piece = { readonly from: number; readonly to: number };

const nameOf = (summary: string): { name?: string } => (summary === '' ? {} : { name: summary });

const wholeDays = ({ summary, from_date, to_date }: CalendarEvent): readonly Holiday[] => {
  if (from_date === null) return [];
  const days =
    to_date === null || to_date <= from_date ? { date: from_date } : { from: from_date, to: to_date };
  return [{ ...days, ...nameOf(summary), yearly: false }];
};

const DAY_MINUTES = 1440;

const pieceOf = (text: string): Piece => {
  const [from = '', to = ''] = text.split('-');
  const begin = minutesOf(from);
  const end = minutesOf(to);
  return { from: begin, to: end <= begin ? end + DAY_MINUTES : end };
};

const two = (value: number): string => String(value).padStart(2, '0');
const timeText = (minutes: number): string => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;

const textOf = ({ from, to }: Piece): string =>
  `${timeText(from % DAY_MINUTES)}-${to === DAY_MINUTES ? '24:00' : timeText(to % DAY_MINUTES)}`;

const without = (pieces: readonly Piece[], gone: Piece): readonly Piece[] =>
  pieces.flatMap(({ from, to }) =>
    [
      { from, to: Math.min(to, gone.from) },
      { from: Math.max(from, gone.to), to },
    ].filter((piece) => piece.from < piece.to),
  );

/** What is left of a day's hours while events take their time out of them; undefined: they touch none of it. */
const shortened = (
  schedule: SchedulePlan,
  day: Day,
  gone: readonly Piece[],
): readonly string[] | undefined => {
  const weekday = WEEKDAYS[weekdayOf(day)];
  const hours = ((weekday && schedule.hours[weekday]) ?? []).map(pieceOf);
  const left = gone.reduce(without, hours as readonly Piece[]).filter(({ from }) => from < DAY_MINUTES);
  const minutes = (pieces: readonly Piece[]): number =>
    pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  return minutes(left) === minutes(hours) ? undefined : left.map(textOf);
};

type Taken = { readonly names: string[]; readonly pieces: Piece[] };

/** Days that events with a time take something of, in the schedule's own zone. */
const takenDays = (events: readonly CalendarEvent[], schedule: SchedulePlan): ReadonlyMap<Day, Taken> => {
  const clock = zoneClock(schedule.timezone);
  const minuteOf = (at: number, day: Day): number =>
    Math.floor((at + clock.offsetAt(at)) / 60_000) - day * DAY_MINUTES;
  const taken = new Map<Day, Taken>();
  for (const { summary, starts_at, ends_at } of events) {
    if (starts_at === null || ends_at === null) continue;
    const last = clock.dayAt(ends_at - 1);
    for (let day = clock.dayAt(starts_at); day <= last; day += 1) {
      const found = taken.get(day) ?? { names: [], pieces: [] };
      found.pieces.push({
        from: Math.max(0, minuteOf(starts_at, day)),
        to: day === last ? minuteOf(ends_at, day) : DAY_MINUTES,
      });
      if (summary !== '' && !found.names.includes(summary)) found.names.push(summary);
      taken.set(day, found);
    }
  }
  return taken;
};

const ofTimes = (events: readonly CalendarEvent[], schedule: SchedulePlan): readonly Holiday[] =>
  [...takenDays(events, schedule)]
    .sort(([one], [other]) => one - other)
    .flatMap(([day, { names, pieces }]) => {
      const hours = shortened(schedule, day, pieces);
      if (hours === undefined) return [];
      return [
        {
          date: dateOf(day),
          ...nameOf(names.join(', ').slice(0, 200)),
          ...(hours.length > 0 && { hours: [...hours] }),
          yearly: false,
        },
      ];
    });

/**
 * Events of calendars as holidays. Whole days are holidays; an event with a time takes that time out of the hours of its day, for
 * which its weekday's hours must be known: without a schedule such events are left out.
 */
export const eventsToHolidays = (
  events: readonly CalendarEvent[],
  schedule?: SchedulePlan,
): readonly Holiday[] => [...events.flatMap(wholeDays), ...(schedule ? ofTimes(events, schedule) : [])];

/** The schedule with the events of its calendars among its holidays; its own come first, and count. */
export const withCalendars = (
  schedule: SchedulePlan,
  events: ReadonlyMap<string, readonly CalendarEvent[]>,
): SchedulePlan => {
  const all = schedule.calendars.flatMap((id) => events.get(id) ?? []);
  if (all.length === 0) return schedule;
  return { ...schedule, holidays: [...schedule.holidays, ...eventsToHolidays(all, schedule)] };
};
