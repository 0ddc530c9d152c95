import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { OF_SOURCE } from '../../support/tracking-rows.ts';
import { endedCall, event, leg, newCall } from './rows.ts';

const NOW = 1_800_000_000_000;
let directory: string;
const open: Store[] = [];

const optionsIn = (folder: string) => ({
  path: join(folder, 'data/test.db'),
  keyFile: join(folder, 'data/test.key'),
  backupDirectory: join(folder, 'backups'),
});
const start = async (readOnly = false): Promise<Store> => {
  const store = await openStore({ ...optionsIn(directory), readOnly }, silentLogger);
  open.push(store);
  return store;
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dialtrace-store-'));
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  await rm(directory, { recursive: true, force: true });
});

describe('calls', () => {
  it('opens, updates and completes a record once', async () => {
    const store = await start();
    await store.runs.start('run1', NOW);
    const caller = store.vault.seal('+4930123456');
    const call = { ...newCall('c1', 'run1', NOW), ...caller };
    expect(await store.calls.open(call, [event('c1', 1, NOW)])).toEqual({ priorCalls: 0 });
    expect((await store.calls.get('c1'))?.call).toMatchObject({
      status: 'in_progress',
      first_call: 1,
      prior_calls: 0,
    });

    await store.calls.update('c1', { ringing_at: NOW + 100.4, line_id: 'sales' });
    await store.calls.complete(
      'c1',
      endedCall(NOW + 5000),
      [leg('l1', 'c1', 0), leg('l2', 'c1', 1)],
      [event('c1', 2, NOW + 5000)],
    );
    await store.calls.complete(
      'c1',
      { ...endedCall(NOW + 9000), status: 'failed' },
      [leg('l3', 'c1', 2)],
      [],
    );
    await store.calls.update('c1', { line_id: 'other' });

    const detail = await store.calls.get('c1');
    expect(detail?.call).toMatchObject({
      status: 'answered',
      ringing_at: NOW + 100,
      ended_at: NOW + 5000,
      line_id: 'sales',
    });
    expect(detail?.legs.map((row) => row.id)).toEqual(['l1', 'l2']);
    expect(detail?.events.map((row) => row.seq)).toEqual([1, 2]);
    expect(store.vault.reveal(detail?.call.caller_encrypted ?? Buffer.alloc(0))).toBe('+4930123456');
  });

  it("counts a caller's earlier calls without tests, and none of anonymous callers", async () => {
    const store = await start();
    await store.runs.start('run1', NOW);
    const caller = store.vault.seal('+4930123456');
    await store.calls.open({ ...newCall('c1', 'run1', NOW), ...caller }, []);
    await store.calls.open({ ...newCall('c2', 'run1', NOW), ...caller, is_test: 1 }, []);
    await store.calls.open({ ...newCall('c3', 'run1', NOW), ...store.vault.seal('+4930999999') }, []);
    expect(await store.calls.open({ ...newCall('c4', 'run1', NOW), ...caller }, [])).toEqual({
      priorCalls: 1,
    });
    expect((await store.calls.get('c4'))?.call).toMatchObject({ first_call: 0, prior_calls: 1 });
    expect(await store.calls.open({ ...newCall('c5', 'run1', NOW), anonymous: 1 }, [])).toEqual({
      priorCalls: null,
    });
    expect((await store.calls.get('c5'))?.call).toMatchObject({ first_call: null, prior_calls: null });
  });

  it('lists newest first, filters, pages and joins the recording', async () => {
    const store = await start();
    await store.runs.start('run1', NOW);
    const caller = store.vault.seal('+4930123456');
    for (let i = 0; i < 7; i += 1) {
      // Two calls share each moment: paging must still neither skip nor repeat one.
      await store.calls.open(
        { ...newCall(`c${i}`, 'run1', NOW + (i >> 1)), ...(i === 3 && caller), is_test: i === 6 ? 1 : 0 },
        [],
      );
    }
    await store.calls.update('c5', {}, { id: 'r1', call_id: 'c5', path: '2026/c5.wav', started_at: NOW });
    const ids = async (filter: Parameters<Store['calls']['list']>[0]) =>
      (await store.calls.list(filter)).map((row) => row.id);

    expect(await ids({})).toEqual(['c5', 'c4', 'c3', 'c2', 'c1', 'c0']);
    expect(await ids({ includeTests: true, limit: 1 })).toEqual(['c6']);
    expect(await ids({ limit: 2, before: 'c4' })).toEqual(['c3', 'c2']);
    expect(await ids({ from: NOW + 1, to: NOW + 2 })).toEqual(['c3', 'c2']);
    expect(await ids({ callerHmac: store.vault.hmac('+49 30 123456') })).toEqual(['c3']);
    expect(await ids({ status: 'answered' })).toEqual([]);
    expect((await store.calls.list({ limit: 1 }))[0]).toMatchObject({
      recording_path: '2026/c5.wav',
      recording_state: 'recording',
    });
  });

  it('refuses values that mean nothing', async () => {
    const store = await start();
    await store.runs.start('run1', NOW);
    await expect(store.calls.open(newCall('c1', 'no-such-run', NOW), [])).rejects.toThrow(/FOREIGN KEY/);
    await store.calls.open(newCall('c1', 'run1', NOW), []);
    await expect(store.calls.complete('c1', { status: 'answered' }, [], [])).rejects.toThrow(/CHECK/);
    expect((await store.calls.get('c1'))?.call.status).toBe('in_progress');
  });
});

describe('runs', () => {
  it('ends calls of a dead run at the moment it was last alive', async () => {
    const store = await start();
    await store.runs.start('dead', NOW);
    await store.calls.open(newCall('answered', 'dead', NOW + 1000), [event('answered', 1, NOW + 1000)]);
    await store.calls.update('answered', { answered_at: NOW + 3000 });
    await store.calls.open(newCall('ringing', 'dead', NOW + 2000), []);
    await store.calls.open(newCall('late', 'dead', NOW + 9500), []);
    await store.runs.alive('dead', NOW + 9000);
    await store.runs.start('next', NOW + 60_000);
    await store.calls.open(newCall('mine', 'next', NOW + 60_000), []);

    expect([...(await store.runs.closeInterrupted('next'))].sort()).toEqual(['answered', 'late', 'ringing']);
    const answered = await store.calls.get('answered');
    expect(answered?.call).toMatchObject({
      status: 'interrupted',
      ended_at: NOW + 9000,
      duration_ms: 8000,
      ring_ms: 2000,
      talk_ms: 6000,
      hangup_by: 'gateway',
    });
    expect(answered?.events.at(-1)).toMatchObject({ seq: 2, type: 'ended' });
    expect((await store.calls.get('ringing'))?.call).toMatchObject({ ring_ms: 7000, talk_ms: 0 });
    expect((await store.calls.get('late'))?.call).toMatchObject({ ended_at: NOW + 9500, duration_ms: 0 });
    expect((await store.calls.get('mine'))?.call.status).toBe('in_progress');
    expect(await store.runs.closeInterrupted('next')).toEqual([]);
  });
});

describe('recordings', () => {
  it('tells those that a crash left unfinished', async () => {
    const store = await start();
    await store.runs.start('run1', NOW);
    for (const id of ['c1', 'c2']) {
      await store.calls.open(newCall(id, 'run1', NOW), []);
      await store.calls.update(id, {}, { id: `rec-${id}`, call_id: id, path: `${id}.wav`, started_at: NOW });
    }
    await store.recordings.complete('rec-c1', {
      state: 'complete',
      duration_ms: 1234.5,
      bytes: 99,
      sha256: 'ab',
    });
    expect((await store.recordings.unfinished()).map((row) => row.id)).toEqual(['rec-c2']);
    expect((await store.calls.get('c1'))?.recording).toMatchObject({
      state: 'complete',
      duration_ms: 1235,
      sha256: 'ab',
    });
    expect(await store.calls.get('none')).toBeUndefined();
  });
});

describe('numbers and blocked callers', () => {
  it('routes a number to its source and its lines in order', async () => {
    const store = await start();
    await store.db.insertInto('source').values({ id: 'ads', name: 'Ads', source: 'google' }).execute();
    const line = { type: 'echo', nat: 0, ring_timeout_s: 20 } as const;
    await store.db
      .insertInto('line')
      .values([
        { ...line, id: 'a' },
        { ...line, id: 'b' },
      ])
      .execute();
    await store.db
      .insertInto('tracking_number')
      .values({ number: '+12025550123', source_id: 'ads', enabled: 1, ...OF_SOURCE })
      .execute();
    await store.db
      .insertInto('tracking_number_line')
      .values([
        { number: '+12025550123', position: 0, line_id: 'b' },
        { number: '+12025550123', position: 1, line_id: 'a' },
      ])
      .execute();
    const route = await store.numbers.route('+12025550123');
    expect(route?.source?.name).toBe('Ads');
    expect(route?.lines.map((row) => row.id)).toEqual(['b', 'a']);
    expect(await store.numbers.list()).toEqual([route]);
    expect(await store.numbers.route('+12025550199')).toBeUndefined();
  });

  it('knows a blocked caller by the keyed hash alone', async () => {
    const store = await start();
    const sealed = store.vault.seal('+4930123456');
    await store.db
      .insertInto('blocked_caller')
      .values({
        hmac: sealed.caller_hmac ?? '',
        number_encrypted: sealed.caller_encrypted ?? Buffer.alloc(0),
      })
      .execute();
    expect(await store.blockedCallers.isBlocked(store.vault.hmac('+4930123456'))).toBe(true);
    expect(await store.blockedCallers.isBlocked(store.vault.hmac('+4930123457'))).toBe(false);
    expect(await store.blockedCallers.count()).toBe(1);
  });
});

describe('the key file', () => {
  const sealOne = async (): Promise<void> => {
    const store = await start();
    await store.runs.start('run1', NOW);
    await store.calls.open({ ...newCall('c1', 'run1', NOW), ...store.vault.seal('+4930123456') }, []);
    await store.close();
  };

  it('is made once, for its owner alone, and no number stands in the database in clear', async () => {
    await sealOne();
    const { keyFile, path } = optionsIn(directory);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    const key = await readFile(keyFile, 'utf8');
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect((await readFile(path)).includes('30123456')).toBe(false);
    const store = await start();
    expect(await readFile(keyFile, 'utf8')).toBe(key);
    const detail = await store.calls.get('c1');
    expect(store.vault.reveal(detail?.call.caller_encrypted ?? Buffer.alloc(0))).toBe('+4930123456');
  });

  it('is not replaced when it is missing, wrong, damaged or open to others', async () => {
    await sealOne();
    const { keyFile } = optionsIn(directory);
    const key = await readFile(keyFile, 'utf8');
    await chmod(keyFile, 0o644);
    await expect(start()).rejects.toThrow(/mode 0644.*chmod 600/);
    await chmod(keyFile, 0o600);
    await writeFile(keyFile, 'short');
    await expect(start()).rejects.toThrow(/damaged/);
    await writeFile(keyFile, Buffer.alloc(32, 7).toString('base64'));
    await expect(start()).rejects.toThrow(/not the one/);
    await rm(keyFile);
    await expect(start()).rejects.toThrow(/missing/);
    await expect(stat(keyFile)).rejects.toThrow(/ENOENT/);
    await writeFile(keyFile, key, { mode: 0o600 });
    await expect(start()).resolves.toBeDefined();
  });

  it('may be absent for commands that show masked numbers only', async () => {
    await sealOne();
    await rm(optionsIn(directory).keyFile);
    const store = await start(true);
    const detail = await store.calls.get('c1');
    expect(detail?.call.caller_masked).toBe('+493*****56');
    expect(() => store.vault.reveal(detail?.call.caller_encrypted ?? Buffer.alloc(0))).toThrow(
      /key file .* is missing/,
    );
  });
});

describe('the file', () => {
  it('is used safely: WAL, foreign keys, closed to other users, strict', async () => {
    const store = await start();
    const raw = new Sqlite(optionsIn(directory).path, { readonly: true });
    expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
    const loose = raw
      .prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'kysely_%' AND name NOT LIKE 'sqlite_%'",
      )
      .all();
    raw.close();
    expect(loose).toEqual([]);
    expect((await stat(optionsIn(directory).path)).mode & 0o007).toBe(0);
    await store.close();
  });

  it('must exist, be ours and be no newer than this version', async () => {
    await expect(start(true)).rejects.toThrow(/run `dialtrace start` or `dialtrace apply` once/);
    const store = await start();
    await store.close();
    const { path } = optionsIn(directory);
    const raw = new Sqlite(path);
    raw.prepare("INSERT INTO kysely_migration VALUES ('9999-future', '2030-01-01')").run();
    raw.close();
    await expect(start()).rejects.toThrow(/newer version of Dialtrace/);
    await expect(start(true)).rejects.toThrow(/newer version of Dialtrace/);
    await rm(path);
    await writeFile(
      path,
      'this is a text file that is longer than a header of SQLite has to be, by far enough.'.repeat(20),
    );
    await expect(start()).rejects.toThrow(/not an SQLite database/);
    await rm(path);
    const other = new Sqlite(path);
    other.exec('CREATE TABLE customers (id INTEGER)');
    other.close();
    await expect(start()).rejects.toThrow(/another program/);
  });

  it('can be read while another process writes, and not written through a read-only store', async () => {
    const writer = await start();
    await writer.runs.start('run1', NOW);
    const reader = await start(true);
    await writer.calls.open(newCall('c1', 'run1', NOW), []);
    expect(await reader.calls.get('c1')).toBeDefined();
    await expect(reader.runs.start('run2', NOW)).rejects.toThrow(/readonly/);
  });
});
