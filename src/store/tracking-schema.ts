import type { Flag, Millis } from './units.ts';

/** How a visit came to the site (features of the URL first, then the referrer). */
export type Channel =
  | 'paid'
  | 'organic'
  | 'social'
  | 'ai'
  | 'email'
  | 'referral'
  /** Named by UTM parameters that say none of the others. */
  | 'campaign'
  | 'direct';

/**
 * Where a tracking number stands. `testing`: waits for quiet days before it is lent; `active`: in use; `draining`: taken off
 * its pool while leases on it are open; `quarantine`: nobody sees it any more, calls still come and are matched; `retired`:
 * its calls are refused; `failed`: taken out by hand or by a test call. Numbers of sources are always `active`.
 */
export type NumberState = 'testing' | 'active' | 'draining' | 'quarantine' | 'retired' | 'failed';

/** A pool, a site, an automation: what the tracking plan says of it, as JSON without its id. */
export type PoolTable = {
  id: string;
  plan: string;
  /** The plan names it no more; numbers of it are still in quarantine. */
  removed: Flag;
};
export type SiteTable = { id: string; plan: string };
export type AutomationTable = { id: string; position: number; plan: string };

/** A visit that a call may have come from. Rank 1 is the likeliest. */
export type CallCandidateTable = {
  call_id: string;
  rank: number;
  /** Null: nobody that was shown the number. */
  visit_id: string | null;
  probability: number;
  /** JSON: the reasons and their weights. */
  evidence: string;
};

export type CallTagTable = {
  call_id: string;
  tag: string;
  /** Name of a user, `api`, `flow`, or `automation:<id>`. */
  made_by: string;
  at: Millis;
};

/** A browser that was told an id. */
export type VisitorTable = { id: string; first_seen_at: Millis; last_seen_at: Millis };

/** A visit is one touch: it begins with a visitor's first page, after 30 min without one, or with another campaign, click id or referrer. */
export type VisitTable = {
  id: string;
  visitor_id: string;
  site_id: string;
  started_at: Millis;
  /** Last page, heartbeat or click. */
  last_seen_at: Millis;
  /** When the page was hidden or left; null while it is in view. */
  hidden_at: Millis | null;
  landing_url: string;
  last_url: string;
  referrer: string | null;
  channel: Channel;
  /** `google`, `baidu`, `newsletter`, a host name; `(direct)`. */
  source: string;
  /** `cpc`, `organic`, `referral`, `(none)` … */
  medium: string;
  campaign: string | null;
  term: string | null;
  content: string | null;
  /** Source of the tracking plan that it belongs to. */
  source_id: string | null;
  /** JSON object: `{"gclid": "…"}`. */
  click_ids: string;
  device: 'phone' | 'tablet' | 'desktop' | 'other';
  os: string | null;
  browser: string | null;
  /** First of the browser's languages: `de-DE`. */
  language: string | null;
  /** ISO 3166 of the address or time zone, where known. */
  region: string | null;
  /** Keyed pseudonym of the IP address (/64 of IPv6). */
  address_hmac: string | null;
  pages: number;
  /** Why it is taken for a machine; null for people. */
  bot: string | null;
};

export type PageViewTable = {
  visit_id: string;
  /** From 1. */
  seq: number;
  at: Millis;
  url: string;
  title: string | null;
  /** How long it was in view; null until the next page or the end. */
  dwell_ms: number | null;
};

export type ClickTable = {
  id: number;
  visit_id: string;
  at: Millis;
  /** A tap on a `tel:` or `sms:` link, a number copied, a call button. */
  kind: 'tel' | 'sms' | 'copy' | 'button';
  /** E.164 */
  number: string | null;
};

/** Which number a visit saw, last time first shown. */
export type ShownTable = {
  visit_id: string;
  /** E.164 */
  number: string;
  /** Null: a number that is not lent. */
  lease_id: string | null;
  /** Extension code shown with it. */
  code: string | null;
  shown_at: Millis;
};

/** What pages report of their own numbers: `swapped`, `reverted`, `fight`, `missing`, `timeout` … */
export type SwapCheckTable = {
  site_id: string;
  /** UTC day, `2026-11-22`. */
  day: string;
  outcome: string;
  /** Path of the page. */
  page: string;
  times: number;
  last_at: Millis;
};

/** One number lent to one visit (or to a class of visits with the same attribution). Open until `closed_at`. */
export type LeaseTable = {
  id: string;
  pool_id: string;
  /** E.164 */
  number: string;
  /** The visit that it was opened for, or that joined last. */
  visit_id: string;
  visitor_id: string;
  /** Digest of the attribution that its visits share; null: one visit's own. */
  class: string | null;
  opened_at: Millis;
  last_seen_at: Millis;
  /** When its last page was hidden; null while one is in view. */
  idle_at: Millis | null;
  /** Free from then on. */
  expires_at: Millis;
  closed_at: Millis | null;
  close_reason: 'expired' | 'stolen' | 'released' | 'number_retired' | 'consent' | null;
  /** The lease that it took its number from. */
  stolen_from: string | null;
};

/** The ledger. Each hash covers the row and the hash before it, keyed. */
export type LeaseEventTable = {
  seq: number;
  at: Millis;
  /** `joined`: another visit of the class or of the visitor; `held`: kept after a call; `refused`: no number was to be had. */
  type: 'opened' | 'joined' | 'closed' | 'held' | 'refused';
  pool_id: string;
  number: string | null;
  lease_id: string | null;
  visit_id: string | null;
  body: string;
  /** Hex. */
  hash: string;
};

export type ExtensionCodeTable = { number: string; code: string; visit_id: string; issued_at: Millis };

/** Never changed, never removed but by erasure. Types and bodies: `tracking/events.ts`. */
export type EventTable = {
  seq: number;
  at: Millis;
  type: string;
  /** Id of what it is about: a visit, a call, a form, a person. */
  subject: string;
  body: string;
};

export type AttributionReportTable = {
  /** SHA-256 of the report's bytes, hex. */
  digest: string;
  parameters: string;
  /** The last event that it saw. */
  last_seq: number;
  made_at: Millis;
};

export type DelayLawTable = { site_id: string; fitted_at: Millis; calls: number; law: string };

export type PersonTable = { id: string; created_at: Millis };
export type PersonKeyTable = {
  /** `caller`: HMAC of a number; `visitor`: a visitor's id; `contact`: HMAC of an address or number from a form. */
  kind: 'caller' | 'visitor' | 'contact';
  key: string;
  person_id: string;
  since: Millis;
};
export type PersonTagTable = { person_id: string; tag: string; made_by: string; at: Millis };

export type LeadStatus = 'new' | 'qualified' | 'unqualified' | 'spam' | 'customer';
export type LeadTable = {
  person_id: string;
  status: LeadStatus;
  /** What it may be worth, what was offered, what was sold: millionths of the currency. */
  value_micros: number | null;
  quote_micros: number | null;
  sale_micros: number | null;
  currency: string | null;
  owner: string | null;
  created_at: Millis;
  qualified_at: Millis | null;
  converted_at: Millis | null;
  updated_at: Millis;
};

export type FormTable = {
  id: string;
  /** The sender's own id: the same form twice is one. */
  external_id: string | null;
  at: Millis;
  site_id: string | null;
  name: string;
  visit_id: string | null;
  visitor_id: string | null;
  contact_hmac: string | null;
  contact_masked: string | null;
  /** JSON object of its fields, sealed. */
  fields_encrypted: Buffer;
};

/** What was spent on a day. `''` stands for no campaign. */
export type SpendTable = {
  day: string;
  source: string;
  medium: string;
  campaign: string;
  currency: string;
  amount_micros: number;
  clicks: number | null;
  impressions: number | null;
  imported_at: Millis;
};

/** A UTC day whose figures are not what its calls are any more, or never were written. */
export type CallStaleDayTable = {
  /** Days since 1970-01-01 UTC. */
  day: number;
  /** Goes up with every change: tells whether something came while its calls were counted. */
  touched: number;
};

type RollupKey = {
  dimension: 'source' | 'keyword' | 'landing' | 'region' | 'hour' | 'quarter';
  /** How many days are counted together, from `day` on. */
  days: 1 | 32;
  day: number;
  /** Of `hour` and `quarter` (of an hour) their number since 1970; else the id of a `call_rollup_key`. */
  key: number;
  test: Flag;
  spam: Flag;
};

/** A block of 32 days whose figures are kept together; `day` is the first, a multiple of 32. */
export type CallKeptBlockTable = { day: number };

/** What tells rows of a dimension apart: a JSON array of its words. */
export type CallRollupKeyTable = { id: number; dimension: RollupKey['dimension']; key: string };

/** Inbound calls of a UTC day, counted. */
export type CallRollupTable = RollupKey & {
  calls: number;
  answered: number;
  missed: number;
  blocked: number;
  first_time: number;
  /** Of people whose lead is qualified or a customer. */
  qualified: number;
  /** Answered calls that have ended. */
  talked: number;
  talk_ms: number;
  /** From the INVITE to the answer, of answered calls. */
  answer_ms: number;
};

/** What they were worth. */
export type CallRollupValueTable = RollupKey & { currency: string; valued: number; micros: number };
