import type {
  ButtonEventTable,
  CallBackTable,
  ExperimentArmTable,
  LegExperienceTable,
  SmsCodeTable,
  UsedTokenTable,
  WebCallTable,
} from './button-schema.ts';
import type {
  CallEventTable,
  CallTable,
  LegQualityTable,
  LegTable,
  RecordingTable,
  WrapUpTable,
} from './call-schema.ts';
import type {
  AgentOfferTable,
  AreaPrefixTable,
  CalendarEventTable,
  CalendarTable,
  CallStepTable,
  ConsentTable,
  FlowVersionTable,
  PlanEntryTable,
  PromptTable,
  VoicemailTable,
} from './flow-schema.ts';
import type {
  AttributionReportTable,
  AutomationTable,
  CallCandidateTable,
  CallKeptBlockTable,
  CallRollupKeyTable,
  CallRollupTable,
  CallRollupValueTable,
  CallStaleDayTable,
  CallTagTable,
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
import type { Flag, Millis } from './units.ts';

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
  /** The flow that its calls run; null: it has lines. */
  flow_id: string | null;
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
  call_stale_day: CallStaleDayTable;
  call_kept_block: CallKeptBlockTable;
  call_rollup_key: CallRollupKeyTable;
  call_rollup: CallRollupTable;
  call_rollup_value: CallRollupValueTable;
  flow: PlanEntryTable;
  line_group: PlanEntryTable;
  schedule: PlanEntryTable;
  flow_version: FlowVersionTable;
  call_step: CallStepTable;
  consent: ConsentTable;
  prompt: PromptTable;
  voicemail: VoicemailTable;
  calendar: CalendarTable;
  calendar_event: CalendarEventTable;
  area_prefix: AreaPrefixTable;
  agent_offer: AgentOfferTable;
  button: PlanEntryTable;
  experiment: PlanEntryTable;
  experiment_arm: ExperimentArmTable;
  button_event: ButtonEventTable;
  web_call: WebCallTable;
  leg_experience: LegExperienceTable;
  used_token: UsedTokenTable;
  sms_code: SmsCodeTable;
  call_back: CallBackTable;
};
