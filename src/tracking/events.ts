import type { Channel, LeadStatus, MatchMethod, SqliteFile } from '../store/index.ts';

/** Where a touch came from, as events keep it: a copy, so that later edits of the plan don't rewrite history. */
export type TouchSource = {
  readonly channel: Channel | 'offline';
  readonly source: string;
  readonly medium: string;
  readonly campaign: string | null;
  readonly term: string | null;
  readonly content: string | null;
  /** Source of the tracking plan. */
  readonly source_id: string | null;
};

/** A visitor's id, or the keyed pseudonym of a number or address. */
export type PersonKey = { readonly kind: 'caller' | 'visitor' | 'contact'; readonly key: string };

/** Bodies of events by their type. `subject` of the row is the id in each one's first field. */
export type TrackingEvent =
  | {
      readonly type: 'visit.started';
      readonly at: number;
      readonly subject: string;
      readonly body: TouchSource & {
        readonly visitor: string;
        readonly site: string;
        readonly landing: string;
        /** Whether an ad's click id was with it. */
        readonly paid_click: boolean;
      };
    }
  | {
      readonly type: 'call.ended';
      /** When the call came in. */
      readonly at: number;
      readonly subject: string;
      readonly body: {
        /** Null for an anonymous caller. */
        readonly caller: string | null;
        readonly answered: boolean;
        readonly talk_ms: number;
        readonly did: string | null;
        readonly method: MatchMethod;
        readonly visit: string | null;
        readonly visitor: string | null;
        /** Null: unattributed. Of a number of a source: that source. */
        readonly touch: TouchSource | null;
        /** Visits that it may have come from and their probabilities; what is missing to 1 is unattributed. Empty: certain, or none. */
        readonly candidates: readonly { readonly visit: string; readonly p: number }[];
        readonly spam: boolean;
        readonly test: boolean;
        readonly blocked: boolean;
      };
    }
  /** A caller has left a message. */
  | {
      readonly type: 'voicemail.received';
      readonly at: number;
      /** Its id. */
      readonly subject: string;
      readonly body: {
        readonly call: string;
        readonly box: string;
        readonly duration_ms: number;
        readonly caller: string | null;
      };
    }
  | {
      readonly type: 'form.submitted';
      readonly at: number;
      readonly subject: string;
      readonly body: {
        readonly name: string;
        readonly visitor: string | null;
        readonly visit: string | null;
        readonly contact: string | null;
      };
    }
  /** These are one person. */
  | {
      readonly type: 'person.linked';
      readonly at: number;
      readonly subject: string;
      readonly body: { readonly a: PersonKey; readonly b: PersonKey; readonly why: string };
    }
  | {
      readonly type: 'lead.changed';
      readonly at: number;
      readonly subject: string;
      readonly body: {
        /** Any one of the person's. */
        readonly key: PersonKey;
        readonly status: LeadStatus;
        readonly value_micros: number | null;
        readonly quote_micros: number | null;
        readonly sale_micros: number | null;
        readonly currency: string | null;
      };
    };

const prepareInsert = (file: SqliteFile) =>
  file.prepare<[at: number, type: string, subject: string, body: string]>(
    'INSERT INTO event (at, type, subject, body) VALUES (?, ?, ?, ?)',
  );

const inserts = new WeakMap<SqliteFile, ReturnType<typeof prepareInsert>>();

/** Prepared once for a file: pages wait for it. */
const insertOn = (file: SqliteFile): ReturnType<typeof prepareInsert> => {
  const found = inserts.get(file);
  if (found) return found;
  const insert = prepareInsert(file);
  inserts.set(file, insert);
  return insert;
};

/**
 * Appends events to the log, in the transaction that is open on `file`.
 *
 * @returns sequence number of the last one; 0 when there are none
 */
export const appendEvents = (file: SqliteFile, events: readonly TrackingEvent[]): number => {
  const insert = insertOn(file);
  return events.reduce(
    (_, { at, type, subject, body }) =>
      Number(insert.run(Math.round(at), type, subject, JSON.stringify(body)).lastInsertRowid),
    0,
  );
};
