import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** scripts/lib/worker.sh in checkouts of their own, with a recipe that takes no minutes. */

const SCRIPTS = fileURLToPath(new URL('../../../scripts', import.meta.url));
const BINARY = 'node_modules/mediasoup/worker/out/Release/mediasoup-worker';
/** What a worker does that is started by nobody. */
const WORKING = 'exit 41';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-worker-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A recipe that notes each run and makes a worker of one line; `--packages` asks for none. */
const recipe = (worker: string): string => `#!/usr/bin/env bash
[[ $1 == --packages ]] && exit 0
echo built >>"${folder}/builds"
sleep 0.3
${worker === 'fails' ? 'echo "no compiler" >&2; exit 1' : `printf '#!/bin/sh\\n${worker}\\n' >"$2" && chmod +x "$2"`}
`;

const checkout = async (name: string, worker = WORKING) => {
  const at = join(folder, name);
  await mkdir(join(at, 'node_modules/mediasoup/worker'), { recursive: true });
  await writeFile(join(at, 'node_modules/mediasoup/package.json'), '{\n\t"version": "3.19.3",\n}\n');
  await cp(join(SCRIPTS, 'lib'), join(at, 'scripts/lib'), { recursive: true });
  await writeFile(join(at, 'scripts/build-mediasoup-worker'), recipe(worker), { mode: 0o755 });
  const setUp = (): Promise<{ code: number; said: string }> =>
    new Promise((done) => {
      const command = 'set -euo pipefail; source scripts/lib/setup.sh; need_worker; echo went on';
      const env = { ...process.env, DIALTRACE_OFFLINE: '1', DIALTRACE_CACHE: join(folder, 'cache') };
      execFile('bash', ['-c', command], { cwd: at, env }, (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout + stderr });
      });
    });
  const binary = (): Promise<string | undefined> => readFile(join(at, BINARY), 'utf8').catch(() => undefined);
  return { at, setUp, binary };
};

const builds = async (): Promise<number> =>
  (await readFile(join(folder, 'builds'), 'utf8').catch(() => '')).split('\n').length - 1;

const cached = async (): Promise<string> => {
  const native = join(folder, 'cache/native');
  const name = (await readdir(native)).find((each) => !/\.(lock|tried)$/.test(each));
  if (name === undefined) throw new Error('nothing is cached');
  return join(native, name);
};

it('is built once for all checkouts, and looked at only from then on', async () => {
  const first = await checkout('first');
  expect(await first.setUp()).toMatchObject({ code: 0, said: expect.stringContaining('went on') });
  expect(await first.binary()).toContain(WORKING);
  const second = await checkout('second');
  expect((await second.setUp()).said).toContain('taken from the cache');
  expect(await second.binary()).toContain(WORKING);
  expect(await second.setUp()).toEqual({ code: 0, said: 'went on\n' });
  expect(await builds()).toBe(1);
});

it('is built once when two checkouts ask at the same time', async () => {
  const both = await Promise.all([checkout('first'), checkout('second')]);
  await Promise.all(both.map(({ setUp }) => setUp()));
  for (const { binary } of both) expect(await binary()).toContain(WORKING);
  expect(await builds()).toBe(1);
});

it('is built anew when the one in the cache lacks a library here, or is broken', async () => {
  const first = await checkout('first');
  await first.setUp();
  await writeFile(await cached(), '#!/bin/sh\nexit 127\n');
  const second = await checkout('second');
  await second.setUp();
  expect(await second.binary()).toContain(WORKING);
  await writeFile(join(second.at, BINARY), 'torn');
  await second.setUp();
  expect(await second.binary()).toContain(WORKING);
  expect(await builds()).toBe(2);
});

it('is built anew for another recipe', async () => {
  const { at, setUp, binary } = await checkout('first');
  await setUp();
  await writeFile(join(at, 'scripts/build-mediasoup-worker'), recipe(`${WORKING} # better`));
  await chmod(join(at, 'scripts/build-mediasoup-worker'), 0o755);
  await setUp();
  expect(await binary()).toContain('better');
  expect(await builds()).toBe(2);
});

it.each(['fails', 'exit 139'])('keeps nothing from starting when it can not be had (%s)', async (worker) => {
  const { setUp, binary } = await checkout('first', worker);
  const { code, said } = await setUp();
  expect(code).toBe(0);
  expect(said).toContain('went on');
  expect(said.match(/Calls with browsers are off/g)).toHaveLength(1);
  expect(await binary()).toBeUndefined();
});
