import type { SqliteFile } from '../../store/index.ts';
import { one, run } from './rows.ts';

/** Adds a decision to those of a call, after its last one. In the caller's transaction. */
export const noteOnCall = (
  file: SqliteFile,
  call: string,
  note: { readonly at: number; readonly type: string; readonly text: string; readonly detail: object },
): void => {
  const last = one<{ seq: number | null }>(
    file,
    'SELECT max(seq) AS seq FROM call_event WHERE call_id = ?',
    call,
  );
  run(
    file,
    'INSERT INTO call_event (call_id, seq, at, type, text, detail) VALUES (?, ?, ?, ?, ?, ?)',
    call,
    (last?.seq ?? -1) + 1,
    Math.round(note.at),
    note.type,
    note.text,
    JSON.stringify(note.detail),
  );
};
