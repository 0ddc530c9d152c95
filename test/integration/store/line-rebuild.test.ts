import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { connect, openFile } from '../../../src/store/connection.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { MIGRATIONS } from '../../../src/store/migrations/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-lines-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const withDatabase = async (
  steps: number,
  use: (db: Awaited<ReturnType<typeof openFile>>) => void,
): Promise<void> => {
  const path = join(folder, 'd.db');
  const file = await openFile(path, false);
  const db = connect(file);
  try {
    const migrations = MIGRATIONS.slice(0, steps);
    await migrate(file, db, { path, backupDirectory: folder, migrations, readOnly: false }, silentLogger);
    use(file);
  } finally {
    await db.destroy();
    file.close();
  }
};

const LINES = `INSERT INTO line (id, name, type, number, trunk_id, uri, nat, ring_timeout_s) VALUES
  ('desk', 'Desk', 'trunk', '+12025550199', 'carrier', NULL, 0, 20),
  ('sales', NULL, 'sip', NULL, NULL, 'sip:sales@pbx.example', 1, 15.5),
  ('echo', NULL, 'echo', NULL, NULL, NULL, 0, 20)`;

it('brings lines and what refers to them into the schema that knows users', async () => {
  let before: unknown[] = [];
  await withDatabase(1, (file) => {
    file.exec(LINES);
    file.exec("INSERT INTO source (id, name, source) VALUES ('s', 'S', 's')");
    file.exec("INSERT INTO tracking_number (number, source_id) VALUES ('+12025550123', 's')");
    file.exec(
      "INSERT INTO tracking_number_line (number, position, line_id) VALUES ('+12025550123', 0, 'sales')",
    );
    before = file.prepare('SELECT * FROM line ORDER BY id').all();
  });
  await withDatabase(MIGRATIONS.length, (file) => {
    const after = file.prepare('SELECT * FROM line ORDER BY id').all();
    expect(after).toEqual(before.map((row) => ({ ...(row as object), user: null })));
    const add = (values: string) => () =>
      file.exec(`INSERT INTO line (id, type, user, nat, ring_timeout_s) VALUES (${values})`);
    add("'alice', 'user', 'alice', 0, 20")();
    expect(add("'nobody', 'user', NULL, 0, 20")).toThrow(/CHECK/);
    expect(add("'both', 'echo', 'alice', 0, 20")).toThrow(/CHECK/);
    expect(() => file.exec("DELETE FROM line WHERE id = 'sales'")).toThrow(/FOREIGN KEY/);
  });
});
