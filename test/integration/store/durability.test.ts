import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore } from '../../../src/store/index.ts';

it('keeps every call that was stored when the process is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dialtrace-kill-'));
  const script = fileURLToPath(new URL('./writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const exited = once(child, 'exit');
    const told: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(line);
      if (told.length === 200) child.kill('SIGKILL');
    }
    expect((await exited)[1]).toBe('SIGKILL');

    const options = { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder };
    const store = await openStore(options, silentLogger);
    try {
      await store.runs.start('next', Date.now());
      const open = await store.calls.list({ status: 'in_progress', limit: 10_000 });
      expect([...(await store.runs.closeInterrupted('next'))].sort()).toEqual(
        open.map((call) => call.id).sort(),
      );
      for (const [index, id] of told.entries()) {
        const detail = await store.calls.get(id);
        expect(detail?.call.status, id).toBe(index % 2 === 0 ? 'answered' : 'interrupted');
        expect(store.vault.reveal(detail?.call.caller_encrypted ?? Buffer.alloc(0))).toBe(`+1202555${index}`);
      }
    } finally {
      await store.close();
    }
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

it('is opened by several first starts at once, with one key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dialtrace-first-'));
  const script = fileURLToPath(new URL('./opener.ts', import.meta.url));
  const moment = String(Date.now() + 3000);
  const start = () => promisify(execFile)(process.execPath, ['--import', 'tsx', script, folder, moment]);
  try {
    const results = await Promise.all([start(), start(), start(), start()]);
    const keys = new Set(results.map((result) => result.stdout));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^[0-9a-f]{64}$/);
    const options = {
      path: join(folder, 'new/a.db'),
      keyFile: join(folder, 'new/a.key'),
      backupDirectory: folder,
    };
    const store = await openStore({ ...options, readOnly: true }, silentLogger);
    expect(await store.db.selectFrom('run').selectAll().execute()).toHaveLength(4);
    await store.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
