import type { CallRollupTable, CallRollupValueTable, SqliteFile } from '../../store/index.ts';
import { COLUMNS, insertSql, VALUE_COLUMNS } from './keep.ts';
import { consistently } from './read.ts';
import { BLOCK_DAYS } from './spans.ts';
import { DAY_MS, SUMS } from './sql.ts';
import { statement } from './statements.ts';
import type { BlockFigures, RollupDimension } from './types.ts';

/** Those of words: a keyword comes on many days, and stands once in a block. */
const WORDS: readonly RollupDimension[] = ['source', 'keyword', 'landing', 'region'];

const OF_DAYS = 'WHERE dimension = @dimension AND days = 1 AND day >= @day AND day < @day + @length';
const COUNT = `SELECT @dimension AS dimension, CAST(@length AS INTEGER) AS days, CAST(@day AS INTEGER) AS day, key, test, spam, ${SUMS}
  FROM call_rollup ${OF_DAYS} GROUP BY key, test, spam ORDER BY key, test, spam`;
const COUNT_WORTH = `SELECT @dimension AS dimension, CAST(@length AS INTEGER) AS days, CAST(@day AS INTEGER) AS day, key, test, spam,
    currency, sum(valued) AS valued, sum(micros) AS micros
  FROM call_rollup_value ${OF_DAYS} GROUP BY key, test, spam, currency ORDER BY key, test, spam, currency`;

const ofWords = <Row>(file: SqliteFile, sql: string, day: number): Row[] =>
  WORDS.flatMap((dimension) => statement<Row>(file, sql).all({ dimension, day, length: BLOCK_DAYS }));

/** Adds up what is kept of a block's days. Reads alone, as `countDay` does. */
export const countBlock = (file: SqliteFile, day: number): BlockFigures =>
  consistently(file, () => ({
    day,
    figures: ofWords<CallRollupTable>(file, COUNT, day),
    values: ofWords<CallRollupValueTable>(file, COUNT_WORTH, day),
  }));

const STALE = 'SELECT 1 FROM call_stale_day WHERE day >= ? AND day < ? LIMIT 1';

/**
 * Writes a block, in a transaction of its own. Between `countBlock` and this none of its days may be kept anew: one keeper does both,
 * one after the other.
 *
 * @returns false when one of its days has become stale
 */
export const keepBlock = (file: SqliteFile, { day, figures, values }: BlockFigures): boolean => {
  const work = (): boolean => {
    if (statement(file, STALE).get(day, day + BLOCK_DAYS) !== undefined) return false;
    for (const table of ['call_rollup', 'call_rollup_value'])
      for (const dimension of WORDS)
        statement(file, `DELETE FROM ${table} WHERE dimension = ? AND days = ${BLOCK_DAYS} AND day = ?`).run(
          dimension,
          day,
        );
    const insert = statement(file, insertSql('call_rollup', COLUMNS));
    for (const row of figures) insert.run(row);
    const insertValue = statement(file, insertSql('call_rollup_value', VALUE_COLUMNS));
    for (const row of values) insertValue.run(row);
    statement(file, 'INSERT OR IGNORE INTO call_kept_block (day) VALUES (?)').run(day);
    return true;
  };
  return file.transaction(work).immediate();
};

const MISSING = `SELECT DISTINCT day - day % ${BLOCK_DAYS} AS block FROM call_rollup
    WHERE dimension = 'region' AND days = 1 AND day < ?
  EXCEPT SELECT day FROM call_kept_block
  EXCEPT SELECT day - day % ${BLOCK_DAYS} FROM call_stale_day
  ORDER BY block DESC`;

/**
 * First days of blocks that can be kept and are not: they are over, and none of their days is stale.
 *
 * @param now milliseconds since the epoch
 */
export const missingBlocks = (file: SqliteFile, now: number): readonly number[] => {
  const today = Math.floor(now / DAY_MS);
  return statement<{ block: number }>(file, MISSING)
    .all(today - (today % BLOCK_DAYS))
    .map(({ block }) => block);
};

/** What is kept of a block. */
export const storedBlock = (file: SqliteFile, day: number): BlockFigures => {
  const read = <Row>(table: string, columns: readonly string[], order: string): Row[] =>
    ofWords<Row>(
      file,
      `SELECT ${columns.join(', ')} FROM ${table} WHERE dimension = @dimension AND days = @length AND day = @day ORDER BY ${order}`,
      day,
    );
  return {
    day,
    figures: read<CallRollupTable>('call_rollup', COLUMNS, 'key, test, spam'),
    values: read<CallRollupValueTable>('call_rollup_value', VALUE_COLUMNS, 'key, test, spam, currency'),
  };
};
