import type { LeadStatus } from '../../store/index.ts';
import type { TrackingEvent } from '../events.ts';
import { createPersons, type Persons } from './persons.ts';
import type { Touch } from './types.ts';

/** A row of the event log. */
export type EventRow = {
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly subject: string;
  readonly body: string;
};

/** Why a call is no conversion of any kind. */
export type CallFault = 'test' | 'spam' | 'blocked';

/** A call or form. Nodes are those of `Persons`. */
export type Contact = {
  readonly type: 'call' | 'form';
  readonly id: string;
  readonly seq: number;
  readonly at: number;
  /** Who it was, as far as the caller's number or the form's sender tells; a node of its own when nothing does. */
  readonly node: number;
  /** False: nobody else's calls can be told to be the same person's. */
  readonly known: boolean;
  /** Visitor that it came from, for certain or likeliest. */
  readonly visitor: number | undefined;
  readonly visit: string | undefined;
  /** What the number that was dialled stands for, where the call itself is the touch. */
  readonly own: Touch | undefined;
  /** The rest of its candidates' probabilities belongs to its own touch, not to nobody. */
  readonly sureOfSource: boolean;
  readonly candidates: readonly { readonly visit: string; readonly p: number }[];
  readonly answered: boolean;
  readonly fault: CallFault | undefined;
};

/** What became of a lead, and when. */
export type LeadStep = {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
  readonly node: number;
  readonly status: LeadStatus;
  readonly value: number | null;
  readonly sale: number | null;
  readonly currency: string;
};

/** The events, by person. */
export type History = {
  readonly persons: Persons;
  /** Of a person (`persons.of`), by time. */
  touchesOf(person: number): readonly Touch[];
  readonly people: Iterable<number>;
  /** By time. */
  readonly contacts: readonly Contact[];
  /** In the order they were written. */
  readonly leadSteps: readonly LeadStep[];
  /** Visitor of a visit. */
  visitorOf(visit: string): number | undefined;
};

type Body<Type extends TrackingEvent['type']> = Extract<TrackingEvent, { type: Type }>['body'];

/** ISO 4217: no currency. */
const NO_CURRENCY = 'XXX';

const faultOf = ({ test, blocked, spam }: Body<'call.ended'>): CallFault | undefined =>
  test ? 'test' : blocked ? 'blocked' : spam ? 'spam' : undefined;

const inTime = (a: { at: number; seq: number }, b: { at: number; seq: number }): number =>
  a.at - b.at || a.seq - b.seq;

// A body is kept as the source that it tells: a copy of a hundred thousand of them takes its time.
const readVisit = ({ seq, at, subject }: EventRow, body: Body<'visit.started'>, persons: Persons): Touch => ({
  id: subject,
  seq,
  at,
  node: persons.node('visitor', body.visitor),
  source: body,
  landing: body.landing,
  paid: body.channel === 'paid' || body.paid_click,
});

/** What is told of the call's own source; a copy of its visit's where it has one. */
const ownTouch = (
  { seq, at, subject }: EventRow,
  { touch }: Body<'call.ended'>,
  node: number,
): Touch | undefined =>
  touch === null
    ? undefined
    : { id: subject, seq, at, node, source: touch, landing: null, paid: touch.channel === 'paid' };

const readCall = (row: EventRow, body: Body<'call.ended'>, persons: Persons): Contact => {
  const { caller, visitor } = body;
  const node = caller === null ? persons.node('alone', row.subject) : persons.node('caller', caller);
  return {
    type: 'call',
    id: row.subject,
    seq: row.seq,
    at: row.at,
    node,
    known: caller !== null,
    visitor: visitor === null ? undefined : persons.node('visitor', visitor),
    visit: body.visit ?? undefined,
    own: ownTouch(row, body, node),
    sureOfSource: body.method === 'static',
    candidates: body.candidates,
    answered: body.answered,
    fault: faultOf(body),
  };
};

const readForm = (row: EventRow, body: Body<'form.submitted'>, persons: Persons): Contact => {
  const visitor = body.visitor === null ? undefined : persons.node('visitor', body.visitor);
  const contact = body.contact === null ? undefined : persons.node('contact', body.contact);
  return {
    type: 'form',
    id: row.subject,
    seq: row.seq,
    at: row.at,
    node: contact ?? visitor ?? persons.node('alone', row.subject),
    known: contact !== undefined || visitor !== undefined,
    visitor,
    visit: body.visit ?? undefined,
    own: undefined,
    sureOfSource: false,
    candidates: [],
    answered: false,
    fault: undefined,
  };
};

const readLead = (row: EventRow, body: Body<'lead.changed'>, persons: Persons): LeadStep => ({
  id: row.subject,
  seq: row.seq,
  at: row.at,
  node: persons.node(body.key.kind, body.key.key),
  status: body.status,
  value: body.value_micros,
  sale: body.sale_micros,
  currency: body.currency ?? NO_CURRENCY,
});

type Visits = ReadonlyMap<string, Touch>;

/**
 * A call is a touch itself when a source's number rang, or when nothing else is known of its visit; one whose visit is in the
 * log adds none.
 */
const isOwnTouch = ({ own, visit, fault, sureOfSource, candidates }: Contact, visits: Visits): boolean =>
  own !== undefined &&
  fault === undefined &&
  !(visit !== undefined && visits.has(visit)) &&
  (sureOfSource || candidates.length === 0);

const groupTouches = (persons: Persons, touches: Iterable<Touch>): ReadonlyMap<number, Touch[]> => {
  const groups = new Map<number, Touch[]>();
  for (const touch of touches) {
    const person = persons.of(touch.node);
    const group = groups.get(person);
    if (group) group.push(touch);
    else groups.set(person, [touch]);
  }
  for (const group of groups.values()) if (group.length > 1) group.sort(inTime);
  return groups;
};

/**
 * Folds events into people, their touches, and what they did. The order of the rows does not matter; of several records of
 * one call or form the last one written holds.
 *
 * @throws SyntaxError for a body that is no JSON
 */
export const readHistory = (rows: Iterable<EventRow>): History => {
  const persons = createPersons();
  const visits = new Map<string, Touch>();
  const contacts = new Map<string, Contact>();
  const leadSteps: LeadStep[] = [];

  const keep = (contact: Contact): void => {
    const known = contacts.get(contact.id);
    if (known === undefined || known.seq < contact.seq) contacts.set(contact.id, contact);
  };
  const read: Readonly<Record<TrackingEvent['type'], (row: EventRow) => void>> = {
    'visit.started': (row) =>
      void visits.set(row.subject, readVisit(row, JSON.parse(row.body) as Body<'visit.started'>, persons)),
    'call.ended': (row) => keep(readCall(row, JSON.parse(row.body) as Body<'call.ended'>, persons)),
    // Its call tells all that counts for attribution.
    'voicemail.received': () => undefined,
    'form.submitted': (row) => keep(readForm(row, JSON.parse(row.body) as Body<'form.submitted'>, persons)),
    'person.linked': (row) => {
      const { a, b } = JSON.parse(row.body) as Body<'person.linked'>;
      persons.link(persons.node(a.kind, a.key), persons.node(b.kind, b.key));
    },
    'lead.changed': (row) =>
      void leadSteps.push(readLead(row, JSON.parse(row.body) as Body<'lead.changed'>, persons)),
  };
  for (const row of rows) read[row.type as TrackingEvent['type']]?.(row);

  const settled = [...contacts.values()]
    .sort(inTime)
    .map((call) => (call.own === undefined || isOwnTouch(call, visits) ? call : { ...call, own: undefined }));
  const own = settled.flatMap((call) => call.own ?? []);
  const byPerson = groupTouches(persons, [...visits.values(), ...own]);
  return {
    persons,
    touchesOf: (person) => byPerson.get(person) ?? [],
    people: byPerson.keys(),
    contacts: settled,
    leadSteps: leadSteps.sort((a, b) => a.seq - b.seq),
    visitorOf: (visit) => visits.get(visit)?.node,
  };
};
