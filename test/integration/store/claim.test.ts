import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimDatabase } from '../../../src/store/index.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dialtrace-claim-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it('gives a database to one at a time', () => {
  const path = join(directory, 'not/there/yet.db');
  const release = claimDatabase(path);
  expect(() => claimDatabase(path)).toThrow(
    /^Another gateway runs on the database .*yet\.db: stop it first\.$/,
  );
  claimDatabase(join(directory, 'other.db'))();
  release();
  claimDatabase(path)();
});

it('says why a claim can not be made', async () => {
  const file = join(directory, 'file');
  await writeFile(file, '');
  expect(() => claimDatabase(join(file, 'dialtrace.db'))).toThrow(/^The database .* can't be claimed: /);
});
