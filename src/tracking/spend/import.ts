import type { SqliteFile } from '../../store/index.ts';
import type { SpendImport, SpendRow } from './types.ts';

const SELECT = `SELECT amount_micros AS micros, clicks, impressions FROM spend
  WHERE day = @day AND source = @source AND medium = @medium AND campaign = @campaign AND currency = @currency`;

const UPSERT = `INSERT INTO spend (day, source, medium, campaign, currency, amount_micros, clicks, impressions, imported_at)
  VALUES (@day, @source, @medium, @campaign, @currency, @micros, @clicks, @impressions, @at)
  ON CONFLICT (day, source, medium, campaign, currency) DO UPDATE SET
    amount_micros = excluded.amount_micros, clicks = excluded.clicks, impressions = excluded.impressions,
    imported_at = excluded.imported_at`;

type Amounts = Pick<SpendRow, 'micros' | 'clicks' | 'impressions'>;

const keyOf = ({ day, source, medium, campaign, currency }: SpendRow): string =>
  JSON.stringify([day, source, medium, campaign, currency]);

const sum = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);

/** Platforms export a line for each ad: those of one day, source, medium, campaign and currency are one row. */
export const mergeSpend = (rows: readonly SpendRow[]): readonly SpendRow[] => {
  const merged = new Map<string, SpendRow>();
  for (const row of rows) {
    const key = keyOf(row);
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined
        ? row
        : {
            ...row,
            micros: before.micros + row.micros,
            clicks: sum(before.clicks, row.clicks),
            impressions: sum(before.impressions, row.impressions),
          },
    );
  }
  return [...merged.values()];
};

const isSame = (a: Amounts, b: Amounts): boolean =>
  a.micros === b.micros && a.clicks === b.clicks && a.impressions === b.impressions;

/**
 * Writes spend, all rows or none; a row of a day, source, medium, campaign and currency that is there takes the new amounts, so
 * that the same import twice changes nothing.
 *
 * @param at when, milliseconds since the epoch
 * @param options `dryRun` writes nothing and tells the same
 */
export const importSpend = (
  file: SqliteFile,
  rows: readonly SpendRow[],
  at: number,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): SpendImport => {
  const merged = mergeSpend(rows);
  const work = (): SpendImport => {
    const select = file.prepare<SpendRow, Amounts>(SELECT);
    const upsert = dryRun ? undefined : file.prepare<SpendRow & { at: number }>(UPSERT);
    const counts = { added: 0, changed: 0, unchanged: 0 };
    for (const row of merged) {
      const before = select.get(row);
      const what = before === undefined ? 'added' : isSame(before, row) ? 'unchanged' : 'changed';
      counts[what] += 1;
      if (what !== 'unchanged') upsert?.run({ ...row, at: Math.round(at) });
    }
    return { rows: rows.length, ...counts, merged: rows.length - merged.length };
  };
  const transaction = file.transaction(work);
  return dryRun ? transaction.deferred() : transaction.immediate();
};

export type SpendFilter = {
  /** First day, `2026-11-01`. */
  readonly from?: string | undefined;
  /** Last day. */
  readonly through?: string | undefined;
  readonly source?: string | undefined;
  /** Default 1,000, at most 100,000. */
  readonly limit?: number | undefined;
};

const COLUMNS = 'day, source, medium, campaign, currency, amount_micros AS micros, clicks, impressions';

/** What was spent, the latest day first. */
export const listSpend = (file: SqliteFile, filter: SpendFilter = {}): readonly SpendRow[] =>
  file
    .prepare<object, SpendRow>(
      `SELECT ${COLUMNS} FROM spend
       WHERE day >= @from AND day <= @through AND (@source IS NULL OR source = @source)
       ORDER BY day DESC, source, medium, campaign, currency LIMIT @limit`,
    )
    .all({
      from: filter.from ?? '',
      through: filter.through ?? '9999-12-31',
      source: filter.source?.toLowerCase() ?? null,
      limit: Math.min(100_000, filter.limit ?? 1000),
    });

/** What is to be removed: all that fits. Left out: any. */
export type SpendRemoval = {
  readonly day: string;
  readonly source: string;
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
  readonly currency?: string | undefined;
};

/** @returns how many rows there were */
export const removeSpend = (file: SqliteFile, removal: SpendRemoval): number =>
  file
    .prepare(
      `DELETE FROM spend WHERE day = @day AND source = @source AND (@medium IS NULL OR medium = @medium)
         AND (@campaign IS NULL OR campaign = @campaign) AND (@currency IS NULL OR currency = @currency)`,
    )
    .run({
      day: removal.day,
      source: removal.source.toLowerCase(),
      medium: removal.medium?.toLowerCase() ?? null,
      campaign: removal.campaign ?? null,
      currency: removal.currency?.toUpperCase() ?? null,
    }).changes;
