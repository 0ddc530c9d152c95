import { parse } from 'csv-parse/sync';
import { errorMessage, type Problem, UsageError } from '../../base/errors.ts';
import { isRegion } from '../../base/phone.ts';
import type { Area } from '../../store/index.ts';

export type AreaFileOptions = {
  /** ISO 3166 country of rows that name none. */
  readonly country?: string | undefined;
  /**
   * Prefixes are as Chinese files have them: the first seven digits of mobile numbers (`1391234`) and area codes with their zero
   * (`0755`).
   */
  readonly hCodes?: boolean | undefined;
};

type Field = 'prefix' | 'country' | 'area' | 'city';

/** Headings in lower case and without blanks. */
const HEADINGS: Readonly<Record<string, Field>> = {
  prefix: 'prefix',
  phone: 'prefix',
  segment: 'prefix',
  号段: 'prefix',
  前缀: 'prefix',
  手机号段: 'prefix',
  country: 'country',
  国家: 'country',
  area: 'area',
  province: 'area',
  state: 'area',
  region: 'area',
  省: 'area',
  省份: 'area',
  city: 'city',
  市: 'city',
  城市: 'city',
};

const BATCH = 5000;
const MOST_PROBLEMS = 20;
const MOST_CHARACTERS = 100;

type Columns = Readonly<Partial<Record<Field, number>>>;

const columnsOf = (names: readonly string[]): Columns => {
  const found = names.map((name) => HEADINGS[name.toLowerCase().replace(/[\s_.-]/g, '')]);
  const at = (field: Field): number | undefined => {
    const index = found.indexOf(field);
    return index < 0 ? undefined : index;
  };
  const problems = (['prefix', 'area'] as const)
    .filter((field) => at(field) === undefined)
    .map((field) => ({
      path: 'line 1',
      message: `there is no column ${field}`,
      mend: 'name the columns prefix, area (or province), city and country',
    }));
  if (problems.length > 0) throw new UsageError('The columns are not understood', problems);
  return Object.fromEntries(
    (['prefix', 'country', 'area', 'city'] as const).flatMap((field) => {
      const index = at(field);
      return index === undefined ? [] : [[field, index]];
    }),
  );
};

const E164_MEND = 'write the digits of E.164 without the plus: 4930 for Berlin';
const H_MEND = 'write seven digits such as 1391234, or an area code such as 0755';

/** Digits of E.164. */
const readPrefix = (text: string, hCodes: boolean): string | undefined => {
  const digits = text.replace(/[\s()/.-]/g, '').replace(/^\+/, '');
  if (hCodes) {
    if (/^1[3-9]\d{5}$/.test(digits)) return `86${digits}`;
    return /^0[1-9]\d{1,2}$/.test(digits) ? `86${digits.slice(1)}` : undefined;
  }
  return /^[1-9]\d{0,14}$/.test(digits) ? digits : undefined;
};

const words = (text: string): string => text.trim().slice(0, MOST_CHARACTERS);

const readRow = (
  record: readonly string[],
  columns: Columns,
  { country: fallback, hCodes = false }: AreaFileOptions,
): Area | Omit<Problem, 'path'> => {
  const cell = (field: Field): string => words(record[columns[field] ?? -1] ?? '');
  const prefix = readPrefix(cell('prefix'), hCodes);
  if (prefix === undefined)
    return { message: `"${cell('prefix')}" is no prefix`, mend: hCodes ? H_MEND : E164_MEND };
  const country = (cell('country') || fallback || (hCodes ? 'CN' : '')).toUpperCase();
  if (country === '')
    return { message: 'it names no country', mend: 'add a column country, or give --country' };
  if (!isRegion(country))
    return { message: `"${country}" is no country`, mend: 'use two letters of ISO 3166 such as CN' };
  if (cell('area') === '') return { message: 'it names no area', mend: 'say which province or state it is' };
  return { prefix, country, area: cell('area'), city: cell('city') || null };
};

/** What the heading has most of. */
const separatorOf = (heading: string): string =>
  [',', ';', '\t'].reduce((best, mark) =>
    heading.split(mark).length > heading.split(best).length ? mark : best,
  );

/** Half a million lines: those without quotes, which are nearly all, are not worth a parser. */
const cellsOf = (line: string, separator: string): readonly string[] | Omit<Problem, 'path'> => {
  if (!line.includes('"')) return line.split(separator);
  try {
    const [record] = parse(line, { delimiter: separator, relax_column_count: true, trim: true });
    return Array.isArray(record) ? record.map(String) : [];
  } catch (error) {
    return { message: errorMessage(error), mend: 'put texts with quotes or separators in quotes' };
  }
};

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let rest = '';
  let first = true;
  for await (const piece of text) {
    const lines = `${rest}${first ? piece.replace(/^\uFEFF/, '') : piece}`.split('\n');
    first = first && piece === '';
    rest = lines.pop() ?? '';
    yield lines;
  }
  yield [rest];
}

/**
 * Reads a table of telephone prefixes, batch by batch: CSV with a heading, comma, semicolon or tab between the cells, a line for
 * each prefix.
 *
 * @param text pieces of the file
 * @throws UsageError with the first problems and their lines, after all lines were read; what was yielded before must not count
 */
export async function* readAreas(
  text: AsyncIterable<string>,
  options: AreaFileOptions = {},
): AsyncGenerator<readonly Area[]> {
  const problems: Problem[] = [];
  let heading: { readonly columns: Columns; readonly separator: string } | undefined;
  let wrong = 0;
  let number = 0;
  let batch: Area[] = [];
  const read = (line: string): Area | Omit<Problem, 'path'> | undefined => {
    if (line.trim() === '') return undefined;
    const separator = heading?.separator ?? separatorOf(line);
    const cells = cellsOf(line.trimEnd(), separator);
    if ('message' in cells) return cells;
    if (heading) return readRow(cells, heading.columns, options);
    heading = { columns: columnsOf(cells), separator };
    return undefined;
  };
  for await (const lines of linesOf(text)) {
    for (const line of lines) {
      number += 1;
      const row = read(line);
      if (row === undefined) continue;
      if ('message' in row) {
        wrong += 1;
        if (problems.length < MOST_PROBLEMS) problems.push({ path: `line ${number}`, ...row });
      } else batch.push(row);
      if (batch.length === BATCH) {
        yield batch;
        batch = [];
      }
    }
  }
  if (wrong > problems.length) problems.push({ path: '', message: `and ${wrong - problems.length} more` });
  if (problems.length > 0) throw new UsageError('The table of areas is not understood', problems);
  if (batch.length > 0) yield batch;
}
