import type { CallTable, EventTable, FormTable, SqliteFile, VisitTable } from '../../store/index.ts';
import type { TrackingEvent } from '../events.ts';
import { findSubject, type Subject } from './find.ts';
import { leadRowOf } from './leads.ts';
import { REPEAT_WINDOW_MS } from './persons.ts';
import { all } from './rows.ts';
import { LINK_FROM } from './touch.ts';
import { amountView, leadView, type PersonView, type TimelineEntry } from './views.ts';

/** Entries of each kind that are looked at. */
const MOST = 500;

type CallEntryRow = CallTable & {
  readonly disposition: string | null;
  /** JSON array. */
  readonly tags: string;
};
type VisitEntryRow = VisitTable & { readonly clicks: number };
type LeadBody = Extract<TrackingEvent, { type: 'lead.changed' }>['body'];

const iso = (at: number): string => new Date(at).toISOString();

const wordsOf = (json: string | null): string[] => {
  const found: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(found) ? found.map(String) : [];
};

const visitEntry = (visit: VisitEntryRow): TimelineEntry => ({
  type: 'visit',
  at: iso(visit.started_at),
  id: visit.id,
  site: visit.site_id,
  source: {
    channel: visit.channel,
    source: visit.source,
    medium: visit.medium,
    campaign: visit.campaign,
    term: visit.term,
  },
  landing: visit.landing_url,
  pages: visit.pages,
  clicks: visit.clicks,
  seconds: Math.max(0, (visit.last_seen_at - visit.started_at) / 1000),
});

const callEntry = (call: CallEntryRow, repeat: boolean): TimelineEntry => ({
  type: 'call',
  at: iso(call.started_at),
  id: call.id,
  direction: call.direction,
  status: call.status,
  test: call.is_test === 1,
  caller: call.caller_masked,
  did: call.did,
  talkMs: call.talk_ms ?? 0,
  source:
    call.source === null
      ? null
      : {
          channel: call.channel,
          source: call.source,
          medium: call.medium,
          campaign: call.campaign,
          term: call.keyword,
        },
  match: { method: call.match_method, probability: call.match_prob, visit: call.visit_id },
  repeat,
  spamScore: call.spam_score,
  spamReasons: wordsOf(call.spam_reasons),
  tags: wordsOf(call.tags),
  disposition: call.disposition,
});

const formEntry = (form: FormTable): TimelineEntry => ({
  type: 'form',
  at: iso(form.at),
  id: form.id,
  site: form.site_id,
  name: form.name,
  visit: form.visit_id,
  contact: form.contact_masked,
});

const leadEntry = ({ at, body }: EventTable): TimelineEntry => {
  const lead = JSON.parse(body) as LeadBody;
  return {
    type: 'lead',
    at: iso(at),
    status: lead.status,
    value: amountView(lead.value_micros, lead.currency),
    quote: amountView(lead.quote_micros, lead.currency),
    sale: amountView(lead.sale_micros, lead.currency),
  };
};

const list = (parameter: string): string => `(SELECT value FROM json_each(@${parameter}))`;

const CALLS = `SELECT c.*, w.disposition,
    (SELECT json_group_array(tag) FROM call_tag WHERE call_id = c.id) AS tags
  FROM call c LEFT JOIN wrap_up w ON w.call_id = c.id
  WHERE c.id IN (
    SELECT id FROM call WHERE caller_hmac IN ${list('numbers')}
    UNION SELECT id FROM call WHERE visitor_id IN ${list('visitors')} AND (match_method IN ('token', 'code')
      OR (match_method NOT IN ('static', 'none') AND match_prob >= ${LINK_FROM})))
  ORDER BY c.started_at DESC, c.id DESC LIMIT ${MOST}`;

const VISITS = `SELECT visit.*, (SELECT count(*) FROM click WHERE visit_id = visit.id) AS clicks
  FROM visit WHERE visitor_id IN ${list('visitors')} ORDER BY started_at DESC LIMIT ${MOST}`;

const FORMS = `SELECT * FROM form WHERE id IN (
    SELECT id FROM form WHERE contact_hmac IN ${list('contacts')}
    UNION SELECT id FROM form WHERE visitor_id IN ${list('visitors')})
  ORDER BY at DESC LIMIT ${MOST}`;

/** The subject of a lead's changes is one of its person's keys. */
const LEAD_CHANGES = `SELECT * FROM event WHERE subject IN ${list('keys')} AND type = 'lead.changed' ORDER BY seq DESC LIMIT ${MOST}`;

const isCounted = ({ direction, is_test }: CallTable): boolean => direction === 'inbound' && is_test === 0;

/** @param calls the latest first */
const callEntries = (calls: readonly CallEntryRow[]): readonly TimelineEntry[] =>
  calls.map((call, index) => {
    const before = calls.slice(index + 1).find(isCounted);
    const repeat =
      isCounted(call) && before !== undefined && call.started_at - before.started_at <= REPEAT_WINDOW_MS;
    return callEntry(call, repeat);
  });

/** Of one moment: what brought it first, what came of it last. */
const ORDER = ['visit', 'call', 'form', 'lead'] as const;
const inOrder = (a: TimelineEntry, b: TimelineEntry): number =>
  a.at.localeCompare(b.at) || ORDER.indexOf(a.type) - ORDER.indexOf(b.type);

const latestContacts = (calls: readonly CallEntryRow[], forms: readonly FormTable[]): string[] => {
  const shown = [
    ...calls.map(({ caller_masked }) => caller_masked),
    ...forms.map(({ contact_masked }) => contact_masked),
  ];
  return [...new Set(shown.filter((contact) => contact !== null))];
};

const read = (file: SqliteFile, { person, keys }: Subject): PersonView => {
  const of = (...kinds: readonly string[]): string =>
    JSON.stringify(keys.filter(({ kind }) => kinds.includes(kind)).map(({ key }) => key));
  const given = { numbers: of('caller'), visitors: of('visitor') };
  const calls = all<CallEntryRow>(file, CALLS, given);
  const visits = all<VisitEntryRow>(file, VISITS, { visitors: given.visitors });
  const forms = all<FormTable>(file, FORMS, { contacts: of('caller', 'contact'), visitors: given.visitors });
  const changes = all<EventTable>(file, LEAD_CHANGES, { keys: of('caller', 'contact', 'visitor') });
  const lead = person === undefined ? undefined : leadRowOf(file, person);
  const tags = all<{ tag: string }>(
    file,
    'SELECT tag FROM person_tag WHERE person_id = ? ORDER BY at, tag',
    person ?? null,
  );
  return {
    person: person ?? null,
    contacts: latestContacts(calls, forms),
    visitors: keys.filter(({ kind }) => kind === 'visitor').map(({ key }) => key),
    tags: tags.map(({ tag }) => tag),
    lead: lead === undefined ? null : leadView(lead),
    complete: [calls, visits, forms, changes].every(({ length }) => length < MOST),
    timeline: [
      ...visits.map(visitEntry),
      ...callEntries(calls),
      ...forms.map(formEntry),
      // Events of one moment stay in the order they were written.
      ...changes.toReversed().map(leadEntry),
    ].sort(inOrder),
  };
};

/**
 * What one person did, in order: visits, calls, forms, changes of the lead. Numbers and addresses are masked.
 *
 * @param id of a person, call, visitor, visit or form
 * @returns undefined when nothing has that id
 */
export const timeline = (file: SqliteFile, id: string): PersonView | undefined => {
  const subject = findSubject(file, id);
  return subject && read(file, subject);
};
