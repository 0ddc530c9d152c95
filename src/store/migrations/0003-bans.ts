import type { StoreMigration } from '../migrate.ts';

const STATEMENTS: readonly string[] = [
  `CREATE TABLE ban (
    cidr TEXT PRIMARY KEY NOT NULL CHECK (cidr <> ''),
    reason TEXT NOT NULL,
    made_by TEXT NOT NULL CHECK (made_by IN ('hand', 'wall')),
    since INTEGER NOT NULL,
    until INTEGER,
    count INTEGER NOT NULL CHECK (count >= 1)
  ) STRICT, WITHOUT ROWID`,
];

/** Addresses and networks that get no answer. */
export const bans: StoreMigration = { name: '0003-bans', altersData: false, statements: STATEMENTS };
