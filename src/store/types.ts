import type { Kysely } from 'kysely';
import type { AgentRepository } from './agents.ts';
import type { AreaLookup } from './areas.ts';
import type { LegExperienceTable, WebCallTable } from './button-schema.ts';
import type {
  CallEventTable,
  CallTable,
  LegQualityTable,
  LegTable,
  RecordingTable,
  WrapUpTable,
} from './call-schema.ts';
import type { SqliteFile } from './connection.ts';
import type { CallStepTable, ConsentTable } from './flow-schema.ts';
import type { FlowRepository } from './flows.ts';
import type {
  AuditTable,
  BanTable,
  Database,
  LineTable,
  RegistrationTable,
  SourceTable,
  TrackingNumberTable,
  UserTable,
  WebSessionTable,
} from './schema.ts';
import type { VoicemailRepository } from './voicemail.ts';

/** A caller's number as the store keeps it. */
export type SealedCaller = {
  readonly caller_encrypted: Buffer | null;
  readonly caller_hmac: string | null;
  readonly caller_masked: string | null;
};

/** Seals callers' numbers (AES-256-GCM, HMAC-SHA-256; separate keys derived from the key file by HKDF). */
export type CallerVault = {
  /** @param number E.164, or the raw user part when it is no number */
  seal(number: string): SealedCaller;
  /** @throws FailureError when the text was not sealed with this key */
  reveal(encrypted: Buffer): string;
  hmac(number: string): string;
  /** Seals what an agent wrote about a call, with a key of its own. */
  sealNote(note: string): Buffer;
  /** @throws FailureError when the note was not sealed with this key */
  revealNote(sealed: Buffer): string;
  /** A secret for another purpose derived from the same key file, such as the self-test trunk's password. Hex. */
  derive(purpose: string): string;
};

/** A tracking number with what a call on it needs. */
export type NumberRoute = {
  readonly number: TrackingNumberTable;
  /** Undefined for a number of a pool. */
  readonly source: SourceTable | undefined;
  /** In the order they are tried. */
  readonly lines: readonly LineTable[];
  /** The flow that calls run which begin now; undefined: the lines are dialled. */
  readonly flow: { readonly id: string; readonly version: number } | undefined;
};

export type NumberRepository = {
  /**
   * A disabled number is returned too: look at `number.enabled`.
   *
   * @param e164 the dialled number
   */
  route(e164: string): Promise<NumberRoute | undefined>;
  list(): Promise<readonly NumberRoute[]>;
  line(id: string): Promise<LineTable | undefined>;
};

export type BlockedCallerRepository = {
  /** @param hmac of the caller's number, as `SealedCaller` and `CallerVault.hmac` give it */
  isBlocked(hmac: string): Promise<boolean>;
  count(): Promise<number>;
};

export type BanRowChange =
  | { readonly type: 'banned'; readonly ban: BanTable }
  /** By hand before its time, or because its time is over. */
  | { readonly type: 'lifted'; readonly cidr: string };

export type BanRepository = {
  /** The latest first. */
  inForce(now: number): Promise<readonly BanTable[]>;
  /** Those in force and those that ended within the last week, the oldest first; older ones are deleted. */
  remembered(now: number): Promise<readonly BanTable[]>;
  /** Writes changes in their order, all or none. A ban that is lifted before its time is forgotten. */
  write(changes: readonly BanRowChange[], now: number): Promise<void>;
};

/** A user and the contacts in force, the preferred first. */
export type UserContacts = {
  readonly user: UserTable;
  readonly contacts: readonly RegistrationTable[];
};

export type UserRepository = {
  find(name: string): Promise<UserTable | undefined>;
  /** The id of each user who is not disabled, by name. */
  ids(): Promise<ReadonlyMap<string, string>>;
  /** False when there is one of that name. */
  add(user: UserTable): Promise<boolean>;
  /** False when there is none. A new password, and `disabled`, end the user's logins in browsers. */
  update(name: string, patch: Partial<Omit<UserTable, 'id' | 'name'>>): Promise<boolean>;
  /** Removes a user and its registrations; false when there is none. */
  remove(name: string): Promise<boolean>;
  /** By name. */
  list(now: number): Promise<readonly UserContacts[]>;
  get(name: string, now: number): Promise<UserContacts | undefined>;
};

export type RegistrationRepository = {
  /** Those in force, by the user's name. */
  load(
    now: number,
  ): Promise<readonly { readonly user: string; readonly rows: readonly RegistrationTable[] }[]>;
  /** Makes these a user's registrations; false, and nothing is written, when there is no such user. */
  replace(user: string, rows: readonly Omit<RegistrationTable, 'user_id'>[]): Promise<boolean>;
};

/** A login and whose it is. */
export type WebSession = { readonly session: WebSessionTable; readonly user: UserTable };

export type WebSessionRepository = {
  create(session: WebSessionTable): Promise<void>;
  /**
   * A login that was used since and whose user is not disabled.
   *
   * @param tokenHash SHA-256 of its token, hex
   * @param usedSince milliseconds since the epoch
   */
  find(tokenHash: string, usedSince: number): Promise<WebSession | undefined>;
  touch(tokenHash: string, now: number): Promise<void>;
  remove(tokenHash: string): Promise<void>;
  /** Forgets logins that were last used before then. */
  expire(usedBefore: number): Promise<void>;
};

export type AuditFilter = {
  readonly user?: string;
  readonly action?: string;
  /** Milliseconds since the epoch, inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  /** Default 50, at most 10,000. */
  readonly limit?: number;
};

export type AuditRepository = {
  append(entry: AuditTable): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter): Promise<readonly AuditTable[]>;
};

export type WrapUpRepository = {
  /** Notes a call's wrap-up in place of an earlier one; false when there is no such call. */
  save(wrapUp: WrapUpTable): Promise<boolean>;
  get(callId: string): Promise<WrapUpTable | undefined>;
};

export type NewCall = Omit<
  CallTable,
  | 'status'
  | 'ringing_at'
  | 'answered_at'
  | 'ended_at'
  | 'duration_ms'
  | 'ring_ms'
  | 'talk_ms'
  | 'hold_ms'
  | 'first_call'
  | 'prior_calls'
  | 'line_id'
  | 'agent'
  | 'sip_code'
  | 'sip_reason'
  | 'q850_cause'
  | 'hangup_by'
  | 'end_reason'
  | 'spam_score'
  | 'spam_reasons'
  | FlowColumn
> &
  Partial<Pick<CallTable, FlowColumn>>;
type FlowColumn = 'flow_id' | 'flow_version' | 'flow_inputs' | 'voicemail' | 'queue' | 'queue_ms' | 'score';
export type CallPatch = Partial<Omit<CallTable, 'id' | 'run_id' | 'started_at'>>;
export type NewRecording = Pick<RecordingTable, 'id' | 'call_id' | 'path' | 'started_at'>;
/** How a recording ended. */
export type RecordingEnd = Pick<RecordingTable, 'state' | 'duration_ms' | 'bytes' | 'sha256'>;

export type CallFilter = {
  /** Milliseconds since the epoch, inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  readonly status?: CallTable['status'];
  readonly sourceId?: string;
  /** Calls that this call button brought. */
  readonly buttonId?: string;
  readonly did?: string;
  readonly callerHmac?: string;
  /** Name of a user who was rung by it, was in it or placed it. */
  readonly user?: string;
  /** Default: tests left out. */
  readonly includeTests?: boolean;
  /** Only calls older than this id, for paging. */
  readonly before?: string;
  /** Default 50, at most 10,000. */
  readonly limit?: number;
};

/** A leg that ended, and what was heard of its peer every 5 s. */
export type EndedLeg = LegTable & {
  readonly samples?:
    | readonly {
        readonly at: number;
        readonly rttMs: number | undefined;
        readonly jitterMs: number;
        readonly lossPercent: number;
        readonly mos: number;
      }[]
    | undefined;
};

/** A row of the call log: the call record, where its recording is, and what was noted after it. */
export type CallRow = CallTable & {
  readonly recording_path: string | null;
  readonly recording_state: RecordingTable['state'] | null;
  /** Null: nothing was noted. */
  readonly wrap_up_user: string | null;
  readonly wrap_up_at: number | null;
  readonly disposition: string | null;
  /** JSON array of strings. */
  readonly tags: string | null;
  readonly note_encrypted: Buffer | null;
  readonly value_micros: number | null;
  readonly value_currency: string | null;
  /** JSON object of the visit's click ids by their parameter; null: no visit is known. */
  readonly click_ids: string | null;
} & WebColumns;

/** Of a call that a button brought; all null of the others. */
type WebColumns = {
  readonly web_kind: WebCallTable['kind'] | null;
} & {
  readonly [Name in
    | 'button_id'
    | 'experiment_id'
    | 'arm'
    | 'intent'
    | 'origin'
    | 'page'
    | 'device'
    | 'pressed_at'
    | 'click_to_ring_ms'
    | 'verified'
    | 'rating']: WebCallTable[Name] | null;
};

/** A call with all that belongs to it. */
export type CallDetail = {
  readonly call: CallTable;
  /** As in {@link CallRow}. */
  readonly clickIds: string | null;
  readonly legs: readonly LegTable[];
  /** Of all legs, in the order of time. */
  readonly quality: readonly LegQualityTable[];
  /** What browsers at their ends heard, in the order of time. */
  readonly experience: readonly LegExperienceTable[];
  readonly wrapUp: WrapUpTable | undefined;
  readonly events: readonly CallEventTable[];
  readonly recording: RecordingTable | undefined;
  /** Its way through its flow. */
  readonly steps: readonly CallStepTable[];
  readonly consents: readonly ConsentTable[];
  /** Undefined: no button brought it. */
  readonly webCall: WebCallTable | undefined;
};

/** A call of a call button as it begins. */
export type NewWebCall = Omit<WebCallTable, 'call_id' | 'click_to_ring_ms' | 'rating' | 'rated_at'>;

export type CallRepository = {
  /** Inserts the call record and its first events; counts the caller's earlier calls (tests apart) for `first_call` and `prior_calls`. */
  open(
    call: NewCall,
    events: readonly CallEventTable[],
    /** What a call from a call button has beside its record. */
    web?: NewWebCall,
  ): Promise<{ priorCalls: number | null }>;
  /** Fills in facts as they come: ringing_at, answered_at, line_id. Only while `in_progress`. Notes a recording that begins. */
  update(id: string, patch: CallPatch, recording?: NewRecording): Promise<void>;
  /** Keeps the proof of what a caller heard and agreed to, at once. */
  consented(consent: ConsentTable): Promise<void>;
  /** Keeps steps of a call's flow; those that are there already stay. */
  passed(steps: readonly CallStepTable[]): Promise<void>;
  /** Ends the record in one transaction; a record that was ended already stays as it is. */
  complete(
    id: string,
    end: CallPatch,
    legs: readonly EndedLeg[],
    events: readonly CallEventTable[],
    more?: {
      readonly recording?: (RecordingEnd & { readonly id: string }) | undefined;
      /** Its way through its flow, and the tags that it got there. */
      readonly steps?: readonly CallStepTable[];
      readonly tags?: readonly string[];
      /** When the first line of a call from a call button rang, milliseconds since the epoch. */
      readonly rangAt?: number | undefined;
    },
  ): Promise<void>;
  get(id: string): Promise<CallDetail | undefined>;
  /**
   * The line that answered a caller's last inbound call of 30 s or more of talk.
   *
   * @param hmac of the caller's number
   * @param since only calls that began then or later, milliseconds since the epoch
   */
  lastAnsweredBy(hmac: string, since: number, before?: number): Promise<string | undefined>;
  /** Newest first. */
  list(filter: CallFilter): Promise<readonly CallRow[]>;
};

export type RecordingRepository = {
  complete(id: string, end: RecordingEnd): Promise<void>;
  /** Those that a crash left in state `recording`. */
  unfinished(): Promise<readonly RecordingTable[]>;
};

export type RunRepository = {
  start(id: string, now: number): Promise<void>;
  alive(id: string, now: number): Promise<void>;
  stop(id: string, now: number): Promise<void>;
  /**
   * Ends calls that a dead run left `in_progress`: status `interrupted`, `ended_at` = that run's `alive_at` (never before
   * answered_at or started_at), durations computed, hangup_by `gateway`.
   * @returns ids of those calls
   */
  closeInterrupted(currentRun: string): Promise<readonly string[]>;
};

export type Store = {
  readonly calls: CallRepository;
  readonly numbers: NumberRepository;
  readonly flows: FlowRepository;
  readonly voicemail: VoicemailRepository;
  readonly blockedCallers: BlockedCallerRepository;
  readonly recordings: RecordingRepository;
  readonly runs: RunRepository;
  readonly bans: BanRepository;
  readonly users: UserRepository;
  readonly agents: AgentRepository;
  readonly areas: AreaLookup;
  readonly registrations: RegistrationRepository;
  readonly webSessions: WebSessionRepository;
  readonly wrapUps: WrapUpRepository;
  readonly audit: AuditRepository;
  readonly vault: CallerVault;
  /** The typed SQL handle, for reports and the tracking plan; calls and their media use the repositories. */
  readonly db: Kysely<Database>;
  /**
   * Runs synchronous work on the connection itself, with nobody else on it meanwhile: for decisions that many pages wait for.
   * The work opens its own transaction (`file.transaction(…).immediate()`); `isBusy` tells when another process holds the database.
   */
  readonly exclusively: <T>(work: (file: SqliteFile) => T) => Promise<T>;
  /**
   * Sets how long a write waits, and its thread with it, while another process holds the database; 5 s when opened. A
   * gateway with calls up waits not at all and tries again (`isBusy`).
   *
   * @param milliseconds 0 to 60,000
   */
  setBusyTimeout(milliseconds: number): void;
  close(): Promise<void>;
};

export type StoreOptions = {
  readonly path: string;
  readonly keyFile: string;
  readonly backupDirectory: string;
  /** Refuses to make or migrate; for commands that only look. */
  readonly readOnly?: boolean;
  /** Waits for the disk in a thread of its own instead of in the caller's: for a gateway with calls up. */
  readonly checkpointThread?: boolean;
};
