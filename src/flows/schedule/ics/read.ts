import { type Problem, UsageError } from '../../../base/errors.ts';
import { DAY_MS, dateOf } from '../days.ts';
import type { CalendarEvent } from '../events.ts';
import { type ContentLine, readContentLines, textOf } from './content-lines.ts';
import { momentOf, problemOf, readDuration, readWall, type Wall, wallAt } from './moments.ts';
import { beginnings } from './recurrence.ts';
import { zoneOf } from './zones.ts';

/** An event as it is kept: each time that it takes place is one of its own. */
export type ImportedEvent = CalendarEvent & {
  /** UID and beginning: the same in the next import. */
  readonly key: string;
};

export type ImportedCalendar = {
  /** X-WR-CALNAME. */
  readonly name: string | undefined;
  /** In order of time. */
  readonly events: readonly ImportedEvent[];
  /** Events that were left out, and why. */
  readonly leftOut: {
    readonly cancelled: number;
    /** They end before the period, or begin after it. */
    readonly outside: number;
    /** They begin and end at once. */
    readonly momentary: number;
  };
};

export type CalendarPeriod = {
  /** Dates, inclusive: events that repeat are kept for so long. */
  readonly from: string;
  readonly through: string;
  /** Zone of times that name none and whose calendar names none. Default: UTC. */
  readonly zone?: string | undefined;
};

type Block = { readonly begin: ContentLine; readonly lines: readonly ContentLine[] };

const MOST_EVENTS = 20_000;
const MOST_PROBLEMS = 20;

/** The VEVENTs of a file, without what is nested in them (alarms), and the lines of the calendar itself. */
const blocksOf = (
  lines: readonly ContentLine[],
): { events: readonly Block[]; calendar: readonly ContentLine[] } => {
  const open: string[] = [];
  const events: { begin: ContentLine; lines: ContentLine[] }[] = [];
  const calendar: ContentLine[] = [];
  for (const line of lines) {
    const value = line.value.trim().toUpperCase();
    if (line.name === 'BEGIN') {
      open.push(value);
      if (value === 'VEVENT') events.push({ begin: line, lines: [] });
    } else if (line.name === 'END') {
      if (open.pop() !== value) throw problemOf(line, `ends ${value}, which has not begun here`);
    } else if (open.at(-1) === 'VEVENT') events.at(-1)?.lines.push(line);
    else if (open.length === 1) calendar.push(line);
  }
  const [unended] = open;
  if (unended !== undefined && lines.length > 0)
    throw problemOf(
      { line: lines.at(-1)?.line ?? 1, name: 'END' },
      `${unended} has no end`,
      'the file seems to be cut off',
    );
  return { events, calendar };
};

type Event = {
  readonly uid: string;
  readonly summary: string;
  readonly start: Wall;
  /** Milliseconds of what the clock shows. */
  readonly length: number;
  readonly cancelled: boolean;
  readonly rules: readonly ContentLine[];
  readonly added: readonly Wall[];
  readonly excluded: readonly Wall[];
  /** The time of the repeated event that this one takes the place of. */
  readonly replaces: Wall | undefined;
};

const lengthOf = (
  start: Wall,
  end: ContentLine | undefined,
  duration: ContentLine | undefined,
  zone: string,
): number => {
  if (end) {
    const read = readWall(end, end.value, zone);
    const wall =
      read.type === 'time' && start.type === 'time' && read.zone !== start.zone
        ? wallAt(momentOf(read), start.zone)
        : read.wall;
    if (read.type !== start.type)
      throw problemOf(end, 'is a date where DTSTART is a time, or the other way round');
    if (wall < start.wall) throw problemOf(end, 'lies before DTSTART');
    // Some programs end a day on itself.
    return start.type === 'date' ? Math.max(DAY_MS, wall - start.wall) : wall - start.wall;
  }
  const length = duration ? readDuration(duration) : 0;
  return start.type === 'date' ? Math.max(DAY_MS, Math.ceil(length / DAY_MS) * DAY_MS) : length;
};

const readEvent = ({ begin, lines }: Block, zone: string): Event => {
  const one = (name: string): ContentLine | undefined => lines.find((line) => line.name === name);
  const walls = (name: string): readonly Wall[] =>
    lines
      .filter((line) => line.name === name)
      .flatMap((line) =>
        line.value.split(',').map((value) => readWall(line, value.split('/')[0] ?? '', zone)),
      );
  const startLine = one('DTSTART');
  if (!startLine) throw problemOf({ ...begin, name: 'VEVENT' }, 'has no DTSTART', 'say when it begins');
  const start = readWall(startLine, startLine.value, zone);
  const replaced = one('RECURRENCE-ID');
  const summary = textOf(one('SUMMARY')?.value ?? '').slice(0, 200);
  return {
    uid: textOf(one('UID')?.value ?? '').slice(0, 300) || summary,
    summary,
    start,
    length: lengthOf(start, one('DTEND'), one('DURATION'), zone),
    cancelled: one('STATUS')?.value.toUpperCase() === 'CANCELLED',
    rules: lines.filter(({ name }) => name === 'RRULE'),
    added: walls('RDATE'),
    excluded: walls('EXDATE'),
    replaces: replaced && readWall(replaced, replaced.value, zone),
  };
};

const isMidnight = (wall: number): boolean => wall % DAY_MS === 0;

const occurrence = ({ uid, summary, start, length }: Event, wall: number): ImportedEvent => {
  const whole = start.type === 'date' || (isMidnight(wall) && isMidnight(wall + length));
  const key = `${uid}/${new Date(wall).toISOString().slice(0, start.type === 'date' ? 10 : 19)}`;
  const days = { from: dateOf(wall / DAY_MS), to: dateOf((wall + length) / DAY_MS - 1) };
  if (whole) return { key, summary, from_date: days.from, to_date: days.to, starts_at: null, ends_at: null };
  const zone = start.type === 'time' ? start.zone : 'UTC';
  return {
    key,
    summary,
    from_date: null,
    to_date: null,
    starts_at: momentOf({ wall, zone }),
    ends_at: momentOf({ wall: wall + length, zone }),
  };
};

type Bounds = { readonly from: number; readonly through: number };

/** @returns an event for each time that it takes place within the bounds */
const occurrences = (
  event: Event,
  replacing: readonly Event[],
  { from, through }: Bounds,
): readonly ImportedEvent[] => {
  const excluded = [...event.excluded, ...replacing.flatMap(({ replaces }) => replaces ?? [])];
  return beginnings({ ...event, excluded }, from - event.length + 1, through).map((wall) =>
    occurrence(event, wall),
  );
};

const zoneOfCalendar = (calendar: readonly ContentLine[], fallback: string): string => {
  const line = calendar.find(({ name }) => name === 'X-WR-TIMEZONE');
  return (line && zoneOf(line.value.trim())) ?? fallback;
};

const collect = <T, R>(all: readonly T[], problems: Problem[], read: (each: T) => R): readonly R[] =>
  all.flatMap((each) => {
    try {
      return [read(each)];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });

const refuseAny = (problems: readonly Problem[]): void => {
  if (problems.length === 0) return;
  const more = problems.length - MOST_PROBLEMS;
  const rest = more > 0 ? [{ path: '', message: `and ${more} more` }] : [];
  throw new UsageError('The calendar is not understood', [...problems.slice(0, MOST_PROBLEMS), ...rest]);
};

/**
 * Reads a calendar file (RFC 5545): days and times with their repetitions, in the zones that they name. Zones are looked up by
 * name; definitions of zones in the file are not read.
 *
 * @throws UsageError with every problem and its line
 */
export const readCalendar = (
  text: string,
  { from, through, zone = 'UTC' }: CalendarPeriod,
): ImportedCalendar => {
  const { lines, unread } = readContentLines(text);
  if (lines[0]?.name !== 'BEGIN' || lines[0].value.trim().toUpperCase() !== 'VCALENDAR')
    throw new UsageError('The file is no calendar', [
      {
        path: 'line 1',
        message: 'BEGIN:VCALENDAR is not there',
        mend: 'export the calendar as an .ics file',
      },
    ]);
  const problems: Problem[] = unread.map((line) => ({
    path: `line ${line}`,
    message: 'has no NAME:value',
    mend: 'a long line goes on with a blank at its beginning',
  }));
  const { events: blocks, calendar } = blocksOf(lines);
  const own = zoneOfCalendar(calendar, zone);
  const read = collect(blocks, problems, (block) => readEvent(block, own));
  const bounds = { from: Date.parse(`${from}T00:00:00Z`), through: Date.parse(`${through}T23:59:59Z`) };
  const live = read.filter(({ cancelled }) => !cancelled);
  const leftOut = { cancelled: read.length - live.length, outside: 0, momentary: 0 };
  const replacing = new Map<string, Event[]>();
  // One that is cancelled takes its place away all the same.
  for (const event of read) {
    if (event.replaces) replacing.set(event.uid, [...(replacing.get(event.uid) ?? []), event]);
  }
  const found = new Map<string, ImportedEvent>();
  collect(live, problems, (event) => {
    if (event.length === 0) {
      leftOut.momentary += 1;
      return;
    }
    const all = occurrences(event, event.replaces ? [] : (replacing.get(event.uid) ?? []), bounds);
    if (all.length === 0) leftOut.outside += 1;
    for (const each of all) found.set(each.key, each);
  });
  refuseAny(problems);
  if (found.size > MOST_EVENTS)
    throw new UsageError(
      `The calendar has ${found.size} events from ${from} to ${through}: ${MOST_EVENTS} are the most`,
    );
  const name = calendar.find(({ name }) => name === 'X-WR-CALNAME' || name === 'NAME');
  return {
    name: name && (textOf(name.value).slice(0, 200) || undefined),
    events: [...found.values()].sort(byTime),
    leftOut,
  };
};

const timeOf = ({ from_date, starts_at }: CalendarEvent): number =>
  from_date === null ? (starts_at ?? 0) : Date.parse(`${from_date}T00:00:00Z`);

const byTime = (one: ImportedEvent, other: ImportedEvent): number =>
  timeOf(one) - timeOf(other) || (one.key < other.key ? -1 : 1);
