import type { Statement } from 'better-sqlite3';
import type { SqliteFile } from './connection.ts';
import type { AreaPrefixTable } from './flow-schema.ts';

/** Where a telephone number is at home, as far as the imported tables know. */
export type Area = AreaPrefixTable;

export type AreaImport = {
  /** Different prefixes of the file. */
  readonly prefixes: number;
  readonly added: number;
  readonly changed: number;
  /** Prefixes of the same countries that the file does not have; 0 unless they were to go. */
  readonly removed: number;
};

export type AreaCount = {
  readonly country: string;
  /** Undefined where countries are counted. */
  readonly area: string | undefined;
  readonly prefixes: number;
  readonly cities: number;
};

/** Synchronous: a look-up takes microseconds. */
export type AreaLookup = {
  /** The entry with the longest beginning of an E.164 number (with its plus or without). */
  of(e164: string): Area | undefined;
};

/** The table of prefixes. What writes has the connection for itself (`store.exclusively`). */
export type AreaRepository = AreaLookup & {
  /** Countries with what is known of each; the areas of one country where it is named. */
  counts(country?: string): readonly AreaCount[];
  /** Takes rows in without writing them to the table yet: `finish` does. A prefix that comes twice counts as it came last. */
  stage(rows: readonly Area[]): void;
  /**
   * Writes what was staged, all or nothing. The lock is held for this alone.
   *
   * @param options `replace`: prefixes of the same countries that were not staged go; `dryRun`: only counts
   */
  finish(options?: { readonly replace?: boolean; readonly dryRun?: boolean }): AreaImport;
  /** @returns how many prefixes there were */
  remove(country: string): number;
};

/** The last entry that is not behind a number in the order of the table. */
const LAST =
  'SELECT prefix, country, area, city FROM area_prefix WHERE prefix <= ? ORDER BY prefix DESC LIMIT 1';

const sharedLength = (one: string, other: string): number => {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
};

/**
 * The longest beginning of a number: the last entry that is not behind it, unless that one leaves the number at some digit; all
 * its beginnings are beginnings of what both share then.
 */
const longest = (digits: string, last: (text: string) => Area | undefined): Area | undefined => {
  let text = digits;
  while (text !== '') {
    const found = last(text);
    if (found === undefined || text.startsWith(found.prefix)) return found;
    text = text.slice(0, sharedLength(found.prefix, text));
  }
  return undefined;
};

const STAGE = `CREATE TEMP TABLE IF NOT EXISTS incoming_area (
  prefix TEXT PRIMARY KEY NOT NULL, country TEXT NOT NULL, area TEXT NOT NULL, city TEXT
) STRICT, WITHOUT ROWID`;

const DIFFERS = 'known.country <> new.country OR known.area <> new.area OR known.city IS NOT new.city';
const JOINED = 'FROM temp.incoming_area AS new JOIN area_prefix AS known ON known.prefix = new.prefix';
const GONE = `FROM area_prefix WHERE country IN (SELECT DISTINCT country FROM temp.incoming_area)
  AND prefix NOT IN (SELECT prefix FROM temp.incoming_area)`;
const WRITE = `INSERT INTO area_prefix (prefix, country, area, city)
  SELECT new.prefix, new.country, new.area, new.city FROM temp.incoming_area AS new
  LEFT JOIN area_prefix AS known ON known.prefix = new.prefix
  WHERE known.prefix IS NULL OR ${DIFFERS} ORDER BY new.prefix
  ON CONFLICT (prefix) DO UPDATE SET country = excluded.country, area = excluded.area, city = excluded.city`;

export const areaRepository = (file: SqliteFile): AreaRepository => {
  let last: Statement<[string], Area> | undefined;
  const count = (text: string): number =>
    file.prepare<[], { n: number }>(`SELECT count(*) AS n ${text}`).get()?.n ?? 0;

  const write = (replace: boolean, dryRun: boolean): AreaImport => {
    const prefixes = count('FROM temp.incoming_area');
    const known = count(JOINED);
    const result = {
      prefixes,
      added: prefixes - known,
      changed: count(`${JOINED} WHERE ${DIFFERS}`),
      removed: replace ? count(GONE) : 0,
    };
    if (dryRun) return result;
    if (result.removed > 0) file.exec(`DELETE ${GONE}`);
    if (result.added + result.changed > 0) file.exec(WRITE);
    return result;
  };

  return {
    of: (e164) => {
      const digits = e164.startsWith('+') ? e164.slice(1) : e164;
      last ??= file.prepare<[string], Area>(LAST);
      const statement = last;
      return longest(digits, (text) => statement.get(text));
    },
    counts: (country) =>
      country === undefined
        ? file
            .prepare<[], AreaCount>(
              `SELECT country, count(*) AS prefixes, count(DISTINCT area || '/' || city) AS cities
               FROM area_prefix GROUP BY country ORDER BY country`,
            )
            .all()
        : file
            .prepare<[string], AreaCount>(
              `SELECT country, area, count(*) AS prefixes, count(DISTINCT city) AS cities
               FROM area_prefix WHERE country = ? GROUP BY country, area ORDER BY area`,
            )
            .all(country),
    stage: (rows) => {
      file.exec(STAGE);
      const insert = file.prepare<Area>(
        'INSERT OR REPLACE INTO temp.incoming_area (prefix, country, area, city) VALUES (@prefix, @country, @area, @city)',
      );
      file.transaction(() => {
        for (const row of rows) insert.run(row);
      })();
    },
    finish: ({ replace = false, dryRun = false } = {}) => {
      file.exec(STAGE);
      const work = file.transaction(() => write(replace, dryRun));
      const result = dryRun ? work.deferred() : work.immediate();
      file.exec('DROP TABLE temp.incoming_area');
      return result;
    },
    remove: (country) => file.prepare('DELETE FROM area_prefix WHERE country = ?').run(country).changes,
  };
};
