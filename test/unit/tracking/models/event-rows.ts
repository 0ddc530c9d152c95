import type { PersonKey, TouchSource, TrackingEvent } from '../../../../src/tracking/events.ts';
import type { AttributionParameters, EventRow } from '../../../../src/tracking/models/index.ts';

export const DAY = 86_400_000;
/** The first day of the reports that tests make. */
export const FROM = Date.UTC(2026, 10, 1);
export const TO = Date.UTC(2026, 11, 1);

type Body<Type extends TrackingEvent['type']> = Extract<TrackingEvent, { type: Type }>['body'];

export const sourceOf = (source: string, more: Partial<TouchSource> = {}): TouchSource => ({
  channel: source === 'direct' ? 'direct' : source.endsWith('ads') ? 'paid' : 'organic',
  source,
  medium: source.endsWith('ads') ? 'cpc' : '(none)',
  campaign: null,
  term: null,
  content: null,
  source_id: null,
  ...more,
});

export const visitorKey = (key: string): PersonKey => ({ kind: 'visitor', key });
export const callerKey = (key: string): PersonKey => ({ kind: 'caller', key });

/** Writes a log; days are counted from 2026-11-01. */
export const createLog = () => {
  const rows: EventRow[] = [];
  const add = (type: TrackingEvent['type'], subject: string, day: number, body: object): void => {
    const at = Math.round(FROM + day * DAY);
    rows.push({ seq: rows.length + 1, at, type, subject, body: JSON.stringify(body) });
  };
  return {
    rows,
    visit: (
      id: string,
      visitor: string,
      day: number,
      source: string,
      more: Partial<Body<'visit.started'>> = {},
    ) =>
      add('visit.started', id, day, {
        ...sourceOf(source),
        visitor,
        site: 'main',
        landing: `https://www.example.com/${source}?utm_source=${source}`,
        paid_click: source.endsWith('ads'),
        ...more,
      }),
    call: (id: string, day: number, body: Partial<Body<'call.ended'>> = {}) =>
      add('call.ended', id, day, {
        caller: `of ${id}`,
        answered: true,
        talk_ms: 60_000,
        did: '+12025550123',
        method: 'none',
        visit: null,
        visitor: null,
        touch: null,
        candidates: [],
        spam: false,
        test: false,
        blocked: false,
        ...body,
      }),
    form: (id: string, day: number, body: Partial<Body<'form.submitted'>> = {}) =>
      add('form.submitted', id, day, { name: 'quote', visitor: null, visit: null, contact: null, ...body }),
    link: (a: PersonKey, b: PersonKey, day = 0) => add('person.linked', 'p', day, { a, b, why: 'token' }),
    lead: (id: string, key: PersonKey, day: number, body: Partial<Body<'lead.changed'>> = {}) =>
      add('lead.changed', id, day, {
        key,
        status: 'new',
        value_micros: null,
        quote_micros: null,
        sale_micros: null,
        currency: null,
        ...body,
      }),
  };
};

export const parameters = (
  rows: readonly EventRow[],
  more: Partial<AttributionParameters> = {},
): AttributionParameters => ({
  model: 'last-touch',
  version: 1,
  conversion: 'call',
  by: 'source',
  from: FROM,
  to: TO,
  zone: 'UTC',
  windowDays: 30,
  dedupeDays: 30,
  historyDays: 400,
  lastSeq: rows.length,
  events: rows.length,
  ...more,
});
