import type { Contact, History, LeadStep } from './history.ts';
import { type ConversionKind, DAY_MS } from './types.ts';

/** Something that was wanted, done by somebody. */
export type Conversion = {
  /** Of the call or form; of the person's lead for `qualified` and `sale`. */
  readonly id: string;
  readonly kind: ConversionKind;
  readonly seq: number;
  readonly at: number;
  /** Node of whose it is. */
  readonly node: number;
  /** The call or form that it is, or that led to it. */
  readonly contact: Contact | undefined;
  /** Millionths of a currency. */
  readonly value: { readonly micros: number; readonly currency: string } | undefined;
};

/** Why something is not counted. */
export type Exclusion = 'test' | 'spam' | 'blocked' | 'repeat' | 'retracted' | 'another-kind';

export type Conversions = {
  readonly counted: readonly Conversion[];
  /** By id. */
  readonly excluded: ReadonlyMap<string, Exclusion>;
};

type Lead = {
  readonly steps: readonly LeadStep[];
  /** When it became so and stayed so; undefined: it is not. */
  readonly qualified: LeadStep | undefined;
  readonly sold: LeadStep | undefined;
  readonly everQualified: boolean;
  readonly everSold: boolean;
};

const isQualified = ({ status }: LeadStep): boolean => status === 'qualified' || status === 'customer';
const isSold = ({ status, sale }: LeadStep): boolean => status === 'customer' || (sale ?? 0) > 0;

/** The step from which on all hold. */
const since = (steps: readonly LeadStep[], holds: (step: LeadStep) => boolean): LeadStep | undefined =>
  steps[steps.findLastIndex((step) => !holds(step)) + 1];

/** Leads by person. */
const readLeads = ({ leadSteps, persons }: History): ReadonlyMap<number, Lead> => {
  const groups = new Map<number, LeadStep[]>();
  for (const step of leadSteps) {
    const person = persons.of(step.node);
    const group = groups.get(person);
    if (group) group.push(step);
    else groups.set(person, [step]);
  }
  return new Map(
    [...groups].map(([person, steps]) => [
      person,
      {
        steps,
        qualified: since(steps, isQualified),
        sold: since(steps, isSold),
        everQualified: steps.some(isQualified),
        everSold: steps.some(isSold),
      },
    ]),
  );
};

/** What the first call or form of a person was, and when the person was qualified: by person. */
export type Milestones = {
  readonly leads: ReadonlyMap<number, Contact>;
  /** Milliseconds since the epoch. */
  readonly qualified: ReadonlyMap<number, number>;
  readonly contactsOf: (person: number) => readonly Contact[];
  readonly leadsByPerson: ReadonlyMap<number, Lead>;
};

/** Persons that a call or form is certainly of. */
export const personsOf = (
  { node, visitor, candidates }: Contact,
  { persons }: History,
): readonly number[] => {
  const own = persons.of(node);
  if (visitor === undefined || candidates.length > 0) return [own];
  const other = persons.of(visitor);
  return other === own ? [own] : [own, other];
};

export const readMilestones = (history: History): Milestones => {
  const contacts = new Map<number, Contact[]>();
  for (const contact of history.contacts) {
    if (contact.fault !== undefined) continue;
    for (const person of personsOf(contact, history)) {
      const group = contacts.get(person);
      if (group) group.push(contact);
      else contacts.set(person, [contact]);
    }
  }
  const leads = new Map<number, Contact>();
  for (const [person, [first]] of contacts) if (first !== undefined) leads.set(person, first);
  const leadsByPerson = readLeads(history);
  const qualified = new Map<number, number>();
  for (const [person, lead] of leadsByPerson) if (lead.qualified) qualified.set(person, lead.qualified.at);
  return { leads, qualified, contactsOf: (person) => contacts.get(person) ?? [], leadsByPerson };
};

const FITS: Readonly<Record<'call' | 'answered' | 'form' | 'lead', (contact: Contact) => boolean>> = {
  call: ({ type }) => type === 'call',
  answered: ({ type, answered }) => type === 'call' && answered,
  form: ({ type }) => type === 'form',
  lead: () => true,
};

/** The last contact of a person up to a moment. */
export const lastContact = (contacts: readonly Contact[], at: number): Contact | undefined =>
  contacts.findLast((contact) => contact.at <= at);

/** What a person is worth goes to the contact that came last before it was known. */
const valuesByContact = (history: History, milestones: Milestones, counted: readonly Contact[]) => {
  const values = new Map<string, Conversion['value']>();
  const byPerson = new Map<number, Contact[]>();
  for (const contact of counted) {
    const person = history.persons.of(contact.node);
    const group = byPerson.get(person);
    if (group) group.push(contact);
    else byPerson.set(person, [contact]);
  }
  for (const [person, lead] of milestones.leadsByPerson) {
    const step = lead.steps.at(-1);
    const micros = step?.sale ?? step?.value ?? 0;
    const told = lead.steps.findLast((one, index) => {
      const before = lead.steps[index - 1];
      return before === undefined || before.sale !== one.sale || before.value !== one.value;
    });
    const contact = told && lastContact(byPerson.get(person) ?? [], told.at);
    if (step && contact && micros > 0) values.set(contact.id, { micros, currency: step.currency });
  }
  return values;
};

const countContacts = (
  history: History,
  milestones: Milestones,
  kind: keyof typeof FITS,
  dedupeDays: number,
): Conversions => {
  const excluded = new Map<string, Exclusion>();
  const counted: Contact[] = [];
  const latest = new Map<number, number>();
  for (const contact of history.contacts) {
    const person = history.persons.of(contact.node);
    const before = contact.known ? latest.get(person) : undefined;
    if (contact.fault !== undefined) excluded.set(contact.id, contact.fault);
    else if (!FITS[kind](contact)) excluded.set(contact.id, 'another-kind');
    else if (before !== undefined && contact.at - before < dedupeDays * DAY_MS)
      excluded.set(contact.id, 'repeat');
    else {
      latest.set(person, contact.at);
      counted.push(contact);
    }
  }
  const values = valuesByContact(history, milestones, counted);
  const conversion = (contact: Contact): Conversion => ({
    id: contact.id,
    kind,
    seq: contact.seq,
    at: contact.at,
    node: contact.node,
    contact,
    value: values.get(contact.id),
  });
  return { counted: counted.map(conversion), excluded };
};

const amount = (micros: number | null | undefined, currency: string): Conversion['value'] =>
  micros === null || micros === undefined || micros <= 0 ? undefined : { micros, currency };

const countLeads = (milestones: Milestones, kind: 'qualified' | 'sale'): Conversions => {
  const excluded = new Map<string, Exclusion>();
  const counted: Conversion[] = [];
  for (const [person, lead] of milestones.leadsByPerson) {
    const step = kind === 'sale' ? lead.sold : lead.qualified;
    const newest = lead.steps.at(-1);
    if (step === undefined || newest === undefined) {
      const ever = kind === 'sale' ? lead.everSold : lead.everQualified;
      if (newest) excluded.set(newest.id, ever ? 'retracted' : 'another-kind');
      continue;
    }
    counted.push({
      id: step.id,
      kind,
      seq: step.seq,
      at: step.at,
      node: step.node,
      contact: lastContact(milestones.contactsOf(person), step.at),
      value: amount(kind === 'sale' ? newest.sale : (newest.sale ?? newest.value), newest.currency),
    });
  }
  return { counted: counted.sort((a, b) => a.at - b.at || a.seq - b.seq), excluded };
};

/**
 * Conversions in the history, by time.
 *
 * `call`: inbound calls, without tests, spam and blocked callers; `answered`: those that a line answered; `form`; `lead`:
 * calls and forms; of these a person's count once in `dedupeDays` from the last one that counted, and anonymous callers'
 * always. `qualified`, `sale`: people whose lead is so now, at the moment from which on it was.
 */
export const findConversions = (
  history: History,
  milestones: Milestones,
  kind: ConversionKind,
  dedupeDays: number,
): Conversions =>
  kind === 'qualified' || kind === 'sale'
    ? countLeads(milestones, kind)
    : countContacts(history, milestones, kind, dedupeDays);
