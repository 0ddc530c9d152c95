import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addCall, makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22);

let sample: SampleStore;
beforeAll(async () => {
  sample = await makeSampleStore();
  for (const name of ['bob', 'alice'])
    await sample.store.users.add({
      id: `id-${name}`,
      name,
      display: null,
      realm: 'example.com',
      ha1_md5: 'a'.repeat(32),
      ha1_sha256: 'a'.repeat(64),
      ha1_sha512_256: 'a'.repeat(64),
      disabled: 0,
      created_at: NOW,
      role: 'agent',
      ready: 1,
    });
});
afterAll(() => sample.remove());

const alice = async () => (await sample.store.agents.list()).find(({ name }) => name === 'alice');

describe('agents', () => {
  it('are users, with what became of the calls that they were offered', async () => {
    const { agents, users } = sample.store;
    expect((await agents.list()).map(({ name, missed, away_reason }) => [name, missed, away_reason])).toEqual(
      [
        ['alice', 0, null],
        ['bob', 0, null],
      ],
    );
    await agents.noteMissed('alice', 1, NOW);
    await agents.noteMissed('alice', 2, NOW);
    await agents.noteMissed('nobody', 2, NOW);
    expect(await alice()).toMatchObject({ ready: 1, missed: 2 });
    expect(await agents.setReady('alice', 0, '3 calls in a row were not answered', NOW)).toBe(true);
    expect(await alice()).toMatchObject({
      ready: 0,
      missed: 0,
      away_reason: '3 calls in a row were not answered',
    });
    expect(await agents.setReady('alice', 1, 'no reason to be there', NOW)).toBe(true);
    expect(await alice()).toMatchObject({ ready: 1, away_reason: null });
    expect(await agents.setReady('nobody', 1, null, NOW)).toBe(false);
    await users.remove('alice');
    expect(await alice()).toBeUndefined();
  });

  it('and lines are read whole', async () => {
    const ids = (await sample.store.agents.lines()).map(({ id }) => id);
    const rows = await sample.store.db.selectFrom('line').select('id').orderBy('id').execute();
    expect(ids).toEqual(rows.map(({ id }) => id));
  });
});

it('a caller is remembered by the line that answered last and talked for 30 s, within the time asked for', async () => {
  const { calls, vault } = sample.store;
  const caller = vault.seal('+4930231259011');
  const hmac = caller.caller_hmac ?? '';
  const call = (daysAgo: number, line: string, talkMs: number, more = {}) =>
    addCall(sample, NOW - daysAgo * DAY, { talkMs, call: { ...caller, ...more }, end: { line_id: line } });
  await call(40, 'too-old', 60_000);
  await call(20, 'longer-ago', 60_000);
  await call(10, 'sales', 30_000);
  await call(5, 'too-short', 29_999);
  await call(4, 'test', 60_000, { is_test: 1 });
  await call(3, 'called-back', 60_000, { direction: 'outbound' });
  const lastOf = (days: number) => calls.lastAnsweredBy(hmac, NOW - days * DAY);
  expect(await lastOf(30)).toBe('sales');
  expect(await lastOf(9)).toBeUndefined();
  expect(await calls.lastAnsweredBy(vault.hmac('+4930231259012'), 0)).toBeUndefined();
});
