import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  type Area,
  type AreaRepository,
  areaRepository,
  openStore,
  type Store,
} from '../../../src/store/index.ts';

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dialtrace-areas-'));
  store = await openStore(
    { path: join(directory, 'db'), keyFile: join(directory, 'key'), backupDirectory: directory },
    silentLogger,
  );
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const withAreas = <T>(work: (areas: AreaRepository) => T): Promise<T> =>
  store.exclusively((file) => work(areaRepository(file)));

const BERLIN: Area = { prefix: '4930', country: 'DE', area: 'Berlin', city: 'Berlin' };
const GERMANY: Area = { prefix: '49', country: 'DE', area: 'Germany', city: null };
const NANJING: Area = { prefix: '861391234', country: 'CN', area: '江苏', city: '南京' };

const take = (rows: readonly Area[], options = {}) =>
  withAreas((areas) => {
    areas.stage(rows);
    return areas.finish(options);
  });

describe('areas', () => {
  it('are found by the longest beginning of a number', async () => {
    await take([GERMANY, BERLIN, NANJING]);
    expect(store.areas.of('+493012345')).toEqual(BERLIN);
    expect(store.areas.of('498912345')).toEqual(GERMANY);
    expect(store.areas.of('+8613912345678')).toEqual(NANJING);
    expect(store.areas.of('+8613912355678')).toBeUndefined();
    expect(store.areas.of('')).toBeUndefined();
  });

  it('are found as if every beginning were looked up', async () => {
    const digits = (length: number) => fc.stringMatching(new RegExp(`^[1-3]{1,${length}}$`));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(digits(5), { maxLength: 30 }),
        fc.array(digits(7)),
        async (prefixes, numbers) => {
          await withAreas((areas) => areas.remove('US'));
          await take(prefixes.map((prefix) => ({ prefix, country: 'US', area: 'x', city: null })));
          for (const number of numbers) {
            const beginnings = prefixes.filter((prefix) => number.startsWith(prefix));
            const longest = beginnings.sort((one, other) => other.length - one.length)[0];
            expect(store.areas.of(number)?.prefix).toBe(longest);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('change by what a file has, and not at all by the same file', async () => {
    expect(await take([GERMANY, BERLIN, NANJING])).toEqual({ prefixes: 3, added: 3, changed: 0, removed: 0 });
    expect(await take([GERMANY, BERLIN, NANJING])).toEqual({ prefixes: 3, added: 0, changed: 0, removed: 0 });
    const moved = { ...BERLIN, city: null };
    expect(await take([BERLIN, moved], { dryRun: true })).toEqual({
      prefixes: 1,
      added: 0,
      changed: 1,
      removed: 0,
    });
    expect(store.areas.of('+493012345')).toEqual(BERLIN);
    expect(await take([moved], { replace: true })).toEqual({ prefixes: 1, added: 0, changed: 1, removed: 1 });
    expect(store.areas.of('+493012345')).toEqual(moved);
    expect(store.areas.of('+498912345')).toBeUndefined();
    expect(store.areas.of('+8613912345678')).toEqual(NANJING);
  });

  it('forget what was staged and never finished', async () => {
    await withAreas((areas) => areas.stage([BERLIN]));
    await store.close();
    store = await openStore(
      { path: join(directory, 'db'), keyFile: join(directory, 'key'), backupDirectory: directory },
      silentLogger,
    );
    expect(await take([GERMANY])).toMatchObject({ added: 1 });
    expect(store.areas.of('+493012345')).toEqual(GERMANY);
  });

  it('are counted and removed by country', async () => {
    await take([GERMANY, BERLIN, NANJING, { ...NANJING, prefix: '861391235' }]);
    await withAreas((areas) => {
      expect(areas.counts()).toEqual([
        { country: 'CN', prefixes: 2, cities: 1 },
        { country: 'DE', prefixes: 2, cities: 1 },
      ]);
      expect(areas.counts('DE')).toEqual([
        { country: 'DE', area: 'Berlin', prefixes: 1, cities: 1 },
        { country: 'DE', area: 'Germany', prefixes: 1, cities: 0 },
      ]);
      expect(areas.remove('DE')).toBe(2);
      expect(areas.remove('DE')).toBe(0);
    });
  });
});
