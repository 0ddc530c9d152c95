import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { connect, openFile } from '../../../src/store/connection.ts';
import { migrate, type StoreMigration } from '../../../src/store/migrate.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-migrate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const FIRST: StoreMigration = {
  name: '0001-first',
  altersData: false,
  statements: [
    'CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT) STRICT',
    'CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id) ON DELETE CASCADE) STRICT',
  ],
};
/** Rebuilds a table that another refers to. */
const REBUILD: StoreMigration = {
  name: '0002-rebuild',
  altersData: true,
  statements: [
    'CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT',
    "INSERT INTO parent_new SELECT id, coalesce(name, 'none') FROM parent",
    'DROP TABLE parent',
    'ALTER TABLE parent_new RENAME TO parent',
  ],
};
const ADD: StoreMigration = {
  name: '0002-add',
  altersData: false,
  statements: ['CREATE TABLE extra (id INTEGER) STRICT'],
};

const database = () => join(folder, 'gateway.db');
const backups = async () => (await readdir(join(folder, 'backups')).catch(() => [])).sort();

const run = async (migrations: readonly StoreMigration[], readOnly = false): Promise<void> => {
  const file = await openFile(database(), readOnly);
  const db = connect(file);
  const options = { path: database(), backupDirectory: join(folder, 'backups'), migrations, readOnly };
  try {
    await migrate(file, db, options, silentLogger);
    expect(file.pragma('foreign_keys', { simple: true })).toBe(1);
  } finally {
    await db.destroy();
    file.close();
  }
};

const withFile = <T>(path: string, use: (file: Sqlite.Database) => T): T => {
  const file = new Sqlite(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
};
const fill = (): void =>
  withFile(database(), (file) => {
    file.exec('INSERT INTO parent (id) VALUES (1); INSERT INTO child VALUES (7, 1)');
  });

it('copies the file before stored data changes, and keeps rows that refer to a rebuilt table', async () => {
  await run([FIRST]);
  expect(await backups()).toEqual([]);
  fill();
  await run([FIRST, REBUILD]);
  const [backup, ...others] = await backups();
  expect(others).toEqual([]);
  const copy = join(folder, 'backups', backup ?? '');
  expect((await stat(copy)).mode & 0o777).toBe(0o600);
  expect(withFile(copy, (file) => file.prepare('SELECT name FROM parent').pluck().all())).toEqual([null]);
  expect(withFile(database(), (file) => file.prepare('SELECT name FROM parent').pluck().all())).toEqual([
    'none',
  ]);
  expect(withFile(database(), (file) => file.prepare('SELECT id FROM child').pluck().all())).toEqual([7]);
  await run([FIRST, REBUILD]);
  expect(await backups()).toHaveLength(1);
});

it('makes no copy when a step only adds, nor for a new file', async () => {
  await run([FIRST, REBUILD]);
  await rm(database());
  await run([FIRST]);
  await run([FIRST, ADD]);
  expect(await backups()).toEqual([]);
});

it('keeps the newest five copies', async () => {
  await run([FIRST]);
  const steps: StoreMigration[] = [FIRST];
  for (let i = 2; i <= 8; i += 1) {
    steps.push({
      name: `000${i}-step`,
      altersData: true,
      statements: [`INSERT INTO parent (id) VALUES (${i})`],
    });
    await run(steps);
  }
  const kept = await backups();
  expect(kept).toHaveLength(5);
  const newest = join(folder, 'backups', kept.at(-1) ?? '');
  expect(withFile(newest, (file) => file.prepare('SELECT count(*) FROM parent').pluck().get())).toBe(6);
});

it.each([
  {
    name: 'a wrong statement',
    statements: ["INSERT INTO parent VALUES (2, 'x')", 'DROP TABLE child', 'NONSENSE'],
  },
  { name: 'rows that refer to nothing', statements: ['DELETE FROM parent'] },
])('leaves the file as it was after $name', async ({ statements }) => {
  await run([FIRST]);
  fill();
  const broken: StoreMigration = { name: '0003-broken', altersData: true, statements };
  await expect(run([FIRST, ADD, broken])).rejects.toThrow(/stays as it was/);
  expect(
    withFile(database(), (file) => ({
      parents: file.prepare('SELECT id FROM parent').pluck().all(),
      children: file.prepare('SELECT id FROM child').pluck().all(),
      extra: file.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'").pluck().get(),
    })),
  ).toEqual({ parents: [1], children: [7], extra: 0 });
  await run([FIRST, ADD]);
});

it('does nothing through a read-only connection but say that something is to be done', async () => {
  await run([FIRST]);
  await run([FIRST], true);
  await expect(run([FIRST, ADD], true)).rejects.toThrow(/older version.*dialtrace apply/);
});

it('says what to do about a file that may not be opened', async () => {
  // SQLite says the same of one that is not there, and that also to root.
  await expect(openFile(database(), true)).rejects.toThrow(
    /can't be opened: .*: it and its folder .*gateway's user$/,
  );
});
