import type { SchedulePlan } from '../../config/index.ts';
import type { Day } from './days.ts';
import { nextEdge } from './holidays.ts';
import { dayName, type Hours, holidayName, hoursOf, type OpenSpan } from './hours.ts';

/** Whether a business is open, and for how long. */
export type OpenState = {
  /** `holiday`: closed for one. Hours that a holiday has are `open`. */
  readonly state: 'open' | 'closed' | 'holiday';
  /** A few words that follow the state: `within 09:00-12:30 of Monday`, `Christmas Day`. */
  readonly reason: string;
  /** When the state is another one, ms since the epoch; undefined: never, as far as the schedule says. */
  readonly until: number | undefined;
};

type Now = {
  readonly state: OpenState['state'];
  readonly day: Day;
  readonly span: OpenSpan | undefined;
};

const openSpanAt = (hours: Hours, day: Day, at: number): OpenSpan | undefined => {
  const within = ({ from, to }: OpenSpan): boolean => from <= at && at < to;
  return hours.spansOn(day).find(within) ?? hours.spansOn(day - 1).find(within);
};

const nowAt = (hours: Hours, at: number): Now => {
  const day = hours.clock.dayAt(at);
  const span = openSpanAt(hours, day, at);
  if (span) return { state: 'open', day, span };
  return { state: hours.holidayOn(day) ? 'holiday' : 'closed', day, span };
};

const reasonOf = (hours: Hours, now: Now): string => {
  const day = now.span?.day ?? now.day;
  const holiday = hours.holidayOn(day);
  const name = holiday ? holidayName(holiday, day) : dayName(day);
  if (now.span) return `within ${now.span.text} of ${name}`;
  const texts = hours.textsOn(day);
  if (texts.length > 0) return `outside ${texts.join(', ')} of ${name}`;
  return holiday ? name : `${name} has no hours`;
};

/** Moments of the day at which the state may change, in order. */
const edgesOn = (hours: Hours, day: Day): readonly number[] => {
  const start = hours.clock.startOf(day);
  const end = hours.clock.startOf(day + 1);
  const edges = [...hours.spansOn(day - 1), ...hours.spansOn(day)].flatMap(({ from, to }) => [from, to]);
  return [start, ...edges].filter((at) => start <= at && at < end).sort((one, other) => one - other);
};

/** A week and its clock's changes have passed by then: nothing but a holiday brings anything new. */
const QUIET_DAYS = 16;
/** Two leap years are never further apart. */
const HORIZON_DAYS = 9 * 366;

/** The first moment after `at` whose state is as wanted. */
const firstAfter = (
  hours: Hours,
  at: number,
  wanted: (state: Now['state']) => boolean,
): number | undefined => {
  const first = hours.clock.dayAt(at);
  let quiet = 0;
  for (let day: Day | undefined = first; day !== undefined && day <= first + HORIZON_DAYS; ) {
    const found = edgesOn(hours, day).find((edge) => edge > at && wanted(nowAt(hours, edge).state));
    if (found !== undefined) return found;
    quiet += 1;
    if (quiet < QUIET_DAYS) day += 1;
    else {
      quiet = 0;
      day = nextEdge(hours.holidays, day);
    }
  }
  return undefined;
};

/**
 * Whether a schedule is open at a moment, why, and until when.
 *
 * The clock of the schedule's zone decides. A span is open from when its clock first shows the beginning until it last shows
 * the end, so that no caller is turned away while the clock on the wall says open: set back over `01:30-02:30`, it is open for
 * two hours; set forward over all of it, not at all. A span over midnight belongs to the day it begins on, and ends at
 * midnight where a holiday begins (one of several days with hours of its own goes on). Of several holidays on a day the one
 * that is named first counts.
 *
 * @param at milliseconds since the epoch
 */
export const openState = (schedule: SchedulePlan, at: number): OpenState => {
  const hours = hoursOf(schedule);
  const now = nowAt(hours, at);
  return {
    state: now.state,
    reason: reasonOf(hours, now),
    until: firstAfter(hours, at, (state) => state !== now.state),
  };
};

/** When it is open next: `at` itself while it is; undefined when the schedule never is. */
export const nextOpening = (schedule: SchedulePlan, at: number): number | undefined => {
  const hours = hoursOf(schedule);
  if (!hours.everOpen) return undefined;
  return nowAt(hours, at).state === 'open' ? at : firstAfter(hours, at, (state) => state === 'open');
};
