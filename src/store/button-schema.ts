import type { Flag, Millis } from './units.ts';

/** What happened at a button, as pages report it (features of the funnel), and what the gateway adds. */
export type ButtonEventType =
  /** Half of it in view for a second; once a page. */
  | 'view'
  | 'click'
  | 'confirm_shown'
  | 'confirm_ok'
  | 'code_sent'
  | 'code_ok'
  | 'mic_granted'
  | 'mic_denied'
  | 'mic_missing'
  | 'mic_busy'
  /** Written by the gateway: a token was given, or not. */
  | 'token_ok'
  | 'token_refused'
  | 'ice_ok'
  | 'ice_failed'
  | 'ring'
  | 'answer'
  | 'end'
  | 'tel_open'
  | 'fallback_shown'
  | 'callback_asked'
  | 'rating'
  | 'quality_warning';

/** Append-only. Everything that is no person (`bot`) is kept, and left out of figures. */
export type ButtonEventTable = {
  seq: number;
  at: Millis;
  type: ButtonEventType;
  site_id: string;
  button_id: string;
  /** Of the experiment that ran on the button then. */
  experiment_id: string | null;
  arm: string | null;
  /** The visitor's id, or one made up for a page whose visitor may not be followed (`e-…`). */
  viewer: string;
  visit_id: string | null;
  /** One press of a button, from the click to the end of its call. */
  press_id: string | null;
  device: 'phone' | 'tablet' | 'desktop' | 'other';
  /** Path of the page, without parameters. */
  page: string | null;
  bot: Flag;
  /** JSON object: `{"ms": 210}`, `{"reason": "busy"}`, `{"stars": 4}`. */
  detail: string;
};

/** What a call that a button brought has beside its record. */
export type WebCallTable = {
  call_id: string;
  /** `browser`: the visitor talks in the page; `callback`: was called back. */
  kind: 'browser' | 'callback';
  press_id: string;
  button_id: string;
  site_id: string;
  experiment_id: string | null;
  arm: string | null;
  viewer: string;
  visit_id: string | null;
  intent: string | null;
  /** `https://www.example.com`; null for a call back. */
  origin: string | null;
  /** Path of the page, without parameters. */
  page: string | null;
  device: ButtonEventTable['device'];
  /** When the visitor pressed, or confirmed where a sheet asked; by the gateway's clock. */
  pressed_at: Millis;
  /** From there until the first line rang. */
  click_to_ring_ms: number | null;
  /** How the visitor proved to be a person. */
  verified: 'none' | 'confirm' | 'sms';
  /** Stars, 1 to 5. */
  rating: number | null;
  rated_at: Millis | null;
};

/** What the browser at a leg's other end heard and sent within 5 s, up to `at`, as it says itself. */
export type LegExperienceTable = {
  leg_id: string;
  at: Millis;
  rtt_ms: number | null;
  jitter_ms: number | null;
  loss_percent: number | null;
  /** ITU-T G.107 estimate, 1.0 to 4.5. */
  mos: number | null;
  /** JSON array of words: `rtt`, `jitter`, `loss`, `mos`, `mic`. */
  warnings: string;
};

/** Tokens that were used, until they have expired. */
export type UsedTokenTable = { jti: string; expires_at: Millis };

/** A code that was sent to a mobile number. */
export type SmsCodeTable = {
  id: string;
  button_id: string;
  press_id: string;
  number_hmac: string;
  /** AES-256-GCM of the number. */
  number_encrypted: Buffer;
  /** Keyed hash of the code. */
  code_hash: string;
  sent_at: Millis;
  expires_at: Millis;
  /** Wrong codes that were entered. */
  tries: number;
  state: 'sent' | 'proven' | 'failed';
};

/** Somebody who asked to be called. */
export type CallBackTable = {
  id: string;
  press_id: string;
  button_id: string;
  site_id: string;
  experiment_id: string | null;
  arm: string | null;
  viewer: string;
  visit_id: string | null;
  intent: string | null;
  device: ButtonEventTable['device'];
  page: string | null;
  verified: WebCallTable['verified'];
  number_encrypted: Buffer;
  number_hmac: string;
  number_masked: string;
  region: string | null;
  requested_at: Millis;
  /** The words that were agreed to, and when. */
  consent_text: string;
  consent_at: Millis;
  /** Keyed pseudonym of the IP address. */
  address_hmac: string | null;
  language: string;
  /** Not called before. */
  due_at: Millis;
  tries: number;
  state: 'waiting' | 'calling' | 'done' | 'failed' | 'cancelled';
  /** One sentence: why it waits, failed or was cancelled. */
  reason: string | null;
  /** The latest call. */
  call_id: string | null;
};

/** Which arm a viewer gets, for good, and how likely that was when it was drawn. */
export type ExperimentArmTable = {
  experiment_id: string;
  viewer: string;
  arm: string;
  probability: number;
  at: Millis;
};
