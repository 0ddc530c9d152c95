import { CsvError, parse } from 'csv-parse/sync';
import { type Problem, UsageError } from '../../base/errors.ts';
import { type Read, readAmount, readCount, readCurrency, readDay, readWords } from './fields.ts';
import type { SpendRow } from './types.ts';

type Field = 'day' | 'source' | 'medium' | 'campaign' | 'amount' | 'currency' | 'clicks' | 'impressions';

/** Headings that exports of ad platforms and spreadsheets have, in lower case and without blanks. */
const HEADINGS: Readonly<Record<string, Field>> = {
  day: 'day',
  date: 'day',
  source: 'source',
  utmsource: 'source',
  platform: 'source',
  medium: 'medium',
  utmmedium: 'medium',
  campaign: 'campaign',
  campaignname: 'campaign',
  utmcampaign: 'campaign',
  amount: 'amount',
  cost: 'amount',
  spend: 'amount',
  spent: 'amount',
  amountspent: 'amount',
  currency: 'currency',
  currencycode: 'currency',
  clicks: 'clicks',
  impressions: 'impressions',
  impr: 'impressions',
};

const REQUIRED = ['day', 'source', 'amount', 'currency'] as const;
const COLUMN_NAMES: Readonly<Record<(typeof REQUIRED)[number], string>> = {
  day: 'date',
  source: 'source',
  amount: 'cost',
  currency: 'currency',
};

/** What all rows have in common, for files that don't say it. */
export type SpendDefaults = {
  readonly source?: string | undefined;
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
  readonly currency?: string | undefined;
};

const heading = (text: string): string => text.toLowerCase().replace(/[\s_.-]/g, '');

/** The separator of the first line: what it has most of. */
const separatorOf = (text: string): string => {
  const [first = ''] = text.split(/\r?\n/, 1);
  const count = (mark: string): number => first.split(mark).length;
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
};

type Line = { readonly info: { readonly lines: number }; readonly record: readonly string[] };

const readLines = (text: string): readonly Line[] => {
  try {
    return parse(text, {
      bom: true,
      delimiter: separatorOf(text.replace(/^\uFEFF/, '')),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Line[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UsageError('The file is no CSV', [
      {
        path: `line ${error['lines'] ?? 1}`,
        message: error.message,
        mend: 'put texts with quotes or separators in quotes',
      },
    ]);
  }
};

type Columns = ReadonlyMap<Field, number>;

const readColumns = (names: readonly string[], defaults: SpendDefaults): Columns => {
  const columns = new Map<Field, number>();
  const problems: Problem[] = [];
  names.forEach((name, index) => {
    const field = HEADINGS[heading(name)];
    if (field === undefined) return;
    if (columns.has(field)) {
      problems.push({
        path: 'line 1',
        message: `two columns mean ${field}: "${name}" is the second`,
        mend: 'leave one',
      });
    } else columns.set(field, index);
  });
  for (const field of REQUIRED) {
    const given = field === 'source' || field === 'currency' ? defaults[field] : undefined;
    if (columns.has(field) || given !== undefined) continue;
    const option = field === 'source' || field === 'currency' ? `, or give --${field}` : '';
    problems.push({
      path: 'line 1',
      message: `there is no column ${COLUMN_NAMES[field]}`,
      mend: `name a column "${COLUMN_NAMES[field]}"${option}`,
    });
  }
  if (problems.length > 0) throw new UsageError('The columns are not understood', problems);
  return columns;
};

type Cell = (field: Field) => string;

const readRow = (cell: Cell, path: string, problems: Problem[]): SpendRow | undefined => {
  const before = problems.length;
  const take = <T>(field: Field, read: Read<T>): T | undefined => {
    if (read.ok) return read.value;
    problems.push({ path: `${path}, ${field}`, message: read.message, mend: read.mend });
    return undefined;
  };
  const day = take('day', readDay(cell('day')));
  const source = take('source', readWords(cell('source')));
  if (source === '')
    problems.push({ path: `${path}, source`, message: 'missing', mend: 'say where it was spent' });
  const medium = take('medium', readWords(cell('medium')));
  const campaign = take('campaign', readWords(cell('campaign')));
  const micros = take('amount', readAmount(cell('amount')));
  const currency = take('currency', readCurrency(cell('currency')));
  const clicks = take('clicks', readCount(cell('clicks')));
  const impressions = take('impressions', readCount(cell('impressions')));
  if (problems.length > before) return undefined;
  if (day === undefined || micros === undefined || currency === undefined) return undefined;
  return {
    day,
    source: (source ?? '').toLowerCase(),
    medium: (medium ?? '').toLowerCase(),
    campaign: campaign ?? '',
    currency,
    micros,
    clicks: clicks ?? null,
    impressions: impressions ?? null,
  };
};

/**
 * Reads spend as platforms and spreadsheets export it: headings in any order and case, comma, semicolon or tab between the
 * cells, a byte order mark or none. What can be read in two ways (`1,234`, `01/02/2026`) is refused, not guessed.
 *
 * @param defaults for columns that the file doesn't have, and cells that are empty
 * @throws UsageError with every problem and its line
 */
export const parseSpendCsv = (text: string, defaults: SpendDefaults = {}): readonly SpendRow[] => {
  const [head, ...lines] = readLines(text);
  if (head === undefined) {
    throw new UsageError('The file is empty', [
      {
        path: 'line 1',
        message: 'there are no headings',
        mend: 'begin with date,source,campaign,cost,currency',
      },
    ]);
  }
  const columns = readColumns(head.record, defaults);
  const problems: Problem[] = [];
  const rows = lines.flatMap(({ record, info }) => {
    const cell: Cell = (field) => {
      const found = record[columns.get(field) ?? -1] ?? '';
      return found === '' && field in defaults ? (defaults[field as keyof SpendDefaults] ?? '') : found;
    };
    return readRow(cell, `line ${info.lines}`, problems) ?? [];
  });
  if (problems.length > 0) throw new UsageError('The spend is not understood', problems);
  return rows;
};
