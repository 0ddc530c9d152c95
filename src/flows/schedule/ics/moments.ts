import { UsageError } from '../../../base/errors.ts';
import { DAY_MS, zoneClock } from '../days.ts';
import type { ContentLine } from './content-lines.ts';
import { zoneOf } from './zones.ts';

/** A day or a time as a calendar writes it: what the clock shows, as if it were UTC, and whose clock. */
export type Wall =
  | { readonly type: 'date'; readonly wall: number }
  | { readonly type: 'time'; readonly wall: number; readonly zone: string };

/** What is wrong with one line. */
export const problemOf = (
  { line, name }: Pick<ContentLine, 'line' | 'name'>,
  message: string,
  mend?: string,
): UsageError =>
  new UsageError('The calendar is not understood', [
    { path: `line ${line}, ${name}`, message, ...(mend !== undefined && { mend }) },
  ]);

const DATE = /^(\d{4})(\d{2})(\d{2})$/;
const TIME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)$/;

const wallOf = (parts: readonly string[]): number | undefined => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const wall = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59));
  const back = new Date(wall);
  const same = back.getUTCMonth() === month - 1 && back.getUTCDate() === day && back.getUTCHours() === hour;
  return same && year > 0 && minute < 60 && second < 61 ? wall : undefined;
};

/** One value of a line such as DTSTART or EXDATE. `zone`: of times that name none. */
export const readWall = (line: ContentLine, value: string, zone: string): Wall => {
  const date = DATE.exec(value);
  if (date) {
    const wall = wallOf(date.slice(1));
    if (wall !== undefined) return { type: 'date', wall };
  }
  const time = TIME.exec(value);
  const wall = time ? wallOf(time.slice(1, 7)) : undefined;
  if (!time || wall === undefined) {
    const hint = 'use 20261225, 20261225T090000 or 20261225T090000Z';
    throw problemOf(line, `"${value.slice(0, 40)}" is no date or time`, hint);
  }
  if (time[7] === 'Z') return { type: 'time', wall, zone: 'UTC' };
  const id = line.parameters.get('TZID');
  const named = id === undefined ? zone : zoneOf(id);
  if (named !== undefined) return { type: 'time', wall, zone: named };
  throw problemOf(line, `TZID "${id}" is no time zone`, 'use an IANA name such as Europe/Berlin');
};

/** Milliseconds since the epoch; a time that comes twice is the first, one that is leapt over the leap. */
export const momentOf = ({ wall, zone }: { readonly wall: number; readonly zone: string }): number => {
  const day = Math.floor(wall / DAY_MS);
  const within = wall - day * DAY_MS;
  const minutes = Math.floor(within / 60_000);
  return zoneClock(zone).moments(day, minutes).first + (within - minutes * 60_000);
};

/** What the clock of a zone shows then, as if it were UTC. */
export const wallAt = (at: number, zone: string): number => {
  const clock = zoneClock(zone);
  return at + clock.offsetAt(at);
};

const DURATION = /^\+?P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?)$/;

/** Milliseconds of `P1D`, `PT2H30M`, `P2W`. */
export const readDuration = (line: ContentLine): number => {
  const match = DURATION.exec(line.value);
  if (!match || !/\d/.test(line.value))
    throw problemOf(line, `"${line.value.slice(0, 40)}" is no length of time`, 'use P1D or PT2H30M');
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  return (weeks * 7 + days) * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
};
