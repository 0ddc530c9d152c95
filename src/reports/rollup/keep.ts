import type { CallRollupTable, SqliteFile } from '../../store/index.ts';
import { addFigures, consistently, NO_FIGURES } from './read.ts';
import { DAY_MS, EACH_CALL, EACH_WORTH, FIGURE_NAMES, isNumbered, KEY_SQL } from './sql.ts';
import { statement } from './statements.ts';
import type { DayFigures, DayRow, DayValue, Figures, RollupDimension } from './types.ts';

export const DIMENSIONS = Object.keys(KEY_SQL) as readonly RollupDimension[];

export const inOrder = <Row extends { dimension: string; key: string; test: number; spam: number }>(
  rows: Row[],
): Row[] =>
  rows.sort(
    (a, b) =>
      (a.dimension < b.dimension ? -1 : a.dimension > b.dimension ? 1 : 0) ||
      (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) ||
      a.test - b.test ||
      a.spam - b.spam,
  );

type Keys = { readonly [Name in `${RollupDimension}_key`]: string };
type Flags = Pick<CallRollupTable, 'test' | 'spam'>;
type EachCall = Keys & Flags & Figures;
type EachWorth = Keys & Flags & { readonly currency: string; readonly micros: number };

/** Puts each row into the group that it belongs to, in every dimension. */
const grouped = <Row extends Keys & Flags, Group>(
  rows: Iterable<Row>,
  groupOf: (row: Row) => string,
  begin: (row: Row, dimension: RollupDimension, key: string) => Group,
  add: (group: Group, row: Row) => void,
): Group[] => {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const rest = groupOf(row);
    for (const dimension of DIMENSIONS) {
      const key = row[`${dimension}_key`];
      const place = `${dimension} ${rest} ${key}`;
      const group = groups.get(place);
      if (group === undefined) groups.set(place, begin(row, dimension, key));
      else add(group, row);
    }
  }
  return [...groups.values()];
};

const countEach = (rows: Iterable<EachCall>, day: number): DayRow[] =>
  grouped(
    rows,
    ({ test, spam }) => `${test} ${spam}`,
    (row, dimension, key): DayRow => {
      const { test, spam } = row;
      return { dimension, day, key, test, spam, ...addFigures(NO_FIGURES, row) };
    },
    (group, row) => {
      for (const name of FIGURE_NAMES) group[name] += row[name];
    },
  );

const sumEach = (rows: Iterable<EachWorth>, day: number): DayValue[] =>
  grouped(
    rows,
    ({ test, spam, currency }) => `${test} ${spam} ${currency}`,
    ({ test, spam, currency, micros }, dimension, key): DayValue => ({
      dimension,
      day,
      key,
      test,
      spam,
      currency,
      valued: 1,
      micros,
    }),
    (group, { micros }) => {
      group.valued += 1;
      group.micros += micros;
    },
  );

/** Counts the calls of a UTC day anew. Reads alone: it may be done on another connection than the one that writes. */
export const countDay = (file: SqliteFile, day: number): DayFigures =>
  consistently(file, () => {
    const span = { from: day * DAY_MS, to: (day + 1) * DAY_MS };
    const state = statement<{ touched: number }>(file, 'SELECT touched FROM call_stale_day WHERE day = ?');
    return {
      day,
      touched: state.get(day)?.touched,
      figures: inOrder(countEach(statement<EachCall>(file, EACH_CALL).iterate(span), day)),
      values: inOrder(sumEach(statement<EachWorth>(file, EACH_WORTH).iterate(span), day)),
    };
  });

export const COLUMNS = ['dimension', 'days', 'day', 'key', 'test', 'spam', ...FIGURE_NAMES];
export const VALUE_COLUMNS = [
  'dimension',
  'days',
  'day',
  'key',
  'test',
  'spam',
  'currency',
  'valued',
  'micros',
];

export const insertSql = (table: string, columns: readonly string[]): string =>
  `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`;

const FIND_KEY = 'SELECT id FROM call_rollup_key WHERE dimension = ? AND key = ?';
const ADD_KEY = 'INSERT INTO call_rollup_key (dimension, key) VALUES (?, ?)';

/** The number that stands for a key's words; given at the first time. */
const numberOf = (file: SqliteFile, { dimension, key }: Pick<DayRow, 'dimension' | 'key'>): number => {
  if (isNumbered(dimension)) return Number(key);
  const known = statement<{ id: number }>(file, FIND_KEY).get(dimension, key);
  return known?.id ?? Number(statement(file, ADD_KEY).run(dimension, key).lastInsertRowid);
};

/**
 * Writes what a stale day's calls were counted as, in a transaction of its own.
 *
 * @returns false when something came in between: the day stays stale, to be counted again
 */
export const keepDay = (file: SqliteFile, { day, touched, figures, values }: DayFigures): boolean => {
  if (touched === undefined) return false;
  const work = (): boolean => {
    const fresh = statement(file, 'DELETE FROM call_stale_day WHERE day = ? AND touched = ?').run(
      day,
      touched,
    );
    if (fresh.changes === 0) return false;
    for (const table of ['call_rollup', 'call_rollup_value'])
      for (const dimension of DIMENSIONS)
        statement(file, `DELETE FROM ${table} WHERE dimension = ? AND days = 1 AND day = ?`).run(
          dimension,
          day,
        );
    const insert = statement(file, insertSql('call_rollup', COLUMNS));
    for (const row of figures) insert.run({ ...row, days: 1, key: numberOf(file, row) });
    const insertValue = statement(file, insertSql('call_rollup_value', VALUE_COLUMNS));
    for (const row of values) insertValue.run({ ...row, days: 1, key: numberOf(file, row) });
    return true;
  };
  return file.transaction(work).immediate();
};

/**
 * Days whose figures are to be counted anew, the newest first: those that are over.
 *
 * @param now milliseconds since the epoch
 */
export const staleDays = (file: SqliteFile, now: number, limit = 1000): readonly number[] =>
  file
    .prepare<[number, number], number>(
      'SELECT day FROM call_stale_day WHERE day < ? ORDER BY day DESC LIMIT ?',
    )
    .pluck()
    .all(Math.floor(now / DAY_MS), limit);
