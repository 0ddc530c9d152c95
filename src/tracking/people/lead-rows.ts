import type { LeadStatus, LeadTable } from '../../store/index.ts';
import type { PersonKey, TrackingEvent } from '../events.ts';

export const LEAD_STATUSES = ['new', 'qualified', 'unqualified', 'spam', 'customer'] as const;

/** How far a lead has come. */
const RANK: Readonly<Record<LeadStatus, number>> = {
  new: 0,
  spam: 1,
  unqualified: 2,
  qualified: 3,
  customer: 4,
};

/** Whether `status` is further than `than`; what is done by itself never takes a lead back. */
export const isFurther = (status: LeadStatus, than: LeadStatus): boolean => RANK[status] > RANK[than];

export const LEAD_COLUMNS =
  'person_id, status, value_micros, quote_micros, sale_micros, currency, owner, created_at, qualified_at, converted_at, updated_at';

/** The event that says what a lead is now. Its subject is the key, which stays the person's whatever is merged. */
export const leadEvent = (lead: LeadTable, key: PersonKey, at: number): TrackingEvent => ({
  type: 'lead.changed',
  at: Math.round(at),
  subject: key.key,
  body: {
    key,
    status: lead.status,
    value_micros: lead.value_micros,
    quote_micros: lead.quote_micros,
    sale_micros: lead.sale_micros,
    currency: lead.currency,
  },
});
