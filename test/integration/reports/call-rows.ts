import { ulid } from '../../../src/base/ids.ts';
import type { CallTable, LeadTable, SqliteFile } from '../../../src/store/index.ts';

/** An inbound call that nobody answered, without a source. */
const BLANK = {
  run_id: 'RUN',
  direction: 'inbound',
  is_test: 0,
  status: 'no_answer',
  anonymous: 1,
  match_method: 'none',
  talk_ms: 0,
} as const satisfies Partial<CallTable>;

const inserts = new WeakMap<SqliteFile, Map<string, ReturnType<SqliteFile['prepare']>>>();

/** Triggers are compiled with each statement: prepared once. */
const insertOf = (file: SqliteFile, columns: readonly string[]): ReturnType<SqliteFile['prepare']> => {
  const known = inserts.get(file) ?? new Map<string, ReturnType<SqliteFile['prepare']>>();
  inserts.set(file, known);
  const names = columns.join(', ');
  const values = columns.map((name) => `@${name}`).join(', ');
  const found = known.get(names) ?? file.prepare(`INSERT INTO call (${names}) VALUES (${values})`);
  known.set(names, found);
  return found;
};

/** Writes an ended call as a row. @returns its id */
export const insertCall = (file: SqliteFile, startedAt: number, more: Partial<CallTable> = {}): string => {
  const row: Partial<CallTable> = {
    ...BLANK,
    id: ulid(startedAt),
    started_at: startedAt,
    ended_at: startedAt + 10_000,
    ...(more.caller_hmac && { caller_encrypted: Buffer.from('sealed'), anonymous: 0 }),
    ...more,
  };
  const columns = Object.keys(row);
  insertOf(file, columns).run(row);
  return row.id ?? '';
};

/** A person who calls from one number. */
export const insertPerson = (file: SqliteFile, id: string, caller: string): void => {
  file.prepare('INSERT INTO person (id, created_at) VALUES (?, 0)').run(id);
  file
    .prepare("INSERT INTO person_key (kind, key, person_id, since) VALUES ('caller', ?, ?, 0)")
    .run(caller, id);
};

/** Makes a lead, or makes it another. */
export const putLead = (
  file: SqliteFile,
  person: string,
  at: number,
  more: Partial<LeadTable> = {},
): void => {
  const lead: LeadTable = {
    person_id: person,
    status: 'new',
    value_micros: null,
    quote_micros: null,
    sale_micros: null,
    currency: null,
    owner: null,
    created_at: at,
    qualified_at: null,
    converted_at: null,
    updated_at: at,
    ...more,
  };
  const columns = Object.keys(lead);
  file
    .prepare(
      `INSERT OR REPLACE INTO lead (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
    )
    .run(lead);
};
