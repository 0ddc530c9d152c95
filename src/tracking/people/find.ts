import { UsageError } from '../../base/errors.ts';
import type { CallTable, LeadTable, SqliteFile } from '../../store/index.ts';
import type { PersonKey } from '../events.ts';
import { changeLead, type LeadPatch, type LeadRow, leadRowOf } from './leads.ts';
import { ensurePerson, keysOf, personOf } from './persons.ts';
import { all, inTransaction, one } from './rows.ts';
import { isSureMatch } from './touch.ts';

/** Somebody, found by an id. */
export type Subject = {
  /** Undefined while nothing has linked the keys to a person yet. */
  readonly person: string | undefined;
  readonly keys: readonly PersonKey[];
};

const ofKeys = (file: SqliteFile, keys: readonly PersonKey[]): Subject => {
  const person = keys.map((key) => personOf(file, key)).find((found) => found !== undefined);
  return person === undefined ? { person, keys } : { person, keys: keysOf(file, person) };
};

/** Keys of a call: the caller's number, or the visitor who surely made it. */
export const keysOfCall = (
  call: Pick<CallTable, 'caller_hmac' | 'visitor_id' | 'match_method' | 'match_prob'>,
): readonly PersonKey[] => [
  ...(call.caller_hmac === null ? [] : [{ kind: 'caller', key: call.caller_hmac } as const]),
  ...(call.visitor_id === null || !isSureMatch(call)
    ? []
    : [{ kind: 'visitor', key: call.visitor_id } as const]),
];

type FormKeys = { readonly contact_hmac: string | null; readonly visitor_id: string | null };

const keysOfForm = (file: SqliteFile, { contact_hmac, visitor_id }: FormKeys): readonly PersonKey[] => [
  ...all<PersonKey>(
    file,
    "SELECT kind, key FROM person_key WHERE key = ? AND kind <> 'visitor'",
    contact_hmac,
  ),
  ...(visitor_id === null ? [] : [{ kind: 'visitor', key: visitor_id } as const]),
];

/**
 * Whom an id is about.
 *
 * @param id of a person, call, visitor, visit or form
 * @returns undefined when nothing has that id; no keys when nobody is known behind it
 */
export const findSubject = (file: SqliteFile, id: string): Subject | undefined => {
  if (one(file, 'SELECT 1 FROM person WHERE id = ?', id) !== undefined)
    return { person: id, keys: keysOf(file, id) };
  const call = one<CallTable>(file, 'SELECT * FROM call WHERE id = ?', id);
  if (call !== undefined) return ofKeys(file, keysOfCall(call));
  const visit = one<{ visitor_id: string }>(
    file,
    'SELECT visitor_id FROM visit WHERE id = ? UNION ALL SELECT id FROM visitor WHERE id = ?',
    id,
    id,
  );
  if (visit !== undefined) return ofKeys(file, [{ kind: 'visitor', key: visit.visitor_id }]);
  const form = one<FormKeys>(file, 'SELECT contact_hmac, visitor_id FROM form WHERE id = ?', id);
  return form && ofKeys(file, keysOfForm(file, form));
};

/** The person of a subject, made when there is none yet. @throws UsageError when nobody is known */
export const personFor = (file: SqliteFile, { person, keys }: Subject, at: number): string => {
  if (person !== undefined) return person;
  const [key] = keys;
  if (key !== undefined) return ensurePerson(file, key, at);
  throw new UsageError('Nobody is known behind it: the number was withheld and no visit is surely theirs');
};

/**
 * Changes the lead of whoever an id is about, or makes it.
 *
 * @param id of a person, call, visitor, visit or form
 * @returns undefined when nothing has that id
 * @throws UsageError when nobody is known behind it, or its amounts would be in two currencies
 */
export const setLead = (file: SqliteFile, id: string, patch: LeadPatch, at: number): LeadRow | undefined =>
  inTransaction(file, () => {
    const subject = findSubject(file, id);
    if (subject === undefined) return undefined;
    const person = personFor(file, subject, at);
    const lead: LeadTable = changeLead(file, person, patch, at);
    return leadRowOf(file, lead.person_id);
  });

/** The lead of whoever an id is about. */
export const getLead = (file: SqliteFile, id: string): LeadRow | undefined => {
  const person = findSubject(file, id)?.person;
  return person === undefined ? undefined : leadRowOf(file, person);
};
