import type { CallTable, LeadStatus, SqliteFile, WrapUpTable } from '../../store/index.ts';
import { automateAgain } from './after-call.ts';
import { SPAM_TAG } from './call-facts.ts';
import { findSubject, keysOfCall, personFor } from './find.ts';
import { isFurther } from './lead-rows.ts';
import { changeLead, type LeadPatch, leadOf } from './leads.ts';
import type { Money } from './money.ts';
import { noteOnCall } from './notes.ts';
import { inTransaction, one } from './rows.ts';
import { tagCall, untagCall } from './tags.ts';

/** What the usual words after a call say of its lead. Other words mean what automations make of them. */
export const DISPOSITION_STATUS: Readonly<Record<string, LeadStatus>> = {
  sale: 'customer',
  sold: 'customer',
  customer: 'customer',
  lead: 'qualified',
  qualified: 'qualified',
  appointment: 'qualified',
  quote: 'qualified',
  unqualified: 'unqualified',
  'not interested': 'unqualified',
  'wrong number': 'unqualified',
  spam: 'spam',
};

/** Who put the tag on: a later wrap-up takes back its own alone. */
const BY = 'wrap-up';

/** The status that a disposition stands for. */
export const statusOfDisposition = (disposition: string | null): LeadStatus | undefined =>
  disposition === null ? undefined : DISPOSITION_STATUS[disposition.trim().toLowerCase()];

const worthOf = ({ value_micros, value_currency }: WrapUpTable): Money | undefined =>
  value_micros === null || value_currency === null
    ? undefined
    : { micros: value_micros, currency: value_currency };

/** What a wrap-up changes of a lead: never back, and no second currency. */
const patchOf = (file: SqliteFile, person: string, wrapUp: WrapUpTable): LeadPatch => {
  const lead = leadOf(file, person);
  const status = statusOfDisposition(wrapUp.disposition);
  const advances = status !== undefined && (lead === undefined || isFurther(status, lead.status));
  const value = worthOf(wrapUp);
  const fits = value !== undefined && (lead?.currency ?? value.currency) === value.currency;
  return {
    ...(advances && { status }),
    ...(fits && (status === 'customer' ? { sale: value } : { value })),
  };
};

const judgeSpam = (file: SqliteFile, call: CallTable, isSpam: boolean, at: number): void => {
  if (isSpam) {
    tagCall(file, call.id, [SPAM_TAG], { by: BY, at });
    return;
  }
  const own = one(
    file,
    'SELECT 1 FROM call_tag WHERE call_id = ? AND tag = ? AND made_by = ?',
    call.id,
    SPAM_TAG,
    BY,
  );
  if (own !== undefined) untagCall(file, call.id, SPAM_TAG, { by: BY, at });
};

const feedLead = (file: SqliteFile, call: CallTable, wrapUp: WrapUpTable, at: number): void => {
  const keys = keysOfCall(call);
  if (call.direction === 'internal' || call.is_test === 1 || keys.length === 0) return;
  const before = findSubject(file, call.id) ?? { person: undefined, keys };
  const status = statusOfDisposition(wrapUp.disposition);
  // Spam makes no lead; one that is there becomes it.
  const known = before.person !== undefined && leadOf(file, before.person) !== undefined;
  if (!known && (status === 'spam' || (status === undefined && worthOf(wrapUp) === undefined))) return;
  const person = personFor(file, before, at);
  const patch = patchOf(file, person, wrapUp);
  if (Object.keys(patch).length === 0) return;
  const lead = changeLead(file, person, patch, at);
  noteOnCall(file, call.id, {
    at,
    type: 'lead-changed',
    text: `The wrap-up makes the lead ${lead.status}.`,
    detail: { person, status: lead.status },
  });
};

/**
 * Feeds what was noted after a call to its lead: the disposition's status, the value (of a sale: what was sold), a word on spam;
 * then automations that look at dispositions. To be called after each wrap-up that was saved.
 *
 * @returns false when there is no such call or wrap-up
 */
export const afterWrapUp = (file: SqliteFile, callId: string, { at }: { readonly at: number }): boolean =>
  inTransaction(file, () => {
    const call = one<CallTable>(file, 'SELECT * FROM call WHERE id = ?', callId);
    const wrapUp = one<WrapUpTable>(file, 'SELECT * FROM wrap_up WHERE call_id = ?', callId);
    if (call === undefined || wrapUp === undefined) return false;
    judgeSpam(file, call, statusOfDisposition(wrapUp.disposition) === 'spam', at);
    feedLead(file, call, wrapUp, at);
    automateAgain(file, call, { person: findSubject(file, callId)?.person, at });
    return true;
  });
