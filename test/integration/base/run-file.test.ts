import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findRunning,
  type RunFile,
  readRunFile,
  removeRunFile,
  writeRunFile,
} from '../../../src/base/run-file.ts';

let directory: string;
let path: string;
const file: RunFile = {
  pid: process.pid,
  startedAt: 1_700_000_000_000,
  version: '1.2.3',
  sip: ['udp/127.0.0.1:5060', 'tcp/[::1]:5060'],
  http: '127.0.0.1:8080',
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dialtrace-run-file-'));
  path = join(directory, 'data/gateway.json');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('run file', () => {
  it('is read as it was written, in a directory that is made', async () => {
    expect(await readRunFile(path)).toBeUndefined();
    await writeRunFile(path, file);
    expect(await readRunFile(path)).toEqual(file);
    expect(await findRunning(path)).toEqual(file);
    expect(await readdir(join(directory, 'data'))).toEqual(['gateway.json']);
  });

  it('is never seen half written', async () => {
    await writeRunFile(path, file);
    const long = { ...file, sip: Array.from({ length: 2000 }, (_, i) => `udp/127.0.0.1:${i}`) };
    let writing = true;
    const writer = (async () => {
      for (let i = 0; i < 50; i += 1) await writeRunFile(path, i % 2 === 0 ? long : file);
      writing = false;
    })();
    while (writing) expect(await readRunFile(path)).toBeDefined();
    await writer;
  });

  it('is removed by its owner alone', async () => {
    await writeRunFile(path, { ...file, pid: 1 });
    await removeRunFile(path);
    expect(await readRunFile(path)).toBeDefined();
    await removeRunFile(path, 1);
    expect(await readRunFile(path)).toBeUndefined();
    await removeRunFile(path);
  });

  it('of a dead process says nothing', async () => {
    // Above any pid that Linux gives out.
    await writeRunFile(path, { ...file, pid: 2 ** 30 });
    expect(await findRunning(path)).toBeUndefined();
  });

  it.each(['', '{', '[]', '{"pid":"1"}', 'null'])('that holds %j is none', async (text) => {
    await writeRunFile(path, file);
    await writeFile(path, text);
    expect(await readRunFile(path)).toBeUndefined();
  });
});
