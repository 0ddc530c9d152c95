import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore, type Store, type UserTable } from '../../../src/store/index.ts';
import { endedCall, leg, newCall } from './rows.ts';

const NOW = 1_800_000_000_000;
let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-phone-store-'));
  store = await openStore(
    { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder },
    silentLogger,
  );
  await store.runs.start('run', NOW);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const alice: UserTable = {
  id: 'u1',
  name: 'alice',
  display: 'Alice',
  realm: 'r',
  ha1_md5: 'a'.repeat(32),
  ha1_sha256: 'b'.repeat(64),
  ha1_sha512_256: 'c'.repeat(64),
  disabled: 0,
  created_at: NOW,
  role: 'agent',
  ready: 1,
};

describe('calls', () => {
  it.each([0, 1, 31, 32, 33, 70])('keep %i samples of a leg', async (count) => {
    await store.calls.open(newCall('c1', 'run', NOW), []);
    const samples = Array.from({ length: count }, (_, at) => ({
      at: NOW + at * 5000 + 0.4,
      rttMs: at % 2 === 0 ? undefined : 20.5,
      jitterMs: 1.5,
      lossPercent: 0.25,
      mos: 4.3,
    }));
    const again = samples.slice(-1);
    await store.calls.complete(
      'c1',
      endedCall(NOW),
      [leg('l0', 'c1', 0), { ...leg('l1', 'c1', 1), samples: [...samples, ...again] }],
      [],
    );
    const quality = (await store.calls.get('c1'))?.quality ?? [];
    expect(quality).toEqual(
      samples.map(({ rttMs }, at) => ({
        leg_id: 'l1',
        at: NOW + at * 5000,
        rtt_ms: rttMs ?? null,
        jitter_ms: 1.5,
        loss_percent: 0.25,
        mos: 4.3,
      })),
    );
  });

  it('are found by a user who was rung, or who placed them', async () => {
    for (const [at, id] of ['c1', 'c2', 'c3', 'c4'].entries())
      await store.calls.open(newCall(id, 'run', NOW + at), []);
    const rung = { ...leg('l1', 'c1', 1), user: 'alice' };
    await store.calls.complete('c1', endedCall(NOW), [rung, { ...rung, id: 'l2', position: 2 }], []);
    await store.calls.complete('c2', { ...endedCall(NOW), agent: 'alice' }, [], []);
    const listened = { ...rung, id: 'l3', call_id: 'c3', role: 'S' as const };
    await store.calls.complete('c3', { ...endedCall(NOW), agent: 'bob' }, [listened], []);
    const found = await store.calls.list({ user: 'alice' });
    expect(found.map(({ id }) => id)).toEqual(['c2', 'c1']);
    expect((await store.calls.list({ user: 'alice', before: 'c2' })).map(({ id }) => id)).toEqual(['c1']);
  });

  it('of users make nobody a repeated caller', async () => {
    const caller = store.vault.seal('+4930123456');
    await store.calls.open({ ...newCall('c1', 'run', NOW), ...caller, direction: 'outbound' }, []);
    expect((await store.calls.get('c1'))?.call).toMatchObject({ prior_calls: 0, first_call: null });
    const second = await store.calls.open({ ...newCall('c2', 'run', NOW + 1), ...caller }, []);
    expect(second).toEqual({ priorCalls: 0 });
    expect((await store.calls.get('c2'))?.call.first_call).toBe(1);
  });
});

describe('wrap-ups', () => {
  const wrapUp = {
    call_id: 'c1',
    user: 'alice',
    at: NOW,
    disposition: 'sale',
    tags: '["roof"]',
    note_encrypted: null,
    value_micros: 250_000_000,
    value_currency: 'EUR',
  };

  it('are kept with their call, the latest alone, the note sealed', async () => {
    await store.calls.open(newCall('c1', 'run', NOW), []);
    expect(await store.wrapUps.save(wrapUp)).toBe(true);
    const note_encrypted = store.vault.sealNote('Rückruf Dienstag');
    expect(await store.wrapUps.save({ ...wrapUp, disposition: 'lead', note_encrypted })).toBe(true);
    const kept = await store.wrapUps.get('c1');
    expect(kept).toMatchObject({ disposition: 'lead', tags: '["roof"]' });
    expect(note_encrypted.toString('latin1')).not.toContain('Dienstag');
    expect(store.vault.revealNote(kept?.note_encrypted ?? Buffer.alloc(0))).toBe('Rückruf Dienstag');
    expect(() => store.vault.reveal(note_encrypted)).toThrow(/not sealed/);
    expect((await store.calls.get('c1'))?.wrapUp).toEqual(kept);
    expect((await store.calls.list({}))[0]).toMatchObject({
      wrap_up_user: 'alice',
      disposition: 'lead',
      value_micros: 250_000_000,
    });
  });

  it('need a call', async () => {
    expect(await store.wrapUps.save(wrapUp)).toBe(false);
    expect(await store.wrapUps.get('c1')).toBeUndefined();
  });
});

describe('logins', () => {
  const session = (token_hash: string, used_at: number) => ({
    token_hash,
    user_id: 'u1',
    created_at: NOW,
    used_at,
    address: '192.0.2.1',
    user_agent: null,
  });
  const [first, second] = ['1'.repeat(64), '2'.repeat(64)] as const;

  beforeEach(async () => {
    await store.users.add(alice);
    await store.webSessions.create(session(first, NOW));
    await store.webSessions.create(session(second, NOW - 1000));
  });

  it('last while they are used', async () => {
    expect((await store.webSessions.find(first, NOW))?.user.name).toBe('alice');
    expect(await store.webSessions.find(second, NOW)).toBeUndefined();
    await store.webSessions.touch(second, NOW + 5);
    expect(await store.webSessions.find(second, NOW + 5)).toBeDefined();
    await store.webSessions.expire(NOW + 1);
    expect(await store.webSessions.find(first, 0)).toBeUndefined();
    await store.webSessions.remove(second);
    expect(await store.webSessions.find(second, 0)).toBeUndefined();
  });

  it('end with a new password, with the user, and while it is disabled', async () => {
    await store.users.update('alice', { display: 'A.' });
    expect(await store.webSessions.find(first, 0)).toBeDefined();
    await store.users.update('alice', { ha1_sha256: 'd'.repeat(64) });
    expect(await store.webSessions.find(first, 0)).toBeUndefined();
    await store.webSessions.create(session(first, NOW));
    await store.users.update('alice', { disabled: 1 });
    await store.users.update('alice', { disabled: 0 });
    expect(await store.webSessions.find(first, 0)).toBeUndefined();
    await store.webSessions.create(session(first, NOW));
    await store.users.remove('alice');
    expect(await store.webSessions.find(first, 0)).toBeUndefined();
  });
});

it('tells who did what, newest first', async () => {
  const entry = { at: NOW, user: 'alice', action: 'login', call_id: null, detail: '{}' };
  await store.audit.append({ ...entry, id: '01' });
  await store.audit.append({ ...entry, id: '02', at: NOW + 1, action: 'supervise', call_id: 'c1' });
  await store.audit.append({ ...entry, id: '03', at: NOW + 2, user: 'bob' });
  const ids = async (filter: Parameters<typeof store.audit.list>[0]) =>
    (await store.audit.list(filter)).map(({ id }) => id);
  expect(await ids({})).toEqual(['03', '02', '01']);
  expect(await ids({ user: 'alice' })).toEqual(['02', '01']);
  expect(await ids({ action: 'login', limit: 1 })).toEqual(['03']);
  expect(await ids({ from: NOW + 1, to: NOW + 2 })).toEqual(['02']);
});
