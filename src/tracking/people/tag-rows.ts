import type { SqliteFile } from '../../store/index.ts';
import { run } from './rows.ts';

/** What a tag is put on. */
export type Tagged = { readonly call: string } | { readonly person: string };

const place = (on: Tagged): readonly [table: string, column: string, id: string] =>
  'call' in on ? ['call_tag', 'call_id', on.call] : ['person_tag', 'person_id', on.person];

/** Puts tags on a call or person; those that are there stay as they are. In the caller's transaction. @returns how many are new */
export const addTags = (
  file: SqliteFile,
  on: Tagged,
  tags: readonly string[],
  { by, at }: { readonly by: string; readonly at: number },
): number => {
  const [table, column, id] = place(on);
  const sql = `INSERT OR IGNORE INTO ${table} (${column}, tag, made_by, at) VALUES (?, ?, ?, ?)`;
  return tags.reduce((count, tag) => count + run(file, sql, id, tag, by, Math.round(at)), 0);
};

/** @returns whether it was there */
export const removeTag = (file: SqliteFile, on: Tagged, tag: string): boolean => {
  const [table, column, id] = place(on);
  return run(file, `DELETE FROM ${table} WHERE ${column} = ? AND tag = ?`, id, tag) > 0;
};
