import type { StoreMigration } from '../migrate.ts';

const ENTRY = `id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    plan TEXT NOT NULL CHECK (json_valid(plan))`;

const STATEMENTS: readonly string[] = [
  // What a call does, who takes it, when they are there.
  `CREATE TABLE flow (${ENTRY}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE line_group (${ENTRY}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE schedule (${ENTRY}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE flow_version (
    flow_id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    digest TEXT NOT NULL,
    definition TEXT NOT NULL CHECK (json_valid(definition)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (flow_id, version)
  ) STRICT, WITHOUT ROWID`,
  'ALTER TABLE tracking_number ADD COLUMN flow_id TEXT REFERENCES flow (id)',
  'CREATE INDEX tracking_number_flow ON tracking_number (flow_id) WHERE flow_id IS NOT NULL',

  // The way of each call.
  'ALTER TABLE call ADD COLUMN flow_id TEXT',
  'ALTER TABLE call ADD COLUMN flow_version INTEGER',
  'ALTER TABLE call ADD COLUMN flow_inputs TEXT CHECK (flow_inputs IS NULL OR json_valid(flow_inputs))',
  'ALTER TABLE call ADD COLUMN voicemail INTEGER NOT NULL DEFAULT 0 CHECK (voicemail IN (0, 1))',
  'ALTER TABLE call ADD COLUMN queue TEXT',
  'ALTER TABLE call ADD COLUMN queue_ms INTEGER CHECK (queue_ms >= 0)',
  "ALTER TABLE call ADD COLUMN score TEXT CHECK (score IN ('good', 'bad', 'spam'))",
  `CREATE TABLE call_step (
    call_id TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL CHECK (seq >= 0),
    at INTEGER NOT NULL,
    step TEXT NOT NULL,
    kind TEXT NOT NULL,
    input TEXT,
    exit TEXT,
    next_step TEXT,
    text TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE consent (
    call_id TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL CHECK (seq >= 0),
    at INTEGER NOT NULL,
    text_id TEXT NOT NULL,
    audio_sha256 TEXT,
    language TEXT NOT NULL,
    heard_ms INTEGER NOT NULL CHECK (heard_ms >= 0),
    total_ms INTEGER NOT NULL CHECK (total_ms >= 0),
    key TEXT,
    result TEXT NOT NULL CHECK (result IN ('accepted', 'implied', 'declined')),
    PRIMARY KEY (call_id, seq)
  ) STRICT, WITHOUT ROWID`,

  // What callers hear, and what they leave.
  `CREATE TABLE prompt (
    id TEXT NOT NULL CHECK (id <> ''),
    language TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    path TEXT NOT NULL,
    duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
    origin TEXT NOT NULL CHECK (origin IN ('upload', 'speech')),
    words TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (id, language)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE voicemail (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    call_id TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
    box TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    path TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('recording', 'complete', 'repaired', 'failed')),
    duration_ms INTEGER CHECK (duration_ms >= 0),
    speech_ms INTEGER CHECK (speech_ms >= 0),
    bytes INTEGER CHECK (bytes >= 0),
    sha256 TEXT,
    ended_by TEXT CHECK (ended_by IN ('silence', 'key', 'max', 'hangup', 'failed')),
    heard_at INTEGER,
    heard_by TEXT
  ) STRICT`,
  'CREATE INDEX voicemail_call ON voicemail (call_id)',
  'CREATE INDEX voicemail_box ON voicemail (box, created_at)',

  // When and where.
  `CREATE TABLE calendar (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    name TEXT,
    imported_at INTEGER NOT NULL,
    digest TEXT NOT NULL,
    events INTEGER NOT NULL CHECK (events >= 0)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE calendar_event (
    calendar_id TEXT NOT NULL REFERENCES calendar (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    summary TEXT NOT NULL,
    from_date TEXT,
    to_date TEXT,
    starts_at INTEGER,
    ends_at INTEGER,
    PRIMARY KEY (calendar_id, key),
    CHECK ((from_date IS NULL) = (to_date IS NULL)),
    CHECK ((from_date IS NULL) <> (starts_at IS NULL))
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE area_prefix (
    prefix TEXT PRIMARY KEY NOT NULL CHECK (prefix <> ''),
    country TEXT NOT NULL,
    area TEXT NOT NULL,
    city TEXT
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE agent_offer (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    missed INTEGER NOT NULL DEFAULT 0 CHECK (missed >= 0),
    away_reason TEXT,
    since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
];

/** Call flows and what they stand on: versions, ways of calls, prompts, voicemail, calendars, areas, agents. */
export const flows: StoreMigration = { name: '0007-flows', altersData: false, statements: STATEMENTS };
