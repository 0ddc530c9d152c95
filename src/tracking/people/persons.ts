import { ulid } from '../../base/ids.ts';
import type { LeadTable, SqliteFile } from '../../store/index.ts';
import { appendEvents, type PersonKey } from '../events.ts';
import { isFurther, LEAD_COLUMNS, leadEvent } from './lead-rows.ts';
import { all, one, run } from './rows.ts';

const DAY_MS = 86_400_000;
/** A call within so long after another one of the same person is a repeat, ms. */
export const REPEAT_WINDOW_MS = 30 * DAY_MS;

/** The person that a key belongs to. */
export const personOf = (file: SqliteFile, { kind, key }: PersonKey): string | undefined =>
  one<{ person_id: string }>(file, 'SELECT person_id FROM person_key WHERE kind = ? AND key = ?', kind, key)
    ?.person_id;

/** A person's keys: numbers first, then addresses, then browsers, each in the order they were learnt. */
export const keysOf = (file: SqliteFile, person: string): readonly PersonKey[] =>
  all<PersonKey>(
    file,
    `SELECT kind, key FROM person_key WHERE person_id = ?
     ORDER BY CASE kind WHEN 'caller' THEN 0 WHEN 'contact' THEN 1 ELSE 2 END, since, key`,
    person,
  );

const addKey = (file: SqliteFile, person: string, { kind, key }: PersonKey, at: number): void => {
  run(
    file,
    'INSERT INTO person_key (kind, key, person_id, since) VALUES (?, ?, ?, ?)',
    kind,
    key,
    person,
    at,
  );
};

/** The person of a key, made when there is none. In the caller's transaction. */
export const ensurePerson = (file: SqliteFile, key: PersonKey, at: number): string => {
  const known = personOf(file, key);
  if (known !== undefined) return known;
  const moment = Math.round(at);
  const id = ulid(moment);
  run(file, 'INSERT INTO person (id, created_at) VALUES (?, ?)', id, moment);
  addKey(file, id, key, moment);
  return id;
};

const leadRow = (file: SqliteFile, person: string): LeadTable | undefined =>
  one<LeadTable>(file, 'SELECT * FROM lead WHERE person_id = ?', person);

const earliest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** One lead of two: the further status wins; what it does not know is taken from the other. */
export const mergeLeads = (kept: LeadTable, other: LeadTable): LeadTable => {
  const [first, second] = isFurther(other.status, kept.status) ? [other, kept] : [kept, other];
  const sameMoney = first.currency === null || second.currency === null || first.currency === second.currency;
  const more = sameMoney ? second : undefined;
  return {
    person_id: kept.person_id,
    status: first.status,
    value_micros: first.value_micros ?? more?.value_micros ?? null,
    quote_micros: first.quote_micros ?? more?.quote_micros ?? null,
    sale_micros: first.sale_micros ?? more?.sale_micros ?? null,
    currency: first.currency ?? second.currency,
    owner: first.owner ?? second.owner,
    created_at: Math.min(first.created_at, second.created_at),
    qualified_at: earliest(first.qualified_at, second.qualified_at),
    converted_at: earliest(first.converted_at, second.converted_at),
    updated_at: Math.max(first.updated_at, second.updated_at),
  };
};

const moveLead = (file: SqliteFile, from: string, to: string, at: number): void => {
  const lost = leadRow(file, from);
  if (lost === undefined) return;
  const kept = leadRow(file, to);
  const lead = kept === undefined ? { ...lost, person_id: to } : mergeLeads(kept, lost);
  run(
    file,
    `INSERT OR REPLACE INTO lead (${LEAD_COLUMNS}) VALUES (${LEAD_COLUMNS.replace(/\w+/g, '@$&')})`,
    lead,
  );
  // Of two histories the later change would count; the whole person's state is said once.
  const [key] = keysOf(file, to);
  if (kept !== undefined && key !== undefined) appendEvents(file, [leadEvent(lead, key, at)]);
};

const age = (file: SqliteFile, person: string): number =>
  one<{ created_at: number }>(file, 'SELECT created_at FROM person WHERE id = ?', person)?.created_at ?? 0;

/** Makes two persons one: the older id stays. @returns it */
const mergePersons = (file: SqliteFile, a: string, b: string, at: number): string => {
  const [aAge, bAge] = [age(file, a), age(file, b)];
  const aIsOlder = aAge < bAge || (aAge === bAge && a < b);
  const [kept, lost] = aIsOlder ? [a, b] : [b, a];
  run(file, 'UPDATE person_key SET person_id = ? WHERE person_id = ?', kept, lost);
  run(
    file,
    `INSERT OR IGNORE INTO person_tag (person_id, tag, made_by, at)
     SELECT ?, tag, made_by, at FROM person_tag WHERE person_id = ?`,
    kept,
    lost,
  );
  moveLead(file, lost, kept, at);
  run(file, 'DELETE FROM person WHERE id = ?', lost);
  return kept;
};

/**
 * Notes that two keys are one person; when each had a person of its own, they become the older one. An event says so the first
 * time. In the caller's transaction.
 *
 * @param why a few words: `call 01K… matched with 0.97`
 * @returns the person
 */
export const linkKeys = (
  file: SqliteFile,
  a: PersonKey,
  b: PersonKey,
  { why, at }: { readonly why: string; readonly at: number },
): string => {
  const moment = Math.round(at);
  const [aPerson, bPerson] = [personOf(file, a), personOf(file, b)];
  if (aPerson !== undefined && aPerson === bPerson) return aPerson;
  appendEvents(file, [{ type: 'person.linked', at: moment, subject: a.key, body: { a, b, why } }]);
  if (aPerson !== undefined && bPerson !== undefined) return mergePersons(file, aPerson, bPerson, moment);
  const person = aPerson ?? bPerson ?? ensurePerson(file, a, moment);
  if (bPerson === undefined) addKey(file, person, b, moment);
  else addKey(file, person, a, moment);
  return person;
};
