import type { StoreMigration } from '../migrate.ts';

const ENTRY = `id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    plan TEXT NOT NULL CHECK (json_valid(plan))`;
const DEVICE = `device TEXT NOT NULL CHECK (device IN ('phone', 'tablet', 'desktop', 'other'))`;
const VERIFIED = `verified TEXT NOT NULL CHECK (verified IN ('none', 'confirm', 'sms'))`;

const STATEMENTS: readonly string[] = [
  `CREATE TABLE button (${ENTRY}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE experiment (${ENTRY}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE experiment_arm (
    experiment_id TEXT NOT NULL,
    viewer TEXT NOT NULL,
    arm TEXT NOT NULL,
    probability REAL NOT NULL CHECK (probability > 0 AND probability <= 1),
    at INTEGER NOT NULL,
    PRIMARY KEY (experiment_id, viewer)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE button_event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    site_id TEXT NOT NULL,
    button_id TEXT NOT NULL,
    experiment_id TEXT,
    arm TEXT,
    viewer TEXT NOT NULL,
    visit_id TEXT,
    press_id TEXT,
    ${DEVICE},
    page TEXT,
    bot INTEGER NOT NULL DEFAULT 0 CHECK (bot IN (0, 1)),
    detail TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(detail))
  ) STRICT`,
  'CREATE INDEX button_event_at ON button_event (at)',
  'CREATE INDEX button_event_button ON button_event (button_id, type, at)',
  'CREATE INDEX button_event_visit ON button_event (visit_id) WHERE visit_id IS NOT NULL',
  'CREATE INDEX button_event_press ON button_event (press_id) WHERE press_id IS NOT NULL',
  `CREATE INDEX button_event_experiment ON button_event (experiment_id, type, viewer)
    WHERE experiment_id IS NOT NULL`,
  `CREATE TABLE web_call (
    call_id TEXT PRIMARY KEY NOT NULL REFERENCES call (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('browser', 'callback')),
    press_id TEXT NOT NULL,
    button_id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    experiment_id TEXT,
    arm TEXT,
    viewer TEXT NOT NULL,
    visit_id TEXT,
    intent TEXT,
    origin TEXT,
    page TEXT,
    ${DEVICE},
    pressed_at INTEGER NOT NULL,
    click_to_ring_ms INTEGER CHECK (click_to_ring_ms >= 0),
    ${VERIFIED},
    rating INTEGER CHECK (rating BETWEEN 1 AND 5),
    rated_at INTEGER
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX web_call_visit ON web_call (visit_id) WHERE visit_id IS NOT NULL',
  'CREATE INDEX experiment_arm_viewer ON experiment_arm (viewer)',
  'CREATE INDEX web_call_press ON web_call (press_id)',
  'CREATE INDEX web_call_button ON web_call (button_id, pressed_at)',
  'CREATE INDEX web_call_pressed ON web_call (pressed_at)',
  `CREATE INDEX web_call_experiment ON web_call (experiment_id) WHERE experiment_id IS NOT NULL`,
  `CREATE TABLE leg_experience (
    leg_id TEXT NOT NULL REFERENCES leg (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    rtt_ms REAL CHECK (rtt_ms >= 0),
    jitter_ms REAL CHECK (jitter_ms >= 0),
    loss_percent REAL CHECK (loss_percent BETWEEN 0 AND 100),
    mos REAL CHECK (mos BETWEEN 1 AND 5),
    warnings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(warnings)),
    PRIMARY KEY (leg_id, at)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE used_token (
    jti TEXT PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX used_token_expires ON used_token (expires_at)',
  `CREATE TABLE sms_code (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    button_id TEXT NOT NULL,
    press_id TEXT NOT NULL,
    number_hmac TEXT NOT NULL,
    number_encrypted BLOB NOT NULL,
    code_hash TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    state TEXT NOT NULL CHECK (state IN ('sent', 'proven', 'failed'))
  ) STRICT`,
  'CREATE INDEX sms_code_number ON sms_code (number_hmac, sent_at)',
  `CREATE TABLE call_back (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    press_id TEXT NOT NULL UNIQUE,
    button_id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    experiment_id TEXT,
    arm TEXT,
    viewer TEXT NOT NULL,
    visit_id TEXT,
    intent TEXT,
    ${DEVICE},
    page TEXT,
    ${VERIFIED},
    number_encrypted BLOB NOT NULL,
    number_hmac TEXT NOT NULL,
    number_masked TEXT NOT NULL,
    region TEXT,
    requested_at INTEGER NOT NULL,
    consent_text TEXT NOT NULL CHECK (consent_text <> ''),
    consent_at INTEGER NOT NULL,
    address_hmac TEXT,
    language TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'calling', 'done', 'failed', 'cancelled')),
    reason TEXT,
    call_id TEXT REFERENCES call (id) ON DELETE SET NULL
  ) STRICT`,
  `CREATE INDEX call_back_due ON call_back (due_at) WHERE state = 'waiting'`,
  'CREATE INDEX call_back_number ON call_back (number_hmac, requested_at)',
  'CREATE INDEX call_back_call ON call_back (call_id) WHERE call_id IS NOT NULL',
];

/** Call buttons: experiments, the funnel's events, calls from pages, their quality as browsers saw it, call-backs. */
export const buttons: StoreMigration = { name: '0008-buttons', altersData: false, statements: STATEMENTS };
