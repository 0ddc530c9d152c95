import { mkdir, open as openHandle, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, errorMessage, FailureError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { agentRepository } from './agents.ts';
import { areaRepository } from './areas.ts';
import { auditRepository } from './audit.ts';
import { banRepository } from './bans.ts';
import { blockedCallerRepository } from './blocked-callers.ts';
import { callRepository } from './calls.ts';
import { startCheckpoints } from './checkpoints.ts';
import { connect, openFile } from './connection.ts';
import { flowRepository } from './flows.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { numberRepository } from './numbers.ts';
import { recordingRepository } from './recordings.ts';
import { registrationRepository } from './registrations.ts';
import { runRepository } from './runs.ts';
import type { Store, StoreOptions } from './types.ts';
import { userRepository } from './users.ts';
import { openVault, openVaultReadOnly } from './vault.ts';
import { voicemailRepository } from './voicemail.ts';
import { webSessionRepository } from './web-sessions.ts';
import { wrapUpRepository } from './wrap-ups.ts';

/**
 * Opens the database, makes it and its key file when they don't exist, and brings its schema up to date. With `readOnly` it
 * does none of these; a missing key then only matters when a caller's number is sealed, looked up or revealed.
 *
 * @throws FailureError when the file is missing (`readOnly`), not Dialtrace's, of a newer version, or not to be opened; when
 * the key file is missing though sealed numbers exist, is another one, or is open to other users
 */
export const openStore = async (options: StoreOptions, logger: Logger): Promise<Store> => {
  const readOnly = options.readOnly === true;
  await (readOnly ? requireFile(options.path) : makeFile(options.path));
  const file = await openFile(options.path, readOnly);
  const db = connect(file);
  try {
    await migrate(
      file,
      db,
      { path: options.path, backupDirectory: options.backupDirectory, migrations: MIGRATIONS, readOnly },
      logger,
    );
    const vault = await (readOnly ? openVaultReadOnly : openVault)(db, options.keyFile);
    const checkpoints = options.checkpointThread === true ? startCheckpoints(file) : undefined;
    return {
      calls: callRepository(db),
      numbers: numberRepository(db),
      flows: flowRepository(db),
      voicemail: voicemailRepository(db),
      blockedCallers: blockedCallerRepository(db),
      recordings: recordingRepository(db),
      runs: runRepository(db),
      bans: banRepository(db),
      users: userRepository(db),
      agents: agentRepository(db),
      areas: areaRepository(file),
      registrations: registrationRepository(db),
      webSessions: webSessionRepository(db),
      wrapUps: wrapUpRepository(db),
      audit: auditRepository(db),
      vault,
      db,
      exclusively: (work) => db.connection().execute(async () => work(file)),
      setBusyTimeout: (milliseconds) => void file.pragma(`busy_timeout = ${Math.trunc(milliseconds)}`),
      close: async () => {
        await checkpoints?.stop();
        // Keeps the planner's statistics fresh; does nothing when there is nothing to learn.
        if (!readOnly && file.open) file.pragma('optimize');
        await db.destroy();
        file.close();
      },
    };
  } catch (error) {
    await db.destroy();
    file.close();
    throw error;
  }
};

const requireFile = async (path: string): Promise<void> => {
  const found = await stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new FailureError(`The database ${path} can't be opened: ${errorMessage(error)}`, { cause: error });
  });
  if (found?.isFile()) return;
  if (found) throw new FailureError(`${path} is no file: set database.path to one, or move it away`);
  throw new FailureError(
    `There is no database at ${path} yet: run \`dialtrace start\` or \`dialtrace apply\` once`,
  );
};

/** Call records are nobody else's business: a new file, and the log beside it, is closed to other users. */
const makeFile = async (path: string): Promise<void> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    const handle = await openHandle(path, 'a', 0o640);
    await handle.close();
  } catch (error) {
    throw new FailureError(`The database ${path} can't be made: ${errorMessage(error)}`, { cause: error });
  }
};
