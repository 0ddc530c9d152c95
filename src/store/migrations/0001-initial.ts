import type { StoreMigration } from '../migrate.ts';

/** Times are milliseconds since the epoch, UTC; flags are 0 or 1. What the columns mean: `schema.ts`. */
const STATEMENTS = [
  `CREATE TABLE vault_key (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    check_value TEXT NOT NULL
  ) STRICT`,

  `CREATE TABLE source (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    medium TEXT,
    campaign TEXT,
    cost_center TEXT,
    cost_amount REAL CHECK (cost_amount >= 0),
    cost_currency TEXT CHECK (length(cost_currency) = 3),
    cost_per TEXT CHECK (cost_per IN ('day', 'week', 'month', 'year')),
    CHECK ((cost_amount IS NULL) = (cost_currency IS NULL) AND (cost_amount IS NULL) = (cost_per IS NULL))
  ) STRICT`,

  `CREATE TABLE line (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    name TEXT,
    type TEXT NOT NULL CHECK (type IN ('trunk', 'sip', 'echo')),
    number TEXT,
    trunk_id TEXT,
    uri TEXT,
    nat INTEGER NOT NULL DEFAULT 0 CHECK (nat IN (0, 1)),
    ring_timeout_s REAL NOT NULL CHECK (ring_timeout_s > 0),
    CHECK ((type = 'trunk') = (number IS NOT NULL) AND (type = 'trunk') = (trunk_id IS NOT NULL)),
    CHECK ((type = 'sip') = (uri IS NOT NULL))
  ) STRICT`,

  `CREATE TABLE tracking_number (
    number TEXT PRIMARY KEY NOT NULL CHECK (number LIKE '+%'),
    label TEXT,
    source_id TEXT NOT NULL REFERENCES source (id),
    record INTEGER CHECK (record IN (0, 1)),
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1))
  ) STRICT`,
  'CREATE INDEX tracking_number_source ON tracking_number (source_id)',

  `CREATE TABLE tracking_number_line (
    number TEXT NOT NULL REFERENCES tracking_number (number) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    line_id TEXT NOT NULL REFERENCES line (id),
    PRIMARY KEY (number, position),
    UNIQUE (number, line_id)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX tracking_number_line_line ON tracking_number_line (line_id)',

  `CREATE TABLE blocked_caller (
    hmac TEXT PRIMARY KEY NOT NULL CHECK (length(hmac) = 64),
    number_encrypted BLOB NOT NULL
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE run (
    id TEXT PRIMARY KEY NOT NULL,
    started_at INTEGER NOT NULL,
    alive_at INTEGER NOT NULL,
    stopped_at INTEGER
  ) STRICT`,

  `CREATE TABLE call (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    run_id TEXT NOT NULL REFERENCES run (id),
    direction TEXT NOT NULL CHECK (direction IN ('inbound')),
    trunk_id TEXT,
    is_test INTEGER NOT NULL CHECK (is_test IN (0, 1)),
    status TEXT NOT NULL CHECK (status IN ('in_progress', 'answered', 'no_answer', 'busy', 'rejected', 'cancelled',
      'unreachable', 'failed', 'blocked', 'interrupted')),
    started_at INTEGER NOT NULL,
    ringing_at INTEGER,
    answered_at INTEGER,
    ended_at INTEGER,
    duration_ms INTEGER CHECK (duration_ms >= 0),
    ring_ms INTEGER CHECK (ring_ms >= 0),
    talk_ms INTEGER CHECK (talk_ms >= 0),
    hold_ms INTEGER CHECK (hold_ms >= 0),
    caller_encrypted BLOB,
    caller_hmac TEXT,
    caller_masked TEXT,
    caller_region TEXT,
    anonymous INTEGER NOT NULL CHECK (anonymous IN (0, 1)),
    did TEXT,
    did_raw TEXT,
    did_header TEXT,
    source_id TEXT,
    source_name TEXT,
    source TEXT,
    medium TEXT,
    campaign TEXT,
    cost_center TEXT,
    match_method TEXT NOT NULL CHECK (match_method IN ('static', 'none')),
    match_prob REAL CHECK (match_prob BETWEEN 0 AND 1),
    first_call INTEGER CHECK (first_call IN (0, 1)),
    prior_calls INTEGER CHECK (prior_calls >= 0),
    line_id TEXT,
    sip_code INTEGER,
    sip_reason TEXT,
    q850_cause INTEGER,
    hangup_by TEXT CHECK (hangup_by IN ('caller', 'line', 'gateway')),
    end_reason TEXT,
    sip_call_id TEXT,
    CHECK ((status = 'in_progress') = (ended_at IS NULL)),
    CHECK ((caller_encrypted IS NULL) = (caller_hmac IS NULL))
  ) STRICT`,
  'CREATE INDEX call_started ON call (started_at, id)',
  'CREATE INDEX call_caller ON call (caller_hmac, started_at, is_test) WHERE caller_hmac IS NOT NULL',
  'CREATE INDEX call_did ON call (did, started_at)',
  'CREATE INDEX call_source ON call (source_id, started_at)',
  "CREATE INDEX call_in_progress ON call (run_id) WHERE status = 'in_progress'",

  `CREATE TABLE leg (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    call_id TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('A', 'B')),
    position INTEGER NOT NULL CHECK (position >= 0),
    line_id TEXT,
    trunk_id TEXT,
    uri TEXT,
    peer TEXT,
    sip_call_id TEXT,
    started_at INTEGER NOT NULL,
    ringing_at INTEGER,
    answered_at INTEGER,
    ended_at INTEGER,
    outcome TEXT CHECK (outcome IN ('answered', 'no_answer', 'busy', 'rejected', 'cancelled', 'unreachable', 'failed',
      'interrupted')),
    sip_code INTEGER,
    sip_reason TEXT,
    q850_cause INTEGER,
    early_media INTEGER NOT NULL CHECK (early_media IN (0, 1)),
    media_security TEXT NOT NULL CHECK (media_security IN ('none')),
    codec TEXT,
    packets_received INTEGER,
    packets_sent INTEGER,
    packets_lost INTEGER,
    loss_percent REAL,
    jitter_ms REAL,
    jitter_max_ms REAL,
    rtt_ms REAL,
    mos_average REAL,
    mos_minimum REAL,
    stranger_packets INTEGER,
    held_ms INTEGER
  ) STRICT`,
  'CREATE INDEX leg_call ON leg (call_id, position)',

  `CREATE TABLE call_event (
    call_id TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    text TEXT NOT NULL,
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    PRIMARY KEY (call_id, seq)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE recording (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    call_id TEXT NOT NULL UNIQUE REFERENCES call (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('recording', 'complete', 'repaired', 'failed')),
    started_at INTEGER NOT NULL,
    duration_ms INTEGER,
    bytes INTEGER,
    sha256 TEXT
  ) STRICT`,
  "CREATE INDEX recording_unfinished ON recording (started_at) WHERE state = 'recording'",
];

/** The first schema: tracking plan, calls and their legs, events and recordings. */
export const initial: StoreMigration = { name: '0001-initial', altersData: false, statements: STATEMENTS };
