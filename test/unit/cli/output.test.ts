import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../src/cli/output.ts';

describe('a table', () => {
  it('sets columns below each other, numbers flush right', () => {
    expect(
      renderTable(
        ['Name', 'Calls'],
        [
          ['号码', 7],
          ['b', null],
        ],
        [1],
      ),
    ).toBe('Name  Calls\n号码      7\nb         –');
  });

  it('is the same laid out in parts', () => {
    const rows = Array.from({ length: 450 }, (_, index) => ['x'.repeat(1 + (index % 37)), index] as const);
    const lines = renderTable(['Text', 'Number'], rows, [1]).split('\n');
    expect(lines).toHaveLength(451);
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([37 + 2 + 6]));
    expect(lines[450]).toBe(`${'x'.repeat(1 + (449 % 37)).padEnd(37)}     449`);
  });
});
