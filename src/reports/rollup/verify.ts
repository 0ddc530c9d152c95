import type { SqliteFile } from '../../store/index.ts';
import { countBlock, storedBlock } from './blocks.ts';
import { COLUMNS, countDay, DIMENSIONS, inOrder, VALUE_COLUMNS } from './keep.ts';
import { consistently, keptBlocks } from './read.ts';
import { BLOCK_DAYS } from './spans.ts';
import { DAY_MS, isNumbered } from './sql.ts';
import { statement } from './statements.ts';
import type { DayFigures, DayRow, DayValue, RollupDimension } from './types.ts';

/** What is kept and the calls don't say, or the other way round. */
export type RollupFault = {
  /** UTC day since 1970; of a block the first. */
  readonly day: number;
  /** 1, or a block's 32, which says something else than its days. */
  readonly days: number;
  readonly dimension: string;
  readonly key: string;
};

const kept = (file: SqliteFile, day: number): Pick<DayFigures, 'figures' | 'values'> => {
  const wordsOf = (dimension: RollupDimension): string =>
    isNumbered(dimension)
      ? 'CAST(kept.key AS TEXT)'
      : '(SELECT words.key FROM call_rollup_key words WHERE words.id = kept.key)';
  const rows = <Row>(table: string, columns: readonly string[]): Row[] =>
    DIMENSIONS.flatMap((dimension) => {
      const read = columns
        .filter((name) => name !== 'days')
        .map((name) => (name === 'key' ? `${wordsOf(dimension)} AS key` : name))
        .join(', ');
      const sql = `SELECT ${read} FROM ${table} kept WHERE dimension = ? AND days = 1 AND day = ?`;
      return statement<Row>(file, sql).all(dimension, day);
    });
  return {
    figures: inOrder(rows<DayRow>('call_rollup', COLUMNS)),
    values: inOrder(rows<DayValue>('call_rollup_value', VALUE_COLUMNS)),
  };
};

type Keyed = { readonly dimension: string; readonly key: string | number };

const differing = <Row extends Keyed>(
  a: readonly Row[],
  b: readonly Row[],
  columns: readonly string[],
): Keyed[] => {
  const text = (row: Row): string => JSON.stringify(columns.map((name) => row[name as keyof Row]));
  const [inA, inB] = [new Set(a.map(text)), new Set(b.map(text))];
  return [...a.filter((row) => !inB.has(text(row))), ...b.filter((row) => !inA.has(text(row)))];
};

const wordsOf = (file: SqliteFile, id: string | number): string =>
  statement<{ key: string }>(file, 'SELECT key FROM call_rollup_key WHERE id = ?').get(id)?.key ?? String(id);

/** Each key once: a row that is kept otherwise than it was counted differs on both sides. */
const faultsOf = (
  rows: readonly Keyed[],
  { day, days }: Pick<RollupFault, 'day' | 'days'>,
  words: (key: string | number) => string,
): RollupFault[] => {
  const faults = rows.map(({ dimension, key }): RollupFault => ({ day, days, dimension, key: words(key) }));
  return [...new Map(faults.map((fault) => [`${fault.dimension} ${fault.key}`, fault])).values()];
};

/** Blocks that say something else than their days. */
const blockFaults = (file: SqliteFile): RollupFault[] =>
  consistently(file, () =>
    keptBlocks(file).flatMap((day) => {
      const counted = countBlock(file, day);
      const stored = storedBlock(file, day);
      const rows = [
        ...differing(stored.figures, counted.figures, COLUMNS),
        ...differing(stored.values, counted.values, VALUE_COLUMNS),
      ];
      return faultsOf(rows, { day, days: BLOCK_DAYS }, (key) => wordsOf(file, key));
    }),
  );

/**
 * Compares what is kept of days with the calls themselves, a day at a time, and blocks with their days. Days that are known to be
 * stale are passed over: no report reads them.
 *
 * @returns every day and key that differ, days checked
 */
export const verifyRollups = (
  file: SqliteFile,
): { readonly days: number; readonly faults: readonly RollupFault[] } => {
  const days = file
    .prepare<[], number>(
      `SELECT day FROM (SELECT DISTINCT started_at / ${DAY_MS} AS day FROM call UNION SELECT DISTINCT day FROM call_rollup WHERE days = 1)
       WHERE day NOT IN (SELECT day FROM call_stale_day) ORDER BY day`,
    )
    .pluck()
    .all();
  const dayFaults = (day: number): RollupFault[] =>
    consistently(file, () => {
      const counted = countDay(file, day);
      if (counted.touched !== undefined) return [];
      const stored = kept(file, day);
      const rows = [
        ...differing(stored.figures, counted.figures, COLUMNS),
        ...differing(stored.values, counted.values, VALUE_COLUMNS),
      ];
      return faultsOf(rows, { day, days: 1 }, String);
    });
  return { days: days.length, faults: [...days.flatMap(dayFaults), ...blockFaults(file)] };
};
