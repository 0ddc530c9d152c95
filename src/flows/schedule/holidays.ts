import type { Holiday } from '../../config/index.ts';
import { type Day, dateOf, dayOf } from './days.ts';

/** A holiday as it is looked up. */
export type HolidayRule = {
  readonly holiday: Holiday;
  readonly first: Day;
  /** Inclusive. */
  readonly last: Day;
};

const LONGEST_YEAR = 366;

export const holidayRule = (holiday: Holiday): HolidayRule => {
  const first = dayOf(holiday.date ?? holiday.from ?? '');
  return { holiday, first, last: holiday.date === undefined ? dayOf(holiday.to ?? '') : first };
};

/** `12-24` */
const monthDay = (day: Day): string => dateOf(day).slice(5);

/** Whether it covers the day. The 29th of February comes in leap years alone. */
export const covers = ({ holiday, first, last }: HolidayRule, day: Day): boolean => {
  if (!holiday.yearly) return first <= day && day <= last;
  if (last - first >= LONGEST_YEAR - 1) return true;
  const from = monthDay(first);
  const to = monthDay(last);
  const that = monthDay(day);
  return from <= to ? from <= that && that <= to : that >= from || that <= to;
};

const inYear = (day: Day, year: number): Day | undefined => {
  const date = `${String(year).padStart(4, '0')}-${monthDay(day)}`;
  const found = dayOf(date);
  // 29 February of a common year would read as 1 March.
  return dateOf(found) === date ? found : undefined;
};

const edgesOf = ({ holiday, first, last }: HolidayRule, after: Day): readonly Day[] => {
  if (!holiday.yearly) return [first, last + 1];
  const year = Number(dateOf(after).slice(0, 4));
  // Leap years are at most eight years apart.
  return Array.from({ length: 10 }, (_, index) => year + index - 1).flatMap((each) => {
    const end = inYear(last, each) ?? inYear(last - 1, each);
    return [inYear(first, each) ?? dayOf(`${each}-03-01`), ...(end === undefined ? [] : [end + 1])];
  });
};

/** The first day after this one on which a holiday begins, or has just ended. */
export const nextEdge = (rules: readonly HolidayRule[], after: Day): Day | undefined => {
  let next: Day | undefined;
  for (const rule of rules) {
    for (const edge of edgesOf(rule, after)) {
      if (edge > after && (next === undefined || edge < next)) next = edge;
    }
  }
  return next;
};
