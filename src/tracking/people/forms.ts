import { ulid } from '../../base/ids.ts';
import { maskPhone, parsePhone, type Region } from '../../base/phone.ts';
import type { CallerVault, FormTable, SqliteFile, VisitTable } from '../../store/index.ts';
import { appendEvents, type PersonKey } from '../events.ts';
import { planEffects, readAutomations } from './automations.ts';
import type { AutomationFacts } from './conditions.ts';
import { changeLead, leadOf } from './leads.ts';
import { ensurePerson, linkKeys } from './persons.ts';
import { all, inTransaction, one, run } from './rows.ts';
import { addTags } from './tag-rows.ts';

const DAY_MS = 86_400_000;
/** A form that names its visitor alone belongs to the latest visit, if that is no older. */
const VISIT_WINDOW_MS = 30 * DAY_MS;

export type FormInput = {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly site?: string | undefined;
  /** Ids as pages know them; what is not known here is left out. */
  readonly visit?: string | undefined;
  readonly visitor?: string | undefined;
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The sender's own id. */
  readonly externalId?: string | undefined;
};

export type FormContext = {
  readonly vault: Pick<CallerVault, 'hmac' | 'sealNote'>;
  /** Where national numbers belong. */
  readonly region?: Region | undefined;
};

/** Shows an address with most of it hidden: `mary@example.com` becomes `m***@e***.com`. */
export const maskEmail = (email: string): string => {
  const [, first, host, top] = /^(.)[^@]*@(.).*?(\.[^.@]*)?$/.exec(email) ?? [];
  return first === undefined ? '***' : `${first}***@${host ?? ''}***${top ?? ''}`;
};

type Contact = {
  readonly keys: readonly PersonKey[];
  readonly hmac: string;
  readonly masked: string;
  readonly region: string | null;
};

const phoneContact = (text: string, { vault, region }: FormContext): Contact | undefined => {
  const number = parsePhone(text, region);
  if (number === undefined) return undefined;
  const hmac = vault.hmac(number.e164);
  return {
    // The event log names a form's contact as such: whoever calls from that number is the same person.
    keys: [
      { kind: 'caller', key: hmac },
      { kind: 'contact', key: hmac },
    ],
    hmac,
    masked: maskPhone(number.e164),
    region: number.region ?? null,
  };
};

const emailContact = (text: string, { vault }: FormContext): Contact | undefined => {
  const address = text.trim().toLowerCase();
  if (!/^[^@\s]+@[^@\s]+$/.test(address)) return undefined;
  const hmac = vault.hmac(address);
  return { keys: [{ kind: 'contact', key: hmac }], hmac, masked: maskEmail(address), region: null };
};

/** How the sender may be reached, keyed, the number first. */
const contactsOf = ({ phone, email }: FormInput, context: FormContext): readonly Contact[] =>
  [
    phone === undefined ? undefined : phoneContact(phone, context),
    email === undefined ? undefined : emailContact(email, context),
  ].filter((contact) => contact !== undefined);

const latestVisit = (file: SqliteFile, visitor: string, at: number): VisitTable | undefined =>
  one<VisitTable>(
    file,
    `SELECT * FROM visit WHERE visitor_id = ? AND started_at <= ? AND started_at > ? ORDER BY started_at DESC LIMIT 1`,
    visitor,
    at,
    at - VISIT_WINDOW_MS,
  );

/** The visit that a form was sent in. */
const visitOf = (file: SqliteFile, { visit, visitor, at }: FormInput): VisitTable | undefined => {
  const named =
    visit === undefined ? undefined : one<VisitTable>(file, 'SELECT * FROM visit WHERE id = ?', visit);
  return named ?? (visitor === undefined ? undefined : latestVisit(file, visitor, at));
};

const isKnownVisitor = (file: SqliteFile, visitor: string): boolean =>
  one(file, 'SELECT 1 FROM visitor WHERE id = ?', visitor) !== undefined;

const personOfForm = (
  file: SqliteFile,
  { id, at, visitor_id }: FormTable,
  contacts: readonly Contact[],
): string | undefined => {
  const keys: readonly PersonKey[] = [
    ...contacts.flatMap((contact) => contact.keys),
    ...(visitor_id === null ? [] : [{ kind: 'visitor', key: visitor_id } as const]),
  ];
  const [first, ...others] = keys;
  if (first === undefined) return undefined;
  const why = `form ${id}`;
  return others.reduce((_, key) => linkKeys(file, first, key, { why, at }), ensurePerson(file, first, at));
};

/** What conditions of automations look at. */
export const formFacts = (
  name: string,
  visit: Pick<VisitTable, 'source' | 'medium' | 'campaign' | 'channel' | 'landing_url'> | undefined,
  more: { readonly region: string | null; readonly tags: readonly string[] },
): AutomationFacts => ({
  event: 'form',
  answered: null,
  firstCall: null,
  talkSeconds: null,
  source: visit?.source ?? null,
  medium: visit?.medium ?? null,
  campaign: visit?.campaign ?? null,
  channel: visit?.channel ?? null,
  number: null,
  region: more.region,
  landing: visit?.landing_url ?? null,
  tags: more.tags,
  disposition: null,
  spamScore: null,
  form: name,
});

const automateForm = (file: SqliteFile, person: string, facts: AutomationFacts, at: number): void => {
  const state = { lead: leadOf(file, person), hasPerson: true, done: new Set<string>() };
  for (const { automation, tags, status, value } of planEffects(readAutomations(file), facts, state)) {
    addTags(file, { person }, tags, { by: `automation:${automation}`, at });
    if (status !== undefined || value !== undefined) changeLead(file, person, { status, value }, at);
  }
};

const personTags = (file: SqliteFile, person: string): readonly string[] =>
  all<{ tag: string }>(file, 'SELECT tag FROM person_tag WHERE person_id = ?', person).map(({ tag }) => tag);

const formRow = (
  file: SqliteFile,
  input: FormInput,
  { vault }: FormContext,
  { visit, contact }: { readonly visit: VisitTable | undefined; readonly contact: Contact | undefined },
): FormTable => {
  const at = Math.round(input.at);
  const { phone, email, fields } = input;
  const visitor = input.visitor !== undefined && isKnownVisitor(file, input.visitor) ? input.visitor : null;
  return {
    id: ulid(at),
    external_id: input.externalId ?? null,
    at,
    site_id: input.site ?? visit?.site_id ?? null,
    name: input.name,
    visit_id: visit?.id ?? null,
    visitor_id: visit?.visitor_id ?? visitor,
    contact_hmac: contact?.hmac ?? null,
    contact_masked: contact?.masked ?? null,
    fields_encrypted: vault.sealNote(
      JSON.stringify({
        ...fields,
        ...(phone !== undefined && { phone }),
        ...(email !== undefined && { email }),
      }),
    ),
  };
};

const INSERT = `INSERT INTO form (id, external_id, at, site_id, name, visit_id, visitor_id, contact_hmac, contact_masked, fields_encrypted)
  VALUES (@id, @external_id, @at, @site_id, @name, @visit_id, @visitor_id, @contact_hmac, @contact_masked, @fields_encrypted)`;

const take = (file: SqliteFile, input: FormInput, context: FormContext): FormTable => {
  const visit = visitOf(file, input);
  const contacts = contactsOf(input, context);
  const [contact] = contacts;
  const form = formRow(file, input, context, { visit, contact });
  const { id, at, name } = form;
  run(file, INSERT, form);
  appendEvents(file, [
    {
      type: 'form.submitted',
      at,
      subject: id,
      body: { name, visitor: form.visitor_id, visit: form.visit_id, contact: form.contact_hmac },
    },
  ]);
  const person = personOfForm(file, form, contacts);
  if (person === undefined) return form;
  if (leadOf(file, person) === undefined) changeLead(file, person, {}, at);
  const facts = formFacts(name, visit, { region: contact?.region ?? null, tags: personTags(file, person) });
  automateForm(file, person, facts, at);
  return form;
};

/**
 * Takes a form that was sent on a site: sealed, matched to its visit, its sender linked with the visitor, a lead, automations. One
 * with an external id that is there already changes nothing.
 */
export const submitForm = (
  file: SqliteFile,
  input: FormInput,
  context: FormContext,
): { readonly form: FormTable; readonly created: boolean } =>
  inTransaction(file, () => {
    const known =
      input.externalId === undefined
        ? undefined
        : one<FormTable>(file, 'SELECT * FROM form WHERE external_id = ?', input.externalId);
    return known ? { form: known, created: false } : { form: take(file, input, context), created: true };
  });

export type FormFilter = {
  readonly name?: string | undefined;
  readonly from?: number | undefined;
  /** Exclusive. */
  readonly to?: number | undefined;
  /** Only forms older than this id. */
  readonly before?: string | undefined;
  /** Default 50, at most 10,000. */
  readonly limit?: number | undefined;
};

/** Forms, newest first. */
export const listForms = (file: SqliteFile, filter: FormFilter = {}): readonly FormTable[] =>
  all<FormTable>(
    file,
    `SELECT * FROM form WHERE (@name IS NULL OR name = @name) AND at >= @from AND at < @to
       AND (@before IS NULL OR (at, id) < (SELECT at, id FROM form WHERE id = @before))
     ORDER BY at DESC, id DESC LIMIT @limit`,
    {
      name: filter.name ?? null,
      from: filter.from ?? 0,
      to: filter.to ?? Number.MAX_SAFE_INTEGER,
      before: filter.before ?? null,
      limit: Math.min(Math.max(1, Math.trunc(filter.limit ?? 50)), 10_000),
    },
  );

export const getForm = (file: SqliteFile, id: string): FormTable | undefined =>
  one<FormTable>(file, 'SELECT * FROM form WHERE id = ?', id);
