import type { SchedulePlan } from '../../config/index.ts';
import { dateOf } from './days.ts';
import { dayName, holidayName, hoursOf } from './hours.ts';

/** One day as it will really be. */
export type ScheduleDay = {
  /** `2026-12-24` */
  readonly date: string;
  /** `Thursday` */
  readonly weekday: string;
  readonly holiday: string | undefined;
  /** Spans that begin on the day: as they are written, and as moments (ms since the epoch; the end is exclusive). */
  readonly open: readonly { readonly text: string; readonly from: number; readonly to: number }[];
  /** The clock's leap on this day, in minutes: 60 when it is set forward, -60 when it is set back. */
  readonly clockChange: number;
};

/** Days one after another, beginning with the one of `at` (ms since the epoch). */
export const weekOf = (schedule: SchedulePlan, at: number, days = 7): readonly ScheduleDay[] => {
  const hours = hoursOf(schedule);
  const { clock } = hours;
  const first = clock.dayAt(at);
  return Array.from({ length: days }, (_, index) => {
    const day = first + index;
    const holiday = hours.holidayOn(day);
    const change = clock.offsetAt(clock.startOf(day + 1)) - clock.offsetAt(clock.startOf(day) - 1);
    return {
      date: dateOf(day),
      weekday: dayName(day),
      holiday: holiday && holidayName(holiday, day),
      open: hours.spansOn(day).map(({ text, from, to }) => ({ text, from, to })),
      clockChange: Math.round(change / 60_000),
    };
  });
};
