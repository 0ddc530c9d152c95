import { z } from 'zod';
import type { CallerVault, FormTable } from '../../store/index.ts';
import { LEAD_STATUSES } from './lead-rows.ts';
import type { LeadRow } from './leads.ts';
import { MICROS } from './money.ts';

const text = z.string().nullable();
const instant = z.string().meta({ format: 'date-time' });

const amountSchema = z.object({
  amount: z.number().meta({ description: "In the currency's unit" }),
  currency: z.string().meta({ description: 'ISO 4217' }),
});

export const leadStatusSchema = z.enum(LEAD_STATUSES);

/** A lead as `--json` and the API show it. */
export const leadViewSchema = z.object({
  person: z.string(),
  contact: text.meta({ description: 'Number or address, masked' }),
  status: leadStatusSchema,
  value: amountSchema.nullable().meta({ description: 'What it may be worth' }),
  quote: amountSchema.nullable().meta({ description: 'What was offered' }),
  sale: amountSchema.nullable().meta({ description: 'What was sold' }),
  owner: text,
  createdAt: instant,
  qualifiedAt: instant.nullable(),
  convertedAt: instant.nullable(),
  updatedAt: instant,
});
export type LeadView = z.output<typeof leadViewSchema>;

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

/** @param micros in millionths of the currency's unit */
export const amountView = (
  micros: number | null,
  currency: string | null,
): z.output<typeof amountSchema> | null =>
  micros === null || currency === null ? null : { amount: micros / MICROS, currency };

export const leadView = (lead: LeadRow): LeadView => ({
  person: lead.person_id,
  contact: lead.contact,
  status: lead.status,
  value: amountView(lead.value_micros, lead.currency),
  quote: amountView(lead.quote_micros, lead.currency),
  sale: amountView(lead.sale_micros, lead.currency),
  owner: lead.owner,
  createdAt: iso(lead.created_at),
  qualifiedAt: isoOrNull(lead.qualified_at),
  convertedAt: isoOrNull(lead.converted_at),
  updatedAt: iso(lead.updated_at),
});

/** A form as `--json` and the API show it. */
export const formViewSchema = z.object({
  id: z.string(),
  externalId: text,
  at: instant,
  site: text,
  name: z.string(),
  visit: text,
  visitor: text,
  contact: text.meta({ description: 'Number or address, masked' }),
  fields: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({ description: 'Only where personal data is revealed' }),
});
export type FormView = z.output<typeof formViewSchema>;

/** @param vault given: its fields are shown in clear */
export const formView = (form: FormTable, vault?: Pick<CallerVault, 'revealNote'>): FormView => ({
  id: form.id,
  externalId: form.external_id,
  at: iso(form.at),
  site: form.site_id,
  name: form.name,
  visit: form.visit_id,
  visitor: form.visitor_id,
  contact: form.contact_masked,
  fields:
    vault === undefined
      ? null
      : (JSON.parse(vault.revealNote(form.fields_encrypted)) as Record<string, unknown>),
});

const sourceSchema = z
  .object({ channel: text, source: text, medium: text, campaign: text, term: text })
  .nullable()
  .meta({ description: 'Null: unattributed' });

/** What one person did, as `--json` and the API show it. */
export const timelineEntrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('visit'),
    at: instant,
    id: z.string(),
    site: z.string(),
    source: sourceSchema,
    landing: z.string(),
    pages: z.int(),
    clicks: z.int().meta({ description: 'Taps on numbers, numbers copied, call buttons' }),
    seconds: z.number().meta({ description: 'From the first page to the last sign of it' }),
  }),
  z.object({
    type: z.literal('call'),
    at: instant,
    id: z.string(),
    direction: z.enum(['inbound', 'outbound', 'internal']),
    status: z.string(),
    test: z.boolean(),
    caller: text.meta({ description: 'Masked' }),
    did: text,
    talkMs: z.int(),
    source: sourceSchema,
    match: z.object({ method: z.string(), probability: z.number().nullable(), visit: text }),
    repeat: z.boolean().meta({ description: 'Within 30 days after another call of the person' }),
    spamScore: z.int().nullable(),
    spamReasons: z.array(z.string()),
    tags: z.array(z.string()),
    disposition: text,
  }),
  z.object({
    type: z.literal('form'),
    at: instant,
    id: z.string(),
    site: text,
    name: z.string(),
    visit: text,
    contact: text.meta({ description: 'Masked' }),
  }),
  z.object({
    type: z.literal('lead'),
    at: instant,
    status: leadStatusSchema,
    value: amountSchema.nullable(),
    quote: amountSchema.nullable(),
    sale: amountSchema.nullable(),
  }),
]);
export type TimelineEntry = z.output<typeof timelineEntrySchema>;

export const personViewSchema = z.object({
  person: text.meta({ description: 'Null while nothing but this visitor or caller is known' }),
  contacts: z.array(z.string()).meta({ description: 'Numbers and addresses, masked' }),
  visitors: z.array(z.string()).meta({ description: 'Browsers' }),
  tags: z.array(z.string()),
  lead: leadViewSchema.nullable(),
  complete: z.boolean().meta({ description: 'False: only the latest part of the timeline' }),
  timeline: z.array(timelineEntrySchema).meta({ description: 'The oldest first' }),
});
export type PersonView = z.output<typeof personViewSchema>;
