/** A value of a CSV cell; numbers and booleans are ours, texts may come from anyone. */
export type Cell = string | number | boolean | null;

/** A column of an export: its heading and where its value comes from. */
export type Column<Row> = { readonly name: string; readonly value: (row: Row) => Cell };

/** Byte order mark that makes Excel read UTF-8. */
export const BOM = '\uFEFF';

/** The full-width forms count as well: Excel in East Asian languages reads them as their narrow ones. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
/** `+4930123456` and the masked `+493*****56` compute nothing and stay as they are. */
const PHONE = /^\+[\d*]{3,20}$/;

/** A text that a spreadsheet won't run as a formula: it gets a leading apostrophe when it begins like one. */
export const disarm = (text: string): string => (FORMULA.test(text) && !PHONE.test(text) ? `'${text}` : text);

const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One cell as RFC 4180 writes it; null is empty. */
export const csvCell = (value: Cell): string => {
  if (value === null) return '';
  return quote(typeof value === 'string' ? disarm(value) : String(value));
};

const csvLine = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** CSV (RFC 4180) line by line, the heading first; `bom` puts a byte order mark before it. */
export async function* csvLines<Row>(
  columns: readonly Column<Row>[],
  rows: AsyncIterable<Row> | Iterable<Row>,
  options: { readonly bom?: boolean } = {},
): AsyncGenerator<string> {
  yield (options.bom === true ? BOM : '') + csvLine(columns.map((column) => column.name));
  for await (const row of rows) yield csvLine(columns.map((column) => column.value(row)));
}

/** One JSON object a line (jsonlines.org). */
export async function* jsonLines<Row>(rows: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}
