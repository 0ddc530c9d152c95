import { type Estimate, shareOf } from '../money.ts';
import { adviceText, noAdviceText, tooFewText } from './advice-words.ts';
import type { Advice, HourCounts, HoursReport, HourVerdict } from './types.ts';

/** With fewer calls an hour is not looked at by itself. */
const MIN_CALLS = 10;
/** With fewer calls in all there is no advice. */
const MIN_TOTAL = 50;
/** Share of weeks without any difference in which something is found all the same. */
const ALARM = 0.1;
/** Difference that `needed` is told for. */
const NOTABLE = 0.2;
const MOST_ADVICE = 5;

/**
 * Standard deviations beyond which a share of the normal law lies, on one side (Abramowitz and Stegun 26.2.23, within 0.00045).
 *
 * @param share above 0, up to 0.5
 */
export const normalTail = (share: number): number => {
  const t = Math.sqrt(-2 * Math.log(share));
  return (
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t * t) /
      (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
  );
};

const add = (a: HourCounts, b: HourCounts): HourCounts => ({
  calls: a.calls + b.calls,
  answered: a.answered + b.answered,
  views: a.views + b.views,
  times: a.times + b.times,
});

const NOTHING: HourCounts = { calls: 0, answered: 0, views: 0, times: 0 };

/** All of them together. */
export const sumOf = (hours: readonly HourCounts[]): HourCounts => hours.reduce(add, NOTHING);

type Week = {
  readonly hours: readonly HourCounts[];
  /** Answered calls, of those that the others are compared with. */
  readonly rate: number;
  /** Answered calls, of all. */
  readonly whole: number;
  /** Calls an hour. */
  readonly demand: number;
  /** Wide enough that all hours, days and their crossings together raise a false alarm seldom. */
  readonly z: number;
};

const isTold = ({ calls }: HourCounts): boolean => calls >= MIN_CALLS;
const hourOfDay = (index: number): number => index % 24;
const weekdayOf = (index: number): number => Math.floor(index / 24);
const shareAnswered = ({ answered, calls }: HourCounts): number => (calls === 0 ? 0 : answered / calls);

/** Hours that have something in common: one hour of all days, or all hours of a weekday. */
const groups = (
  hours: readonly HourCounts[],
  count: number,
  groupOf: (index: number) => number,
): (readonly HourCounts[])[] =>
  Array.from({ length: count }, (_, group) => hours.filter((_hour, index) => groupOf(index) === group));

const aroundOf = (hours: readonly HourCounts[]) => ({
  hours: groups(hours, 24, hourOfDay),
  days: groups(hours, 7, weekdayOf),
});

/** How a count of answered calls stands to the rate of the others. */
const compare = ({ rate, z }: Week, counts: HourCounts): 'worse' | 'better' | 'usual' => {
  if (!isTold(counts)) return 'usual';
  const { low, high } = shareOf(counts.answered, counts.calls, z);
  if (high !== null && high < rate) return 'worse';
  return low !== null && low > rate ? 'better' : 'usual';
};

/** How hours that have something in common stand together; one bad hour makes no bad day. */
const compareAll = (week: Week, hours: readonly HourCounts[]): 'worse' | 'better' | 'usual' => {
  const found = compare(week, sumOf(hours));
  if (found !== 'worse') return found;
  const missed = hours.map(({ calls, answered }) => calls - answered);
  const worst = missed.indexOf(Math.max(...missed));
  return compare(week, sumOf(hours.filter((_, index) => index !== worst)));
};

/**
 * What can be said of each hour of the week: by itself, or because the hour of all days or its whole weekday stands out and it goes
 * along.
 */
const verdictsOf = (week: Week, hours: readonly HourCounts[]): HourVerdict[] => {
  const around = aroundOf(hours);
  const byHour = around.hours.map((some) => compareAll(week, some));
  const byDay = around.days.map((some) => compareAll(week, some));
  return hours.map((counts, index): HourVerdict => {
    if (counts.calls === 0) return 'none';
    const own = compare(week, counts);
    if (own !== 'usual') return own;
    const beside = [byHour[hourOfDay(index)], byDay[weekdayOf(index)]];
    const rate = shareAnswered(counts);
    if (rate < week.rate && beside.includes('worse')) return 'worse';
    if (!isTold(counts)) return 'few';
    return rate > week.rate && beside.includes('better') ? 'better' : 'usual';
  });
};

/** Nights lower the rate of the week so far that a thin lunch hour hides behind it: what was found is set aside, and the rest looked at. */
const MOST_ROUNDS = 4;

const findWorse = (first: Week): { readonly week: Week; readonly verdicts: readonly HourVerdict[] } => {
  const worse = new Set<number>();
  let week = first;
  let verdicts: HourVerdict[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const rest = first.hours.map((counts, index) => (worse.has(index) ? NOTHING : counts));
    week = { ...first, rate: shareAnswered(sumOf(rest)) };
    verdicts = verdictsOf(week, rest);
    const found = verdicts.flatMap((verdict, index) => (verdict === 'worse' ? index : []));
    for (const index of found) worse.add(index);
    if (found.length === 0) break;
  }
  const rest = first.hours.filter((_, index) => !worse.has(index));
  return {
    week: { ...week, rate: shareAnswered(sumOf(rest)) },
    verdicts: verdicts.map((verdict, index) => (worse.has(index) ? 'worse' : verdict)),
  };
};

/** Hours that follow each other on one or several weekdays. */
type Range = { readonly weekdays: readonly number[]; readonly from: number; readonly to: number };

/** Hours without a call part no range. */
const dayRanges = (week: Week, weekday: number, isIn: (index: number) => boolean): readonly Range[] => {
  const ranges: Range[] = [];
  for (let hour = 0; hour < 24; hour++) {
    if (!isIn(weekday * 24 + hour)) continue;
    const last = ranges.at(-1);
    const between = last === undefined ? [] : week.hours.slice(weekday * 24 + last.to, weekday * 24 + hour);
    if (last !== undefined && between.every(({ calls }) => calls === 0))
      ranges[ranges.length - 1] = { ...last, to: hour + 1 };
    else ranges.push({ weekdays: [weekday], from: hour, to: hour + 1 });
  }
  return ranges;
};

const rangesOf = (week: Week, isIn: (index: number) => boolean): readonly Range[] => {
  const merged: Range[] = [];
  for (let weekday = 0; weekday < 7; weekday++)
    for (const range of dayRanges(week, weekday, isIn)) {
      const same = merged.findIndex(
        ({ weekdays, from, to }) => from === range.from && to === range.to && weekdays.at(-1) === weekday - 1,
      );
      const known = merged[same];
      if (known === undefined) merged.push(range);
      else merged[same] = { ...known, weekdays: [...known.weekdays, weekday] };
    }
  return merged;
};

const within = ({ hours }: Week, { weekdays, from, to }: Range): readonly HourCounts[] =>
  weekdays.flatMap((weekday) => hours.slice(weekday * 24 + from, weekday * 24 + to));

const round = (value: number): number => Math.round(value * 100) / 100;

const adviceOf = (week: Week, range: Range, kind: Advice['kind']): Advice => {
  const hours = within(week, range);
  const { calls, answered, times } = sumOf(hours);
  const callsPerHour = times === 0 ? 0 : calls / times;
  const missed = hours.reduce(
    (sum, hour) => sum + (hour.times === 0 ? 0 : (hour.calls * week.rate - hour.answered) / hour.times),
    0,
  );
  const found: Omit<Advice, 'text'> = {
    ...range,
    weekdays: [...range.weekdays],
    kind,
    calls,
    answered,
    answerRate: shareOf(answered, calls),
    callsPerHour: round(callsPerHour),
    missedPerWeek: round(Math.max(0, missed)),
  };
  return { ...found, text: adviceText(found, week.rate) };
};

/** Byar's lower bound of a Poisson count. */
const leastCount = (count: number, z: number): number =>
  count === 0 ? 0 : count * Math.max(0, 1 - 1 / (9 * count) - z / (3 * Math.sqrt(count))) ** 3;

/** Surely more calls than in an hour of the week on average. */
const isBusy = ({ demand, z }: Week, { calls, times }: HourCounts): boolean =>
  isAbove(demand, { calls: leastCount(calls, z), times });

const isAbove = (demand: number, { calls, times }: Pick<HourCounts, 'calls' | 'times'>): boolean =>
  calls > demand * times;

/** Hours with much demand, by themselves or with their hour of all days or their weekday, that are not answered less than usual. */
const busyAndAnswered = (week: Week, verdicts: readonly HourVerdict[]): ((index: number) => boolean) => {
  const around = aroundOf(week.hours);
  const busyHours = around.hours.map((some) => isBusy(week, sumOf(some)));
  const busyDays = around.days.map((some) => isBusy(week, sumOf(some)));
  return (index) => {
    const counts = week.hours[index] ?? NOTHING;
    if (!isTold(counts) || verdicts[index] === 'worse' || shareAnswered(counts) < week.whole) return false;
    if (isBusy(week, counts)) return true;
    const beside = busyHours[hourOfDay(index)] === true || busyDays[weekdayOf(index)] === true;
    return beside && isAbove(week.demand, counts);
  };
};

export type HoursAdvice = Pick<HoursReport, 'advice' | 'remarks' | 'tooFew'> & {
  readonly verdicts: readonly HourVerdict[];
};

const mostWorth = (advice: readonly Advice[], worth: (advice: Advice) => number): readonly Advice[] =>
  [...advice].sort((a, b) => worth(b) - worth(a)).slice(0, MOST_ADVICE);

/**
 * When to advertise, when not, and where staff is missing, from the calls of each hour of the week. An hour counts as missed more than
 * usual when the interval of its answer rate lies below the rate of the others; intervals are so wide that a week without any
 * difference gets no such advice nine times out of ten, however many hours are looked at. Pure.
 *
 * @param hours 168, from Monday 0:00
 */
export const adviseHours = (hours: readonly HourCounts[]): HoursAdvice => {
  const total = sumOf(hours);
  const whole = shareAnswered(total);
  const around = aroundOf(hours);
  const looks = [...hours, ...[...around.hours, ...around.days].map(sumOf)].filter(isTold).length;
  const z = normalTail(ALARM / 2 / Math.max(1, looks));
  const demand = total.times === 0 ? 0 : total.calls / total.times;
  const first: Week = { hours, rate: whole, whole, demand, z };

  if (total.calls < MIN_TOTAL) {
    const none = hours.map(({ calls }): HourVerdict => (calls === 0 ? 'none' : 'few'));
    const remarks = [noAdviceText(total.calls, MIN_TOTAL)];
    return { verdicts: none, advice: [], remarks, tooFew: tooFewOf(first, none) };
  }
  const { week, verdicts } = findWorse(first);
  const tooFew = tooFewOf(week, verdicts);
  const isWorse = (index: number, busy: boolean): boolean =>
    verdicts[index] === 'worse' && isAbove(week.demand, hours[index] ?? NOTHING) === busy;
  const staff = rangesOf(week, (index) => isWorse(index, true)).map((range) =>
    adviceOf(week, range, 'staff'),
  );
  const pause = rangesOf(week, (index) => isWorse(index, false)).map((range) =>
    adviceOf(week, range, 'pause'),
  );
  const good = rangesOf(week, busyAndAnswered(week, verdicts)).map((range) =>
    adviceOf(week, range, 'advertise'),
  );
  const isHalf = week.rate >= 0.5;
  const advice = [
    ...(isHalf ? mostWorth(good, ({ answered }) => answered) : []),
    ...mostMissed(staff),
    ...mostMissed(pause),
  ];
  const remarks = [
    ...(isHalf ? [] : [STAFF_FIRST]),
    ...(isHalf && good.length === 0 ? [NO_BUSY] : []),
    ...(staff.length + pause.length === 0
      ? ['No hour of the week is missed significantly more than the others.']
      : []),
    ...(tooFew.hours > 0 ? [tooFewText(tooFew, MIN_CALLS, total.calls)] : []),
  ];
  return { verdicts, advice, remarks, tooFew };
};

const STAFF_FIRST =
  'Fewer than half of all calls are answered: more advertising would bring more missed calls. Staff comes first.';

const NO_BUSY =
  'No hour that is answered as well as usual has surely more calls than the rest of the week: nothing speaks for advertising at one hour rather than another.';

const mostMissed = (advice: readonly Advice[]): readonly Advice[] =>
  mostWorth(advice, ({ missedPerWeek }) => missedPerWeek);

const tooFewOf = ({ hours, rate, z }: Week, verdicts: readonly HourVerdict[]): HoursReport['tooFew'] => {
  const few = hours.filter((_, index) => verdicts[index] === 'few');
  const needed = Math.max(MIN_CALLS, Math.ceil((z * z * rate * (1 - rate)) / NOTABLE ** 2));
  return { hours: few.length, calls: sumOf(few).calls, needed };
};

/** The rate of an hour as it is shown: its own interval, whatever else was looked at. */
export const rateOf = ({ answered, calls }: HourCounts): Estimate => shareOf(answered, calls);
