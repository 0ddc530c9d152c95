import type { StoreMigration } from '../migrate.ts';

const STATEMENTS: readonly string[] = [
  `CREATE TABLE user (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    display TEXT,
    realm TEXT NOT NULL,
    ha1_md5 TEXT NOT NULL CHECK (length(ha1_md5) = 32),
    ha1_sha256 TEXT NOT NULL CHECK (length(ha1_sha256) = 64),
    ha1_sha512_256 TEXT NOT NULL CHECK (length(ha1_sha512_256) = 64),
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL
  ) STRICT`,

  `CREATE TABLE registration (
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    uri TEXT NOT NULL,
    parameters TEXT NOT NULL,
    q REAL NOT NULL CHECK (q BETWEEN 0 AND 1),
    expires_at INTEGER NOT NULL,
    call_id TEXT NOT NULL,
    cseq INTEGER NOT NULL,
    instance TEXT,
    reg_id INTEGER,
    path TEXT NOT NULL CHECK (json_valid(path)),
    user_agent TEXT,
    protocol TEXT NOT NULL,
    address TEXT NOT NULL,
    port INTEGER NOT NULL,
    since INTEGER NOT NULL,
    refreshed_at INTEGER NOT NULL,
    flow_lost INTEGER NOT NULL CHECK (flow_lost IN (0, 1)),
    PRIMARY KEY (user_id, key)
  ) STRICT, WITHOUT ROWID`,

  // A line may be a user; its CHECK has to say so, which takes a new table.
  `CREATE TABLE line_new (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    name TEXT,
    type TEXT NOT NULL CHECK (type IN ('trunk', 'sip', 'echo', 'user')),
    number TEXT,
    trunk_id TEXT,
    uri TEXT,
    user TEXT,
    nat INTEGER NOT NULL DEFAULT 0 CHECK (nat IN (0, 1)),
    ring_timeout_s REAL NOT NULL CHECK (ring_timeout_s > 0),
    CHECK ((type = 'trunk') = (number IS NOT NULL) AND (type = 'trunk') = (trunk_id IS NOT NULL)),
    CHECK ((type = 'sip') = (uri IS NOT NULL)),
    CHECK ((type = 'user') = (user IS NOT NULL))
  ) STRICT`,
  `INSERT INTO line_new (id, name, type, number, trunk_id, uri, nat, ring_timeout_s)
    SELECT id, name, type, number, trunk_id, uri, nat, ring_timeout_s FROM line`,
  'DROP TABLE line',
  'ALTER TABLE line_new RENAME TO line',
];

/** Users, where their phones are registered, and lines that are users. */
export const registrar: StoreMigration = {
  name: '0002-registrar',
  altersData: true,
  statements: STATEMENTS,
};
