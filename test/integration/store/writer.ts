/** Opens calls without end and prints the id of each once it is stored; killed by the durability test. */
import { join } from 'node:path';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore } from '../../../src/store/index.ts';
import { endedCall, event, newCall } from './rows.ts';

const folder = process.argv[2] ?? '';
const options = { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder };
const store = await openStore(options, silentLogger);
await store.runs.start('run', Date.now());
for (let i = 0; ; i += 1) {
  const id = `call-${i}`;
  await store.calls.open({ ...newCall(id, 'run', Date.now()), ...store.vault.seal(`+1202555${i}`) }, [
    event(id, 1, Date.now()),
  ]);
  if (i % 2 === 0) await store.calls.complete(id, endedCall(Date.now()), [], [event(id, 2, Date.now())]);
  process.stdout.write(`${id}\n`);
}
