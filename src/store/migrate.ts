import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { errorMessage, FailureError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { SqliteFile } from './connection.ts';
import type { Database } from './schema.ts';

/** One step of the schema, forward only. All pending steps run in one transaction. */
export type StoreMigration = {
  /** Four digits and words, in the order of the steps: `0002-pools`. */
  readonly name: string;
  /** True when it changes or drops what is stored: the file is copied first. */
  readonly altersData: boolean;
  readonly statements: readonly string[];
};

export type MigrateOptions = {
  readonly path: string;
  readonly backupDirectory: string;
  readonly migrations: readonly StoreMigration[];
  readonly readOnly: boolean;
};

/** Backups kept of one database file. */
const BACKUPS_KEPT = 5;
const MIGRATION_TABLE = 'kysely_migration';

/**
 * Brings the schema up to date, or with `readOnly` makes sure that it is.
 *
 * @throws FailureError when the file is not Dialtrace's, comes from a newer version, or a step fails (the file then stays
 * as it was)
 */
export const migrate = async (
  file: SqliteFile,
  db: Kysely<Database>,
  options: MigrateOptions,
  logger: Logger,
): Promise<void> => {
  const pending = pendingMigrations(file, options);
  if (pending.length === 0) return;
  if (options.readOnly) {
    throw new FailureError(
      `The database ${options.path} has the schema of an older version: run \`dialtrace start\` or \`dialtrace apply\` once`,
    );
  }
  const isNew = pending.length === options.migrations.length;
  if (!isNew && pending.some((step) => step.altersData)) {
    const backup = await backUp(file, options);
    logger.info({ backup }, 'database copied before its schema changes');
  }
  await runPending(file, db, options);
  if (!isNew)
    logger.info({ migrations: pending.map((step) => step.name) }, 'database schema brought up to date');
};

const pendingMigrations = (file: SqliteFile, options: MigrateOptions): readonly StoreMigration[] => {
  const tables = file
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all();
  if (!tables.includes(MIGRATION_TABLE)) {
    if (tables.length === 0 || tables.every((name) => name.startsWith('kysely_'))) return options.migrations;
    throw new FailureError(
      `${options.path} holds another program's tables: set database.path to a file of its own`,
    );
  }
  const done = new Set(file.prepare<[], string>(`SELECT name FROM ${MIGRATION_TABLE}`).pluck().all());
  const known = new Set(options.migrations.map((step) => step.name));
  const unknown = [...done].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new FailureError(
      `The database ${options.path} was made by a newer version of Dialtrace (it has ${unknown.join(', ')}): install that version, or go back to a copy from ${options.backupDirectory}`,
    );
  }
  return options.migrations.filter((step) => !done.has(step.name));
};

const runPending = async (file: SqliteFile, db: Kysely<Database>, options: MigrateOptions): Promise<void> => {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => asKysely(options.migrations) },
  });
  // A step that rebuilds a table drops the old one, which with foreign keys on would delete what refers to it.
  file.pragma('foreign_keys = OFF');
  try {
    const { error } = await migrator.migrateToLatest();
    if (error === undefined) return;
    throw new FailureError(
      `The database ${options.path} could not be brought to this version's schema and stays as it was: ${errorMessage(error)}`,
      { cause: error },
    );
  } finally {
    file.pragma('foreign_keys = ON');
  }
};

const asKysely = (steps: readonly StoreMigration[]): Record<string, Migration> =>
  Object.fromEntries(steps.map((step) => [step.name, { up: (db: Kysely<unknown>) => runStep(step, db) }]));

const runStep = async (step: StoreMigration, db: Kysely<unknown>): Promise<void> => {
  for (const statement of step.statements) await sql.raw(statement).execute(db);
  const broken = await sql<{ table: string }>`PRAGMA foreign_key_check`.execute(db);
  const first = broken.rows[0];
  if (first) throw new Error(`${step.name} leaves rows of ${first.table} that refer to nothing`);
};

/** Copies the database, its log included, under a name that sorts by time; returns the copy's path. */
const backUp = async (file: SqliteFile, options: MigrateOptions): Promise<string> => {
  const name = basename(options.path, extname(options.path));
  const stamp = new Date().toISOString().replace(/[-:.]/g, '');
  const target = join(options.backupDirectory, `${name}-${stamp}.db`);
  const partial = `${target}.partial-${process.pid}`;
  try {
    await mkdir(options.backupDirectory, { recursive: true, mode: 0o750 });
    await file.backup(partial);
    await chmod(partial, 0o600);
    await rename(partial, target);
    await removeOldBackups(options.backupDirectory, name);
  } catch (error) {
    await rm(partial, { force: true });
    throw new FailureError(
      `The database could not be copied to ${options.backupDirectory} before its schema changes, so nothing was changed: ${errorMessage(error)}`,
      { cause: error },
    );
  }
  return target;
};

const removeOldBackups = async (directory: string, name: string): Promise<void> => {
  const isBackup = (file: string): boolean => file.startsWith(`${name}-`) && /-\d{8}T\d{9}Z\.db$/.test(file);
  const backups = (await readdir(directory)).filter(isBackup).sort();
  for (const old of backups.slice(0, -BACKUPS_KEPT)) await rm(join(directory, old), { force: true });
};
