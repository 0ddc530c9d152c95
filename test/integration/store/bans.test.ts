import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { type BanTable, openStore, type Store } from '../../../src/store/index.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
let directory: string;
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dialtrace-bans-'));
  const options = { path: join(directory, 'test.db'), keyFile: join(directory, 'test.key') };
  store = await openStore({ ...options, backupDirectory: join(directory, 'backups') }, silentLogger);
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const ban = (cidr: string, more: Partial<BanTable> = {}): BanTable => ({
  cidr,
  reason: 'test',
  made_by: 'wall',
  since: NOW,
  until: NOW + DAY,
  count: 1,
  ...more,
});

const banned = (...bans: BanTable[]) =>
  store.bans.write(
    bans.map((each) => ({ type: 'banned', ban: each })),
    NOW,
  );
const cidrs = (rows: readonly BanTable[]): string[] => rows.map(({ cidr }) => cidr);

describe('bans', () => {
  it('are kept as they were, the latest first', async () => {
    const first = ban('203.0.113.7');
    const second = ban('2001:db8::/64', { made_by: 'hand', until: null, since: NOW + 1 });
    await banned(first, second);
    expect(await store.bans.inForce(NOW)).toEqual([second, first]);
  });

  it('take the place of an earlier one of the same network', async () => {
    await banned(ban('203.0.113.7'), ban('203.0.113.7', { count: 2, until: NOW + 2 * DAY }));
    expect(await store.bans.inForce(NOW)).toEqual([ban('203.0.113.7', { count: 2, until: NOW + 2 * DAY })]);
  });

  it('are forgotten when they are lifted before their time, remembered for a week when it is over', async () => {
    await banned(ban('203.0.113.1'), ban('203.0.113.2'), ban('203.0.113.3', { until: null }));
    await store.bans.write([{ type: 'lifted', cidr: '203.0.113.1' }], NOW + 1);
    await store.bans.write([{ type: 'lifted', cidr: '203.0.113.2' }], NOW + DAY);
    await store.bans.write([{ type: 'lifted', cidr: '203.0.113.3' }], NOW + DAY);
    expect(cidrs(await store.bans.remembered(NOW + 2 * DAY))).toEqual(['203.0.113.2']);
    expect(await store.bans.inForce(NOW + 2 * DAY)).toEqual([]);
    expect(await store.bans.remembered(NOW + 9 * DAY)).toEqual([]);
  });

  it('are written all or none', async () => {
    const wrong = ban('203.0.113.9', { count: 0 });
    await expect(banned(ban('203.0.113.8'), wrong)).rejects.toThrow('CHECK');
    expect(await store.bans.inForce(NOW)).toEqual([]);
  });
});
