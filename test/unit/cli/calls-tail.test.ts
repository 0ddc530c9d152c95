import { describe, expect, it } from 'vitest';
import { freshRows } from '../../../src/cli/calls-tail.ts';

type Row = Parameters<typeof freshRows>[0][number];
const row = (id: string, status: Row['status']): Row => ({ id, status }) as Row;
const ids = (rows: readonly Row[]): string[] => rows.map(({ id }) => id);

describe('freshRows', () => {
  it('shows each call when it begins and when it ends, oldest first', () => {
    const seen = new Map<string, string>();
    expect(ids(freshRows([row('b', 'in_progress'), row('a', 'answered')], seen))).toEqual(['a', 'b']);
    expect(freshRows([row('b', 'in_progress'), row('a', 'answered')], seen)).toEqual([]);
    expect(ids(freshRows([row('c', 'busy'), row('b', 'answered'), row('a', 'answered')], seen))).toEqual([
      'b',
      'c',
    ]);
    expect(freshRows([row('c', 'busy'), row('b', 'answered')], seen)).toEqual([]);
  });

  it('forgets ended calls that left the window, never those still up', () => {
    const seen = new Map<string, string>();
    freshRows([row('b', 'in_progress'), row('a', 'answered')], seen);
    freshRows([row('c', 'answered')], seen);
    expect([...seen.keys()].toSorted()).toEqual(['b', 'c']);
  });
});
