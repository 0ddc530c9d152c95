import { UsageError } from '../../base/errors.ts';
import type { LeadStatus, LeadTable, SqliteFile } from '../../store/index.ts';
import { appendEvents } from '../events.ts';
import { LEAD_COLUMNS, leadEvent } from './lead-rows.ts';
import type { Money } from './money.ts';
import { keysOf } from './persons.ts';
import { all, one, run } from './rows.ts';

/** What is to change; what is not named stays. Null unsets. */
export type LeadPatch = {
  readonly status?: LeadStatus | undefined;
  /** What it may be worth. */
  readonly value?: Money | null | undefined;
  /** What was offered. */
  readonly quote?: Money | null | undefined;
  /** What was sold: without a status it makes the lead a customer. */
  readonly sale?: Money | null | undefined;
  /** Name of whoever looks after it. */
  readonly owner?: string | null | undefined;
};

/** A lead and how its person is shown. */
export type LeadRow = LeadTable & {
  /** Of the latest call or form, masked. */
  readonly contact: string | null;
};

const AMOUNTS = [
  ['value', 'value_micros'],
  ['quote', 'quote_micros'],
  ['sale', 'sale_micros'],
] as const;

const newLead = (person: string, at: number): LeadTable => ({
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
});

const amountsOf = (
  lead: LeadTable,
  patch: LeadPatch,
): Pick<LeadTable, 'value_micros' | 'quote_micros' | 'sale_micros' | 'currency'> => {
  const micros = Object.fromEntries(
    AMOUNTS.map(([field, column]) => {
      const given = patch[field];
      return [column, given === undefined ? lead[column] : (given?.micros ?? null)];
    }),
  ) as Pick<LeadTable, 'value_micros' | 'quote_micros' | 'sale_micros'>;
  const kept = AMOUNTS.some(([field, column]) => patch[field] === undefined && lead[column] !== null);
  const currencies = new Set([
    ...(kept && lead.currency !== null ? [lead.currency] : []),
    ...AMOUNTS.flatMap(([field]) => patch[field]?.currency ?? []),
  ]);
  if (currencies.size > 1) {
    throw new UsageError(
      `The amounts of a lead are in one currency, not in ${[...currencies].join(' and ')}`,
    );
  }
  const [currency = null] = currencies;
  return { ...micros, currency };
};

/**
 * What a lead becomes. `qualified_at` and `converted_at` are set once; who becomes a customer is qualified.
 *
 * @throws UsageError when its amounts would be in two currencies
 */
export const patchLead = (lead: LeadTable, patch: LeadPatch, at: number): LeadTable => {
  const sold = patch.sale !== undefined && patch.sale !== null;
  const status = patch.status ?? (sold ? 'customer' : lead.status);
  return {
    ...lead,
    ...amountsOf(lead, patch),
    status,
    owner: patch.owner === undefined ? lead.owner : patch.owner,
    qualified_at: lead.qualified_at ?? (status === 'qualified' || status === 'customer' ? at : null),
    converted_at: lead.converted_at ?? (status === 'customer' ? at : null),
  };
};

const TOLD = ['status', 'value_micros', 'quote_micros', 'sale_micros', 'currency'] as const;

/** The lead of a person. */
export const leadOf = (file: SqliteFile, person: string): LeadTable | undefined =>
  one<LeadTable>(file, 'SELECT * FROM lead WHERE person_id = ?', person);

/**
 * Changes a person's lead, or makes it; an event says what it is now, unless nothing that counts has changed. In the caller's
 * transaction.
 *
 * @throws UsageError when its amounts would be in two currencies
 */
export const changeLead = (file: SqliteFile, person: string, patch: LeadPatch, at: number): LeadTable => {
  const moment = Math.round(at);
  const before = leadOf(file, person);
  const lead = patchLead(before ?? newLead(person, moment), patch, moment);
  const told = before === undefined || TOLD.some((column) => before[column] !== lead[column]);
  if (!told && before.owner === lead.owner) return before;
  const row = { ...lead, updated_at: Math.max(moment, lead.created_at) };
  run(
    file,
    `INSERT OR REPLACE INTO lead (${LEAD_COLUMNS}) VALUES (${LEAD_COLUMNS.replace(/\w+/g, '@$&')})`,
    row,
  );
  const [key] = keysOf(file, person);
  if (told && key !== undefined) appendEvents(file, [leadEvent(row, key, moment)]);
  return row;
};

export type LeadFilter = {
  readonly status?: LeadStatus | undefined;
  readonly owner?: string | undefined;
  /** Person to go on after. */
  readonly after?: string | undefined;
  /** Default 50, at most 10,000. */
  readonly limit?: number | undefined;
};

const CONTACT = `coalesce(
  (SELECT c.caller_masked FROM person_key k JOIN call c ON c.caller_hmac = k.key
   WHERE k.person_id = lead.person_id AND k.kind = 'caller' ORDER BY c.started_at DESC LIMIT 1),
  (SELECT f.contact_masked FROM person_key k JOIN form f ON f.contact_hmac = k.key
   WHERE k.person_id = lead.person_id ORDER BY f.at DESC LIMIT 1))`;

/** A person's lead as lists show it. */
export const leadRowOf = (file: SqliteFile, person: string): LeadRow | undefined =>
  one<LeadRow>(file, `SELECT lead.*, ${CONTACT} AS contact FROM lead WHERE person_id = ?`, person);

/** Leads, those that changed last first. */
export const listLeads = (file: SqliteFile, filter: LeadFilter = {}): readonly LeadRow[] =>
  all<LeadRow>(
    file,
    `SELECT lead.*, ${CONTACT} AS contact FROM lead
     WHERE (@status IS NULL OR status = @status) AND (@owner IS NULL OR owner = @owner)
       AND (@after IS NULL OR (updated_at, person_id) < (SELECT updated_at, person_id FROM lead WHERE person_id = @after))
     ORDER BY updated_at DESC, person_id DESC LIMIT @limit`,
    {
      status: filter.status ?? null,
      owner: filter.owner ?? null,
      after: filter.after ?? null,
      limit: Math.min(Math.max(1, Math.trunc(filter.limit ?? 50)), 10_000),
    },
  );
