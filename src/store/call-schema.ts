import type { Channel } from './tracking-schema.ts';
import type { Flag, Millis } from './units.ts';

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

/** A call record: opened at the INVITE, completed once, never rewritten. */
export type CallTable = {
  id: string;
  run_id: string;
  /**
   * `outbound`: a user called a telephone number; `internal`: a user called a line or another user. A visitor who asked to be
   * called back began that call: it is `inbound`, though the gateway dialled.
   */
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
  /** The flow that it ran; null before there were flows, and for calls that were refused. `version` null: an implied flow. */
  flow_id: string | null;
  flow_version: number | null;
  /** JSON object: what the caller keyed in, by variable; sensitive ones are left out. */
  flow_inputs: string | null;
  /** The caller left a message. */
  voicemail: Flag;
  /** The queue that the caller waited in last, and for how long in all. */
  queue: string | null;
  queue_ms: number | null;
  /** What the line's side said of it with a key. */
  score: 'good' | 'bad' | 'spam' | null;
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
