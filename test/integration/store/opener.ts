/** Opens a store, says which key it has, and closes it: one of several that start at once. */
import { join } from 'node:path';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore } from '../../../src/store/index.ts';

const folder = process.argv[2] ?? '';
// Waits for a common moment, so that the starts meet.
await new Promise((resolve) => setTimeout(resolve, Number(process.argv[3]) - Date.now()));
const options = {
  path: join(folder, 'new/a.db'),
  keyFile: join(folder, 'new/a.key'),
  backupDirectory: folder,
};
const store = await openStore(options, silentLogger);
await store.runs.start(`run-${process.pid}`, Date.now());
process.stdout.write(store.vault.hmac('+4930123456'));
await store.close();
