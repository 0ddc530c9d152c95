import type { Millis } from './units.ts';

/** An entry of the plan: a flow, a group, a schedule. */
export type PlanEntryTable = {
  id: string;
  /** JSON of the entry without its id. */
  plan: string;
};

/** A flow with all that it refers to, as it was at one time. Never changed. */
export type FlowVersionTable = {
  flow_id: string;
  /** From 1. */
  version: number;
  /** SHA-256 of the definition, hex. */
  digest: string;
  /** JSON. */
  definition: string;
  created_at: Millis;
};

/** One step of a call's way through its flow. Holds no sensitive digit and no caller's number. */
export type CallStepTable = {
  call_id: string;
  seq: number;
  at: Millis;
  /** Name of the step. */
  step: string;
  kind: string;
  /** What decided it: a key, the time of day, the share drawn. */
  input: string | null;
  /** The exit that was taken, and the step it leads to; null at the end. */
  exit: string | null;
  next_step: string | null;
  /** One sentence. */
  text: string;
};

/** Proof of what a caller heard about being recorded, and said to it. */
export type ConsentTable = {
  call_id: string;
  seq: number;
  at: Millis;
  /** Id of the announcement, and the SHA-256 of the audio that was played. */
  text_id: string;
  audio_sha256: string | null;
  language: string;
  heard_ms: number;
  total_ms: number;
  /** The key that was pressed. */
  key: string | null;
  result: 'accepted' | 'implied' | 'declined';
};

/** An audio file of the prompt library. */
export type PromptTable = {
  id: string;
  language: string;
  /** Hex, of the file. */
  sha256: string;
  /** Relative to the prompts directory. */
  path: string;
  duration_ms: number;
  origin: 'upload' | 'speech';
  /** What it says, for speech; the name of the file, for an upload. */
  words: string | null;
  created_at: Millis;
};

/** A message that a caller left. */
export type VoicemailTable = {
  id: string;
  call_id: string;
  box: string;
  created_at: Millis;
  /** Relative to the recordings directory. */
  path: string;
  state: 'recording' | 'complete' | 'repaired' | 'failed';
  duration_ms: number | null;
  speech_ms: number | null;
  bytes: number | null;
  sha256: string | null;
  ended_by: 'silence' | 'key' | 'max' | 'hangup' | 'failed' | null;
  /** When somebody listened to it, and who; null: it is new. */
  heard_at: Millis | null;
  heard_by: string | null;
};

/** A day or a time that a calendar names. */
export type CalendarEventTable = {
  calendar_id: string;
  /** UID and start. */
  key: string;
  summary: string;
  /** Local date of a whole day such as 2026-12-25, inclusive; null for an event with a time. */
  from_date: string | null;
  to_date: string | null;
  /** Of an event with a time. */
  starts_at: Millis | null;
  ends_at: Millis | null;
};

export type CalendarTable = {
  id: string;
  name: string | null;
  imported_at: Millis;
  /** SHA-256 of the imported file, hex. */
  digest: string;
  events: number;
};

/** Where telephone numbers are at home. */
export type AreaPrefixTable = {
  /** Beginning of E.164 numbers without the plus. */
  prefix: string;
  country: string;
  /** Province, state. */
  area: string;
  city: string | null;
};

/** What became of the calls that an agent was offered; the row of one who was offered none is missing. */
export type AgentOfferTable = {
  user_id: string;
  /** Offers in a row that were not taken. */
  missed: number;
  /** Why the agent was set away by the gateway; null: it was not. */
  away_reason: string | null;
  since: Millis;
};
