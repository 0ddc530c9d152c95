import { type SchedulePlan, WEEKDAYS, type Weekday } from '../../config/index.ts';
import type { FlowDefinition } from '../types.ts';
import type { Finding } from './types.ts';

const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** A gap as short as this is an end that was meant to be inclusive. */
const SHORT_GAP_MINUTES = 5;

/** A span of the week, in minutes since Monday 00:00; the end may lie in the week after. */
type WeekSpan = { readonly day: Weekday; readonly text: string; readonly from: number; readonly to: number };

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

const weekSpans = ({ hours }: SchedulePlan): readonly WeekSpan[] =>
  WEEKDAYS.flatMap((day, index) =>
    (hours[day] ?? []).map((text): WeekSpan => {
      const [from = '', to = ''] = text.split('-');
      const begin = minutesOf(from);
      const end = minutesOf(to);
      const start = index * DAY_MINUTES;
      return { day, text, from: start + begin, to: start + end + (end <= begin ? DAY_MINUTES : 0) };
    }),
  ).sort((one, other) => one.from - other.from || one.to - other.to);

const nameOf = ({ day, text }: WeekSpan): string => `${day} ${text}`;

const problem = (
  flow: string,
  { id }: SchedulePlan,
  rule: Finding['rule'],
  message: string,
  mend: string,
): Finding => ({ level: 'warning', flow, schedule: id, rule, message, mend });

/** What is between two spans that follow each other. */
const between = (
  flow: string,
  schedule: SchedulePlan,
  one: WeekSpan,
  other: WeekSpan,
  pause: number,
): readonly Finding[] => {
  const both = `${nameOf(one)} and ${nameOf(other)}`;
  if (pause < 0)
    return [
      problem(
        flow,
        schedule,
        'schedule-overlap',
        `${both} overlap`,
        'write each time once: an end is exclusive',
      ),
    ];
  if (pause > 0 && pause <= SHORT_GAP_MINUTES)
    return [
      problem(
        flow,
        schedule,
        'schedule-gap',
        `it is closed for ${pause} min between ${both}`,
        'let the one end when the other begins: an end is exclusive',
      ),
    ];
  return [];
};

const scheduleProblems = (flow: string, schedule: SchedulePlan): readonly Finding[] => {
  const spans = weekSpans(schedule);
  if (spans.length === 0) {
    if (schedule.holidays.some(({ hours }) => hours !== undefined)) return [];
    return [
      problem(
        flow,
        schedule,
        'schedule-never-open',
        'it is never open',
        'give a day hours: mon: [09:00-17:00]',
      ),
    ];
  }
  return spans.flatMap((span, index) => {
    const next = spans[index + 1];
    if (next) return between(flow, schedule, span, next, next.from - span.to);
    const [first] = spans;
    // Sunday's last span and Monday's first.
    return first && first !== span
      ? between(flow, schedule, span, first, first.from + WEEK_MINUTES - span.to)
      : [];
  });
};

/** Hours that stand twice, are a minute short, or are none. */
export const schedules = ({ flow, schedules: all }: FlowDefinition): readonly Finding[] =>
  all.flatMap((schedule) => scheduleProblems(flow.id, schedule));
