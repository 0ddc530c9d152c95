import type {
  AttributionReportTable,
  AutomationTable,
  CallCandidateTable,
  CallTagTable,
  Channel,
  ClickTable,
  DelayLawTable,
  EventTable,
  ExtensionCodeTable,
  FormTable,
  LeadTable,
  LeaseEventTable,
  LeaseTable,
  NumberState,
  PageViewTable,
  PersonKeyTable,
  PersonTable,
  PersonTagTable,
  PoolTable,
  ShownTable,
  SiteTable,
  SpendTable,
  SwapCheckTable,
  VisitorTable,
  VisitTable,
} from './tracking-schema.ts';

/** Milliseconds since the epoch, UTC. */
export type Millis = number;
/** SQLite has no booleans. */
export type Flag = 0 | 1;

/**
 * How a call ended, as the caller met it. `in_progress` until then; `interrupted` when the gateway died during it.
 */
export type CallStatus =
  | 'in_progress'
  | 'answered'
  | 'no_answer'
  | 'busy'
  | 'rejected'
  | 'cancelled'
  | 'unreachable'
  | 'failed'
  | 'blocked'
  | 'interrupted';

export type HangupBy = 'caller' | 'line' | 'gateway';

/**
 * How the marketing source behind a call was found, the surest first. `static`: the number belongs to a source; `token`: the
 * call button's token; `code`: the extension that was dialled; `tel_tap`: the visit tapped the number a moment before;
 * `lease`: one visit alone held the number; `posterior`: the likeliest of several; `none`: unattributed.
 */
export type MatchMethod = 'static' | 'token' | 'code' | 'tel_tap' | 'lease' | 'posterior' | 'none';

export type SourceTable = {
  id: string;
  name: string;
  source: string;
  medium: string | null;
  campaign: string | null;
  cost_center: string | null;
  cost_amount: number | null;
  cost_currency: string | null;
  cost_per: 'day' | 'week' | 'month' | 'year' | null;
  /** Where the number stands: the search term it is shown for, and the page. */
  keyword: string | null;
  landing_page: string | null;
};

export type LineTable = {
  id: string;
  name: string | null;
  type: 'trunk' | 'sip' | 'echo' | 'user';
  /** E.164, for `trunk`. */
  number: string | null;
  trunk_id: string | null;
  /** For `sip`. */
  uri: string | null;
  /** Name of the user whose phones ring, for `user`. */
  user: string | null;
  nat: Flag;
  ring_timeout_s: number;
};

export type TrackingNumberTable = {
  /** E.164 */
  number: string;
  label: string | null;
  /** Either a source or a pool. */
  source_id: string | null;
  pool_id: string | null;
  state: NumberState;
  state_since: Millis;
  /** Null: the gateway's default. */
  record: Flag | null;
  enabled: Flag;
};

export type TrackingNumberLineTable = {
  number: string;
  /** 0 is tried first. */
  position: number;
  line_id: string;
};

export type BlockedCallerTable = {
  hmac: string;
  number_encrypted: Buffer;
};

/** One start of the gateway. `alive_at` is written every second: it dates the end of calls that a crash interrupted. */
export type RunTable = {
  id: string;
  started_at: Millis;
  alive_at: Millis;
  stopped_at: Millis | null;
};

/** A call record: opened at the INVITE, completed once, never rewritten. */
export type CallTable = {
  id: string;
  run_id: string;
  /** `outbound`: a user called a telephone number; `internal`: a user called a line or another user. */
  direction: 'inbound' | 'outbound' | 'internal';
  trunk_id: string | null;
  is_test: Flag;
  status: CallStatus;
  started_at: Millis;
  ringing_at: Millis | null;
  answered_at: Millis | null;
  ended_at: Millis | null;
  /** From the INVITE to the end. */
  duration_ms: number | null;
  /** From the INVITE to the answer or the end. */
  ring_ms: number | null;
  /** From the answer to the end; 0 when it was not answered. */
  talk_ms: number | null;
  hold_ms: number | null;
  /** AES-256-GCM of the caller's E.164 number (or of the raw user part when it is no number); null when anonymous. */
  caller_encrypted: Buffer | null;
  caller_hmac: string | null;
  /** Shown unless asked to reveal: `+493*****56`. */
  caller_masked: string | null;
  caller_region: string | null;
  anonymous: Flag;
  /** E.164 of the dialled number; null when none could be read. */
  did: string | null;
  did_raw: string | null;
  /** Header that held it: `request-uri`, `to`, `p-called-party-id`, `diversion`. */
  did_header: string | null;
  /** Snapshot of the source at the time of the call, so that later edits don't rewrite history. */
  source_id: string | null;
  source_name: string | null;
  source: string | null;
  medium: string | null;
  campaign: string | null;
  cost_center: string | null;
  keyword: string | null;
  content: string | null;
  /** Of the visit. */
  channel: Channel | null;
  landing_page: string | null;
  site_id: string | null;
  /** The likeliest visit. */
  visit_id: string | null;
  visitor_id: string | null;
  lease_id: string | null;
  /** Extension code that the caller dialled. */
  dialled_code: string | null;
  match_method: MatchMethod;
  /** Probability that `visit_id` is right, or 1 for a number of a source. */
  match_prob: number | null;
  /** 3 and more is flagged; null until the call has ended. */
  spam_score: number | null;
  /** JSON array of words. */
  spam_reasons: string | null;
  first_call: Flag | null;
  prior_calls: number | null;
  /** The line that answered. */
  line_id: string | null;
  /** Name of the user who answered last, or who placed the call. */
  agent: string | null;
  sip_code: number | null;
  sip_reason: string | null;
  q850_cause: number | null;
  hangup_by: HangupBy | null;
  /** Words for people: `no line answered within 20 s`. */
  end_reason: string | null;
  sip_call_id: string | null;
};

export type LegTable = {
  id: string;
  call_id: string;
  /** `A` is the caller's leg, `B` one that was dialled, `S` a supervisor's. */
  role: 'A' | 'B' | 'S';
  /** 0 for A; the others count from 1 in the order in which they came. */
  position: number;
  line_id: string | null;
  /** Name of the user at its other end. */
  user: string | null;
  trunk_id: string | null;
  /** Where it went: Request-URI of a B-leg. */
  uri: string | null;
  /** SIP peer as `udp/203.0.113.7:5060`. */
  peer: string | null;
  sip_call_id: string | null;
  started_at: Millis;
  ringing_at: Millis | null;
  answered_at: Millis | null;
  ended_at: Millis | null;
  outcome: Exclude<CallStatus, 'in_progress' | 'blocked'> | null;
  sip_code: number | null;
  sip_reason: string | null;
  q850_cause: number | null;
  early_media: Flag;
  /** How its audio was protected: not at all, SDES-SRTP (RFC 4568), DTLS-SRTP (RFC 5764). */
  media_security: 'none' | 'sdes' | 'dtls';
  /** Such as `AEAD_AES_256_GCM`. */
  srtp_suite: string | null;
  /** Of a browser: how its packets came, and its ICE candidate's type. */
  transport: 'udp' | 'tcp' | null;
  candidate: 'host' | 'srflx' | 'prflx' | 'relay' | null;
  codec: string | null;
  packets_received: number | null;
  packets_sent: number | null;
  packets_lost: number | null;
  loss_percent: number | null;
  jitter_ms: number | null;
  jitter_max_ms: number | null;
  rtt_ms: number | null;
  mos_average: number | null;
  mos_minimum: number | null;
  stranger_packets: number | null;
  held_ms: number | null;
};

/** What a leg's peer sent within 5 s, up to `at`. */
export type LegQualityTable = {
  leg_id: string;
  at: Millis;
  rtt_ms: number | null;
  jitter_ms: number;
  loss_percent: number;
  /** ITU-T G.107 estimate, 1.0 to 4.5. */
  mos: number;
};

/** What an agent noted after a call; the latest word counts. */
export type WrapUpTable = {
  call_id: string;
  /** Who wrote it. */
  user: string;
  at: Millis;
  disposition: string | null;
  /** JSON array of strings. */
  tags: string;
  /** Sealed like callers' numbers: notes name people. */
  note_encrypted: Buffer | null;
  /** What the call was worth, in millionths of the currency. */
  value_micros: number | null;
  /** ISO 4217. */
  value_currency: string | null;
};

/** A login in a browser. */
export type WebSessionTable = {
  /** SHA-256 of the cookie's token, hex. */
  token_hash: string;
  user_id: string;
  created_at: Millis;
  used_at: Millis;
  /** Where it was made from. */
  address: string;
  user_agent: string | null;
};

/** Who did what that others may ask about. Never changed. */
export type AuditTable = {
  id: string;
  at: Millis;
  /** Name of the user. */
  user: string;
  /** `supervise`, `login`, `login-failed` … */
  action: string;
  call_id: string | null;
  /** JSON object. */
  detail: string;
};

/** Each decision that a person may ask about, in order; `dialtrace calls explain` prints them. Holds no caller's number. */
export type CallEventTable = {
  call_id: string;
  seq: number;
  at: Millis;
  /** `received`, `number-matched`, `dialling`, `line-rang`, `line-failed`, `answered`, `held`, `ended` … */
  type: string;
  /** One sentence that says what was decided and why. */
  text: string;
  /** JSON object with the facts behind it. */
  detail: string;
};

export type RecordingTable = {
  id: string;
  call_id: string;
  /** Relative to the recordings directory. */
  path: string;
  state: 'recording' | 'complete' | 'repaired' | 'failed';
  started_at: Millis;
  duration_ms: number | null;
  bytes: number | null;
  sha256: string | null;
};

/** One row: proves that a key file is the one the sealed rows were made with, without telling anything about it. */
export type VaultKeyTable = {
  id: 1;
  check_value: string;
};

/** An address or network that gets no answer. Rows of the wall stay a week past their end: they make the next ban longer. */
export type BanTable = {
  /** In its usual form: `203.0.113.7`, `2001:db8::/64`. */
  cidr: string;
  reason: string;
  made_by: 'hand' | 'wall';
  since: Millis;
  /** Null: for ever. */
  until: Millis | null;
  /** Which ban of this address it is, from 1. */
  count: number;
};

/** Somebody with phones: an agent, a desk. */
export type UserTable = {
  id: string;
  /** User part of the address and name in credentials. */
  name: string;
  display: string | null;
  /** Realm that the hashes below are made with. */
  realm: string;
  /** H(A1) of the password (RFC 7616 3.4.2), hex. */
  ha1_md5: string;
  ha1_sha256: string;
  ha1_sha512_256: string;
  disabled: Flag;
  created_at: Millis;
  role: 'agent' | 'supervisor';
  /** Takes calls now. */
  ready: Flag;
};

/** Where a user's phone can be reached (RFC 3261 10). */
export type RegistrationTable = {
  user_id: string;
  /** The Contact's URI for comparison, or instance and reg-id. */
  key: string;
  uri: string;
  /** Further parameters of the Contact: `;+sip.instance="…"`. */
  parameters: string;
  q: number;
  expires_at: Millis;
  call_id: string;
  cseq: number;
  instance: string | null;
  reg_id: number | null;
  /** JSON array of Path values. */
  path: string;
  user_agent: string | null;
  /** Where the REGISTER came from. */
  protocol: string;
  address: string;
  port: number;
  since: Millis;
  refreshed_at: Millis;
  /** Its connection ended with an earlier run. */
  flow_lost: Flag;
};

export type Database = {
  source: SourceTable;
  line: LineTable;
  tracking_number: TrackingNumberTable;
  tracking_number_line: TrackingNumberLineTable;
  blocked_caller: BlockedCallerTable;
  run: RunTable;
  call: CallTable;
  leg: LegTable;
  call_event: CallEventTable;
  recording: RecordingTable;
  vault_key: VaultKeyTable;
  ban: BanTable;
  user: UserTable;
  registration: RegistrationTable;
  leg_quality: LegQualityTable;
  wrap_up: WrapUpTable;
  web_session: WebSessionTable;
  audit: AuditTable;
  pool: PoolTable;
  site: SiteTable;
  automation: AutomationTable;
  call_candidate: CallCandidateTable;
  call_tag: CallTagTable;
  visitor: VisitorTable;
  visit: VisitTable;
  page_view: PageViewTable;
  click: ClickTable;
  shown: ShownTable;
  swap_check: SwapCheckTable;
  lease: LeaseTable;
  lease_event: LeaseEventTable;
  extension_code: ExtensionCodeTable;
  event: EventTable;
  attribution_report: AttributionReportTable;
  delay_law: DelayLawTable;
  person: PersonTable;
  person_key: PersonKeyTable;
  person_tag: PersonTagTable;
  lead: LeadTable;
  form: FormTable;
  spend: SpendTable;
};
