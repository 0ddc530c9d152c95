import type { SqliteFile } from '../../store/index.ts';
import { offsetSpans, readingOf, type Stretch, stretchesOf } from './spans.ts';
import {
  countSql,
  DAY_MS,
  FIGURE_NAMES,
  HOUR_MS,
  KEY_SQL,
  keptCountSql,
  keptWorthSql,
  QUARTER_MS,
  TIME_SQL,
  type TimeKey,
  worthSql,
} from './sql.ts';
import { statement } from './statements.ts';
import type { Figures, Group, Groups, RollupDimension, Span, ValueGroup } from './types.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Tested = { readonly test: 0 | 1 };

/** Adds up rows that have the same key, wherever they were read. */
const createTally = () => {
  const figures = new Map<string, Mutable<Group>>();
  const values = new Map<string, Mutable<ValueGroup>>();
  const addFigures = (row: Group): void => {
    const key = `${row.spam} ${row.key}`;
    const sum = figures.get(key);
    if (sum === undefined) figures.set(key, { ...row });
    else for (const name of FIGURE_NAMES) sum[name] += row[name];
  };
  const addValue = (row: ValueGroup): void => {
    const key = `${row.spam} ${row.currency} ${row.key}`;
    const sum = values.get(key);
    if (sum === undefined) values.set(key, { ...row });
    else {
      sum.valued += row.valued;
      sum.micros += row.micros;
    }
  };
  return {
    addFigures,
    addValue,
    groups: (): Groups => ({ figures: [...figures.values()], values: [...values.values()] }),
  };
};

type Tally = ReturnType<typeof createTally>;

/** How a dimension's key is had from calls, and from what is kept of it. */
type Keys = {
  readonly dimension: RollupDimension;
  readonly raw: string;
  /** Of times: what rows are told by, and what they are kept by, ms. Left out: by the dimension's words, of whole days. */
  readonly kept?: { readonly by: string; readonly unit: number };
  /** Of local time from UTC, milliseconds. */
  readonly offset: number;
};

const readRaw = (
  file: SqliteFile,
  { raw, offset }: Keys,
  spans: readonly Span[],
  tests: boolean,
  tally: Tally,
): void => {
  for (const span of spans) {
    const given = { ...span, offset };
    for (const row of statement<Group & Tested>(file, countSql(raw)).iterate(given))
      if (tests || row.test === 0) tally.addFigures(row);
    for (const row of statement<ValueGroup & Tested>(file, worthSql(raw)).iterate(given))
      if (tests || row.test === 0) tally.addValue(row);
  }
};

type KeptPart = Stretch & { readonly fromKey?: number; readonly toKey?: number };

const readKept = (
  file: SqliteFile,
  { dimension, kept, offset }: Keys,
  part: KeptPart,
  tests: boolean,
  tally: Tally,
): void => {
  const given = { dimension, offset, ...part, tests: tests ? 1 : 0 };
  for (const row of statement<Group>(file, keptCountSql(kept?.by)).iterate(given)) tally.addFigures(row);
  for (const row of statement<ValueGroup>(file, keptWorthSql(kept?.by)).iterate(given)) tally.addValue(row);
};

/** Times have few rows a day as it is: no blocks of them are kept. */
const partsOf = (file: SqliteFile, { kept }: Keys, { from, to }: Span): readonly KeptPart[] => {
  const days = { fromDay: Math.floor(from / DAY_MS), toDay: Math.ceil(to / DAY_MS) };
  if (kept === undefined) return stretchesOf(days, keptBlocks(file));
  return [{ days: 1, ...days, fromKey: from / kept.unit, toKey: to / kept.unit }];
};

const staleDaysWithin = (file: SqliteFile, { from, to }: Span): readonly number[] =>
  file
    .prepare<[number, number], number>(
      'SELECT day FROM call_stale_day WHERE day >= ? AND day < ? ORDER BY day',
    )
    .pluck()
    .all(Math.floor(from / DAY_MS), Math.ceil(to / DAY_MS));

/** First days of the blocks that are kept, ascending. */
export const keptBlocks = (file: SqliteFile): readonly number[] =>
  statement<{ day: number }>(file, 'SELECT day FROM call_kept_block ORDER BY day')
    .all()
    .map(({ day }) => day);

const read = (file: SqliteFile, keys: Keys, span: Span, tests: boolean, tally: Tally): void => {
  const { kept, raw } = readingOf(span, staleDaysWithin(file, span), keys.kept?.unit);
  for (const part of kept ? partsOf(file, keys, kept) : []) readKept(file, keys, part, tests, tally);
  readRaw(file, keys, raw, tests, tally);
};

/** One state of the database for all that is read, whoever writes meanwhile. */
export const consistently = <T>(file: SqliteFile, work: () => T): T => file.transaction(work).deferred();

type Asked = Span & { readonly includeTests?: boolean | undefined };

/** Inbound calls of a period by a dimension. Whole UTC days come from kept figures, so that years of calls are read at once. */
export const readGroups = (
  file: SqliteFile,
  dimension: Exclude<RollupDimension, 'hour' | 'quarter'>,
  { from, to, includeTests = false }: Asked,
): Groups => {
  const tally = createTally();
  const keys = { dimension, raw: KEY_SQL[dimension], offset: 0 };
  read(file, keys, { from, to }, includeTests, tally);
  return tally.groups();
};

/** The same by local time: days since 1970, or hours of the week from Monday 0:00. */
export const readTimes = (
  file: SqliteFile,
  by: TimeKey,
  { from, to, zone, includeTests = false }: Asked & { readonly zone: string },
): Groups => {
  const tally = createTally();
  for (const span of offsetSpans({ from, to }, zone)) {
    const { offset } = span;
    // Hours are fewer to read; where they don't fit the zone's, quarters do; what fits none is counted.
    const [dimension, unit] =
      offset % HOUR_MS === 0 ? (['hour', HOUR_MS] as const) : (['quarter', QUARTER_MS] as const);
    const kept = { by: TIME_SQL[by](`key * ${unit}`), unit };
    const keys = { dimension, raw: TIME_SQL[by]('c.started_at'), kept, offset };
    const own = { from: span.from, to: span.to };
    if (offset % unit === 0) read(file, keys, own, includeTests, tally);
    else readRaw(file, keys, [own], includeTests, tally);
  }
  return tally.groups();
};

export const NO_FIGURES: Figures = {
  calls: 0,
  answered: 0,
  missed: 0,
  blocked: 0,
  first_time: 0,
  qualified: 0,
  talked: 0,
  talk_ms: 0,
  answer_ms: 0,
};

export const addFigures = (a: Figures, b: Figures): Figures => ({
  calls: a.calls + b.calls,
  answered: a.answered + b.answered,
  missed: a.missed + b.missed,
  blocked: a.blocked + b.blocked,
  first_time: a.first_time + b.first_time,
  qualified: a.qualified + b.qualified,
  talked: a.talked + b.talked,
  talk_ms: a.talk_ms + b.talk_ms,
  answer_ms: a.answer_ms + b.answer_ms,
});
