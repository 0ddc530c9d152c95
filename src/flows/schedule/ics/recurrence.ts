import rrule from 'rrule';
import { errorMessage, UsageError } from '../../../base/errors.ts';
import { DAY_MS } from '../days.ts';
import type { ContentLine } from './content-lines.ts';
import { momentOf, problemOf, readWall, type Wall, wallAt } from './moments.ts';

const SHAPE = /^[A-Z]+=[A-Z0-9,+-]+(?:;[A-Z]+=[A-Z0-9,+-]+)*;?$/i;
const DAYS = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY'];
const MOST = 5000;

/** When a rule repeats, in what the clock shows. Bounds are inclusive. */
const expand = (line: ContentLine, start: Wall, from: number, through: number): readonly number[] => {
  const value = line.value.toUpperCase().replace(/;$/, '');
  const parts = new Map(value.split(';').map((part) => part.split('=') as [string, string]));
  const refuse = (message: string, mend?: string): never => {
    throw problemOf(line, message, mend);
  };
  if (!SHAPE.test(line.value)) return refuse('is no rule', 'use a rule such as FREQ=YEARLY;BYMONTH=12');
  if (!DAYS.includes(parts.get('FREQ') ?? ''))
    return refuse(`repeats ${parts.get('FREQ') ?? 'never'}`, `use FREQ= with one of ${DAYS.join(', ')}`);
  if (!/^[1-9]\d{0,3}$/.test(parts.get('INTERVAL') ?? '1'))
    return refuse(`INTERVAL=${parts.get('INTERVAL')} is no interval`, 'use 1 to 9999');
  const until = parts.get('UNTIL');
  const rest = [...parts].filter(([name]) => name !== 'UNTIL').map(([name, text]) => `${name}=${text}`);
  try {
    const rule = new rrule.RRule({
      ...rrule.RRule.parseString(rest.join(';')),
      dtstart: new Date(start.wall),
      ...(until !== undefined && { until: new Date(untilWall(line, until, start)) }),
    });
    const found = rule.between(new Date(from), new Date(through), true, (_, index) => index < MOST);
    return found.map((date) => date.getTime());
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return refuse(`is not understood: ${errorMessage(error)}`);
  }
};

const untilWall = (line: ContentLine, text: string, start: Wall): number => {
  const until = readWall({ ...line, parameters: new Map() }, text, 'UTC');
  if (until.type === 'date') return until.wall + 86_399_999;
  if (start.type === 'date' || !text.endsWith('Z')) return until.wall;
  return wallAt(until.wall, start.zone);
};

export type Repeats = {
  readonly start: Wall;
  readonly rules: readonly ContentLine[];
  readonly added: readonly Wall[];
  readonly excluded: readonly Wall[];
};

const dayOfWall = (wall: number): number => Math.floor(wall / DAY_MS);

/** Where an event begins, each time (RFC 5545, section 3.8.5), between two moments of its own clock. */
export const beginnings = (
  { start, rules, added, excluded }: Repeats,
  from: number,
  through: number,
): readonly number[] => {
  const inOwnClock = (other: Wall): number =>
    other.type === 'time' && start.type === 'time' && other.zone !== start.zone
      ? wallAt(momentOf(other), start.zone)
      : other.wall;
  const days = new Set(
    excluded
      .filter(({ type }) => type === 'date' || start.type === 'date')
      .map(({ wall }) => dayOfWall(wall)),
  );
  const times = new Set(excluded.map(inOwnClock));
  const all = [
    ...(rules.length === 0 ? [start.wall] : rules.flatMap((rule) => expand(rule, start, from, through))),
    ...added.map(inOwnClock),
  ];
  return [...new Set(all)]
    .filter((wall) => from <= wall && wall <= through && !times.has(wall) && !days.has(dayOfWall(wall)))
    .sort((one, other) => one - other);
};
