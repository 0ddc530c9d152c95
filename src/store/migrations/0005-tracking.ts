import type { StoreMigration } from '../migrate.ts';

const CALL_COLUMNS = `id, run_id, direction, trunk_id, is_test, status, started_at,
  ringing_at, answered_at, ended_at, duration_ms, ring_ms, talk_ms, hold_ms,
  caller_encrypted, caller_hmac, caller_masked, caller_region, anonymous, did, did_raw,
  did_header, source_id, source_name, source, medium, campaign, cost_center, keyword, landing_page,
  match_method, match_prob, first_call, prior_calls, line_id, agent, sip_code, sip_reason,
  q850_cause, hangup_by, end_reason, sip_call_id`;

const STATEMENTS: readonly string[] = [
  // Numbers that a pool lends to visits, beside those that belong to a source.
  `CREATE TABLE pool (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    plan TEXT NOT NULL CHECK (json_valid(plan)),
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE site (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    plan TEXT NOT NULL CHECK (json_valid(plan))
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE automation (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    position INTEGER NOT NULL,
    plan TEXT NOT NULL CHECK (json_valid(plan))
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE tracking_number_new (
    number TEXT PRIMARY KEY NOT NULL CHECK (number LIKE '+%'),
    label TEXT,
    source_id TEXT REFERENCES source (id),
    pool_id TEXT REFERENCES pool (id),
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('testing', 'active', 'draining', 'quarantine', 'retired', 'failed')),
    state_since INTEGER NOT NULL DEFAULT 0,
    used_at INTEGER NOT NULL DEFAULT 0,
    record INTEGER CHECK (record IN (0, 1)),
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    CHECK ((source_id IS NULL) <> (pool_id IS NULL))
  ) STRICT`,
  `INSERT INTO tracking_number_new (number, label, source_id, record, enabled)
    SELECT number, label, source_id, record, enabled FROM tracking_number`,
  'DROP TABLE tracking_number',
  'ALTER TABLE tracking_number_new RENAME TO tracking_number',
  'CREATE INDEX tracking_number_source ON tracking_number (source_id)',
  // The next number to lend: `used_at` is the last sign of the last visit that had it, and far off while one has it.
  'CREATE INDEX tracking_number_pool ON tracking_number (pool_id, state, used_at, number) WHERE pool_id IS NOT NULL',

  // Calls that are matched to visits.
  `CREATE TABLE call_new (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    run_id TEXT NOT NULL REFERENCES run (id),
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound', 'internal')),
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
    keyword TEXT,
    content TEXT,
    channel TEXT CHECK (channel IN ('paid', 'organic', 'social', 'ai', 'email', 'referral', 'campaign', 'direct')),
    landing_page TEXT,
    site_id TEXT,
    visit_id TEXT,
    visitor_id TEXT,
    lease_id TEXT,
    dialled_code TEXT,
    match_method TEXT NOT NULL CHECK (match_method IN ('static', 'token', 'code', 'tel_tap', 'lease', 'posterior', 'none')),
    match_prob REAL CHECK (match_prob BETWEEN 0 AND 1),
    spam_score INTEGER CHECK (spam_score >= 0),
    spam_reasons TEXT CHECK (json_valid(spam_reasons)),
    first_call INTEGER CHECK (first_call IN (0, 1)),
    prior_calls INTEGER CHECK (prior_calls >= 0),
    line_id TEXT,
    agent TEXT,
    sip_code INTEGER,
    sip_reason TEXT,
    q850_cause INTEGER,
    hangup_by TEXT CHECK (hangup_by IN ('caller', 'line', 'gateway')),
    end_reason TEXT,
    sip_call_id TEXT,
    CHECK ((status = 'in_progress') = (ended_at IS NULL)),
    CHECK ((caller_encrypted IS NULL) = (caller_hmac IS NULL))
  ) STRICT`,
  `INSERT INTO call_new (${CALL_COLUMNS}) SELECT ${CALL_COLUMNS} FROM call`,
  'DROP TABLE call',
  'ALTER TABLE call_new RENAME TO call',
  'CREATE INDEX call_started ON call (started_at, id)',
  'CREATE INDEX call_caller ON call (caller_hmac, started_at, is_test) WHERE caller_hmac IS NOT NULL',
  'CREATE INDEX call_did ON call (did, started_at)',
  'CREATE INDEX call_source ON call (source_id, started_at)',
  "CREATE INDEX call_in_progress ON call (run_id) WHERE status = 'in_progress'",
  'CREATE INDEX call_agent ON call (agent, started_at) WHERE agent IS NOT NULL',
  'CREATE INDEX call_visitor ON call (visitor_id, started_at) WHERE visitor_id IS NOT NULL',
  "CREATE INDEX call_unfinished ON call (id) WHERE spam_score IS NULL AND status <> 'in_progress' AND direction = 'inbound'",
  `CREATE TABLE call_candidate (
    call_id TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
    rank INTEGER NOT NULL CHECK (rank >= 1),
    visit_id TEXT,
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
    evidence TEXT NOT NULL CHECK (json_valid(evidence)),
    PRIMARY KEY (call_id, rank)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE call_tag (
    call_id TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
    tag TEXT NOT NULL CHECK (tag <> ''),
    made_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (call_id, tag)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX call_tag_tag ON call_tag (tag, call_id)',

  // Who came to the pages.
  `CREATE TABLE visitor (
    id TEXT PRIMARY KEY NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE visit (
    id TEXT PRIMARY KEY NOT NULL,
    visitor_id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    hidden_at INTEGER,
    landing_url TEXT NOT NULL,
    last_url TEXT NOT NULL,
    referrer TEXT,
    channel TEXT NOT NULL CHECK (channel IN ('paid', 'organic', 'social', 'ai', 'email', 'referral', 'campaign', 'direct')),
    source TEXT NOT NULL,
    medium TEXT NOT NULL,
    campaign TEXT,
    term TEXT,
    content TEXT,
    source_id TEXT,
    click_ids TEXT NOT NULL CHECK (json_valid(click_ids)),
    device TEXT NOT NULL CHECK (device IN ('phone', 'tablet', 'desktop', 'other')),
    os TEXT,
    browser TEXT,
    language TEXT,
    region TEXT,
    address_hmac TEXT,
    pages INTEGER NOT NULL CHECK (pages >= 0),
    bot TEXT
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX visit_visitor ON visit (visitor_id, started_at)',
  'CREATE INDEX visit_started ON visit (started_at)',
  `CREATE TABLE page_view (
    visit_id TEXT NOT NULL REFERENCES visit (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    url TEXT NOT NULL,
    title TEXT,
    dwell_ms INTEGER CHECK (dwell_ms >= 0),
    PRIMARY KEY (visit_id, seq)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE click (
    id INTEGER PRIMARY KEY,
    visit_id TEXT NOT NULL REFERENCES visit (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('tel', 'sms', 'copy', 'button')),
    number TEXT
  ) STRICT`,
  'CREATE INDEX click_visit ON click (visit_id, at)',
  `CREATE TABLE shown (
    visit_id TEXT NOT NULL REFERENCES visit (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    lease_id TEXT,
    code TEXT,
    shown_at INTEGER NOT NULL,
    PRIMARY KEY (visit_id, number)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX shown_number ON shown (number, shown_at)',
  `CREATE TABLE swap_check (
    site_id TEXT NOT NULL,
    day TEXT NOT NULL,
    outcome TEXT NOT NULL,
    page TEXT NOT NULL,
    times INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (site_id, day, outcome, page)
  ) STRICT, WITHOUT ROWID`,

  // Who holds which number. The events are the ledger; the leases are what they add up to.
  `CREATE TABLE lease (
    id TEXT PRIMARY KEY NOT NULL,
    pool_id TEXT NOT NULL,
    number TEXT NOT NULL,
    visit_id TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    class TEXT,
    opened_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    idle_at INTEGER,
    expires_at INTEGER NOT NULL,
    closed_at INTEGER,
    close_reason TEXT CHECK (close_reason IN ('expired', 'stolen', 'released', 'number_retired', 'consent')),
    stolen_from TEXT,
    CHECK ((closed_at IS NULL) = (close_reason IS NULL))
  ) STRICT, WITHOUT ROWID`,
  'CREATE UNIQUE INDEX lease_open_number ON lease (number) WHERE closed_at IS NULL',
  'CREATE INDEX lease_number ON lease (number, opened_at, closed_at)',
  // With all that tells whether a lease may be taken: of a pool that is in view as a whole no row is read.
  `CREATE INDEX lease_open_pool ON lease (pool_id, expires_at, id, last_seen_at, idle_at, number, closed_at)
    WHERE closed_at IS NULL`,
  'CREATE INDEX lease_visitor ON lease (visitor_id, opened_at)',
  'CREATE INDEX lease_open_class ON lease (pool_id, class) WHERE closed_at IS NULL AND class IS NOT NULL',
  `CREATE TABLE lease_event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('opened', 'joined', 'closed', 'held', 'refused')),
    pool_id TEXT NOT NULL,
    number TEXT,
    lease_id TEXT,
    visit_id TEXT,
    body TEXT NOT NULL CHECK (json_valid(body)),
    hash TEXT NOT NULL CHECK (length(hash) = 64)
  ) STRICT`,
  'CREATE INDEX lease_event_pool ON lease_event (pool_id, at)',
  'CREATE INDEX lease_event_visit ON lease_event (visit_id) WHERE visit_id IS NOT NULL',
  // Where the ledger ends: whoever cuts rows off its end is found out.
  `CREATE TABLE lease_event_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64)
  ) STRICT`,
  `CREATE TABLE extension_code (
    number TEXT NOT NULL,
    code TEXT NOT NULL,
    visit_id TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    PRIMARY KEY (number, code, issued_at)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX extension_code_visit ON extension_code (visit_id)',

  // What happened, in order: attribution is computed from it, and comes out the same whenever it is.
  `CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL CHECK (json_valid(body))
  ) STRICT`,
  'CREATE INDEX event_at ON event (at)',
  'CREATE INDEX event_type ON event (type, at)',
  'CREATE INDEX event_subject ON event (subject)',
  `CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END`,
  `CREATE TRIGGER lease_event_stays BEFORE UPDATE ON lease_event BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END`,
  `CREATE TABLE attribution_report (
    digest TEXT PRIMARY KEY NOT NULL CHECK (length(digest) = 64),
    parameters TEXT NOT NULL CHECK (json_valid(parameters)),
    last_seq INTEGER NOT NULL,
    made_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE delay_law (
    site_id TEXT NOT NULL,
    fitted_at INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    law TEXT NOT NULL CHECK (json_valid(law)),
    PRIMARY KEY (site_id, fitted_at)
  ) STRICT, WITHOUT ROWID`,

  // People, and what becomes of them.
  `CREATE TABLE person (
    id TEXT PRIMARY KEY NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE person_key (
    kind TEXT NOT NULL CHECK (kind IN ('caller', 'visitor', 'contact')),
    key TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX person_key_person ON person_key (person_id)',
  `CREATE TABLE person_tag (
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    tag TEXT NOT NULL CHECK (tag <> ''),
    made_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (person_id, tag)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE lead (
    person_id TEXT PRIMARY KEY NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('new', 'qualified', 'unqualified', 'spam', 'customer')),
    value_micros INTEGER CHECK (value_micros >= 0),
    quote_micros INTEGER CHECK (quote_micros >= 0),
    sale_micros INTEGER CHECK (sale_micros >= 0),
    currency TEXT CHECK (length(currency) = 3),
    owner TEXT,
    created_at INTEGER NOT NULL,
    qualified_at INTEGER,
    converted_at INTEGER,
    updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX lead_status ON lead (status, updated_at)',
  `CREATE TABLE form (
    id TEXT PRIMARY KEY NOT NULL,
    external_id TEXT UNIQUE,
    at INTEGER NOT NULL,
    site_id TEXT,
    name TEXT NOT NULL,
    visit_id TEXT,
    visitor_id TEXT,
    contact_hmac TEXT,
    contact_masked TEXT,
    fields_encrypted BLOB NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX form_at ON form (at)',
  'CREATE INDEX form_visitor ON form (visitor_id)',
  'CREATE INDEX form_contact ON form (contact_hmac)',

  `CREATE TABLE spend (
    day TEXT NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    source TEXT NOT NULL,
    medium TEXT NOT NULL,
    campaign TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    amount_micros INTEGER NOT NULL CHECK (amount_micros >= 0),
    clicks INTEGER CHECK (clicks >= 0),
    impressions INTEGER CHECK (impressions >= 0),
    imported_at INTEGER NOT NULL,
    PRIMARY KEY (day, source, medium, campaign, currency)
  ) STRICT, WITHOUT ROWID`,
];

/** Sites, pools and their leases; visits and the calls they bring; the event log of attribution; people, leads, spend. */
export const tracking: StoreMigration = { name: '0005-tracking', altersData: true, statements: STATEMENTS };
