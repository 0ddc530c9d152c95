import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import Table from 'cli-table3';
import { type Paint, paintFor } from './style.ts';

export type Cells = readonly (string | number | null)[];

/** Where a command writes: results to standard output, all else to standard error. */
export type Output = {
  readonly paint: Paint;
  line(text?: string): void;
  /** A remark that is no result. */
  note(text: string): void;
  /** One JSON document. */
  json(value: unknown): void;
  table(head: readonly string[], rows: readonly Cells[], right?: readonly number[]): void;
  /** Pairs of a name and a value, aligned. */
  facts(pairs: readonly (readonly [name: string, value: string | null])[]): void;
  /** Writes as fast as the reader reads, holding no more than a few lines. */
  stream(texts: AsyncIterable<string>): Promise<void>;
};

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

type TableOptions = ConstructorParameters<typeof Table>[0];

const optionsOf = (head: readonly string[], right: readonly number[]): TableOptions => ({
  chars: NO_LINES,
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  colAligns: head.map((_, index) => (right.includes(index) ? 'right' : 'left')),
});

/** Rows laid out at once: the table's layout takes time that grows with the square of its rows. */
const LAID_OUT = 100;

const laidOut = (rows: readonly string[][], options: TableOptions): { text: string; widths: number[] } => {
  const table = new Table(options);
  table.push(...rows);
  // The layout writes the widths it found into the options.
  return { text: table.toString(), widths: table.options.colWidths.map((width) => width ?? 0) };
};

/** A table without lines; `right` names the columns that are set flush right. */
export const renderTable = (
  head: readonly string[],
  rows: readonly Cells[],
  right: readonly number[] = [],
  paint: Paint = (_colour, text) => text,
): string => {
  const cells = [
    head.map((title) => paint('bold', title)),
    ...rows.map((row) => row.map((cell) => (cell === null ? '–' : String(cell)))),
  ];
  const parts = Array.from({ length: Math.ceil(cells.length / LAID_OUT) }, (_, index) =>
    cells.slice(index * LAID_OUT, (index + 1) * LAID_OUT),
  );
  const options = optionsOf(head, right);
  const found = parts.length === 1 ? [] : parts.map((part) => laidOut(part, optionsOf(head, right)).widths);
  const colWidths = head.map((_, column) => Math.max(...found.map((widths) => widths[column] ?? 0)));
  return parts
    .map((part) => laidOut(part, found.length === 0 ? options : { ...options, colWidths }).text)
    .join('\n')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};

/** @param env decides about colours: `NO_COLOR`, `TERM` */
export const createOutput = (out: Writable, err: Writable, env: NodeJS.ProcessEnv): Output => {
  const paint = paintFor(out, env);
  const line = (text = ''): void => void out.write(`${text}\n`);
  return {
    paint,
    line,
    note: (text) => void err.write(`${text}\n`),
    json: (value) => line(JSON.stringify(value, null, 2)),
    table: (head, rows, right = []) => line(renderTable(head, rows, right, paint)),
    facts: (pairs) => {
      const width = Math.max(...pairs.map(([name]) => name.length));
      for (const [name, value] of pairs) line(`${paint('dim', name.padEnd(width))}  ${value ?? '–'}`);
    },
    stream: (texts) => pipeline(Readable.from(texts), out, { end: false }),
  };
};
