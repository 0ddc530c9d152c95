import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { silentLogger } from '../../../src/base/logger.ts';
import { type PoolPlan, poolSchema } from '../../../src/config/index.ts';
import { type NumberState, openStore, type SqliteFile, type Store } from '../../../src/store/index.ts';

/** Key of the ledgers that are made without a store. */
export const LEDGER_KEY = 'a key for tests';

export const testPool = (
  id: string,
  more: Partial<Parameters<typeof poolSchema.parse>[0] & object> = {},
): PoolPlan => poolSchema.parse({ id, lines: ['sales'], ...more });

/** A number of the stage: the n-th of a pool. */
export const numberOf = (pool: PoolPlan, n: number): string =>
  `+1202555${pool.id.length}${String(n).padStart(3, '0')}`;

/** Writes pools with so many numbers each. */
export const addPools = (
  file: SqliteFile,
  pools: readonly PoolPlan[],
  count: number,
  state: NumberState = 'active',
): void => {
  const pool = file.prepare('INSERT INTO pool (id, plan) VALUES (?, ?)');
  const number = file.prepare(
    'INSERT INTO tracking_number (number, pool_id, state, state_since) VALUES (?, ?, ?, 1)',
  );
  for (const plan of pools) {
    const { id, ...rest } = plan;
    pool.run(id, JSON.stringify(rest));
    for (let n = 0; n < count; n += 1) number.run(numberOf(plan, n), id, state);
  }
};

/** Opens a database file of a stage beside others that have it open. */
export const openBeside = (path: string): SqliteFile => {
  const file = new Sqlite(path, { timeout: 120_000 });
  file.pragma('journal_mode = WAL');
  // Whether the disk has it is no matter here.
  file.pragma('synchronous = OFF');
  return file;
};

export type LeaseStage = {
  readonly path: string;
  readonly store: Store;
  readonly file: SqliteFile;
  close(): Promise<void>;
};

/** A store in a folder of its own, and a second connection to its file. */
export const openLeaseStage = async (): Promise<LeaseStage> => {
  const folder = await mkdtemp(join(tmpdir(), 'dialtrace-leases-'));
  const path = join(folder, 'a.db');
  const store = await openStore(
    { path, keyFile: join(folder, 'a.key'), backupDirectory: folder },
    silentLogger,
  );
  const file = openBeside(path);
  return {
    path,
    store,
    file,
    close: async () => {
      if (file.open) file.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** A call on a number, as far as leases look at it. */
export const addCall = (
  file: SqliteFile,
  did: string,
  at: number,
  more: { readonly test?: boolean; readonly leaseId?: string } = {},
): void => {
  file.prepare("INSERT OR IGNORE INTO run (id, started_at, alive_at) VALUES ('run', 0, 0)").run();
  file
    .prepare(
      `INSERT INTO call (id, run_id, direction, is_test, status, started_at, ended_at, anonymous, did, match_method, lease_id)
        VALUES (?, 'run', 'inbound', ?, 'answered', ?, ?, 1, ?, 'none', ?)`,
    )
    .run(`call-${did}-${at}`, more.test ? 1 : 0, at, at, did, more.leaseId ?? null);
};
