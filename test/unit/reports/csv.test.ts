import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvCell } from '../../../src/reports/csv.ts';
import { type Column, csvLines, jsonLines } from '../../../src/reports/index.ts';

const collect = async (lines: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const line of lines) text += line;
  return text;
};

/** A reader of RFC 4180, written from its grammar. */
const readCsv = (text: string): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let position = 0;
  while (position < text.length) {
    let cell = '';
    if (text[position] === '"') {
      const match = /"((?:[^"]|"")*)"/y;
      match.lastIndex = position;
      cell = match.exec(text)?.[1] ?? '';
      position = match.lastIndex;
      cell = cell.replaceAll('""', '"');
    } else {
      const end = /[,\r]/g;
      end.lastIndex = position;
      const stop = end.exec(text)?.index ?? text.length;
      cell = text.slice(position, stop);
      position = stop;
    }
    row.push(cell);
    if (text[position] === ',') position += 1;
    else {
      rows.push(row);
      row = [];
      position += 2;
    }
  }
  return rows;
};

const COLUMNS: readonly Column<readonly [string, string]>[] = [
  { name: 'a', value: (row) => row[0] },
  { name: 'b', value: (row) => row[1] },
];

describe('csv', () => {
  it('is read back as it was written, whatever the text', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'ü', '=', '+', '1', '号'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 5 }), async (rows) => {
        const [head, ...read] = readCsv(await collect(csvLines(COLUMNS, rows)));
        expect(head).toEqual(['a', 'b']);
        const undone = read.map((cells) => cells.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\n])/, '')));
        expect(undone).toEqual(rows.map((row) => [...row]));
      }),
    );
  });

  it.each(['=1+1', '+1+cmd|x', '-2', '@SUM(A1)', '\tx', '\rx', '\n=1', '＝1+1', '+49301234;=1', "+49'"])(
    'disarms %j',
    (text) => {
      expect(csvCell(text).replace(/^"/, '').startsWith("'")).toBe(true);
    },
  );

  it.each([
    ['+4930123456', '+4930123456'],
    ['+493*****56', '+493*****56'],
    ['sales', 'sales'],
    ['', ''],
    [null, ''],
    [-5, '-5'],
    [0, '0'],
    [true, 'true'],
    ['a "b", c', '"a ""b"", c"'],
  ])('writes %j as %s', (value, expected) => {
    expect(csvCell(value)).toBe(expected);
  });

  it('begins with a byte order mark when asked to', async () => {
    const text = await collect(csvLines(COLUMNS, [], { bom: true }));
    expect(Buffer.from(text).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(text.slice(1)).toBe('a,b\r\n');
  });

  it('reads no more rows than are asked for', async () => {
    let made = 0;
    function* rows(): Generator<readonly [string, string]> {
      for (;;) {
        made += 1;
        yield ['x', 'y'];
      }
    }
    const lines = csvLines(COLUMNS, rows());
    for (let i = 0; i < 10; i += 1) await lines.next();
    await lines.return(undefined);
    expect(made).toBeLessThanOrEqual(10);
  });

  it('writes one JSON object a line', async () => {
    const text = await collect(jsonLines([{ a: 'x\ny' }, { a: 2 }]));
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ a: 'x\ny' }, { a: 2 }]);
  });
});
