import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { errorMessage } from '../base/errors.ts';
import type { Check } from './doctor-checks.ts';
import { plural } from './format.ts';
import { isMissing, type Session } from './session.ts';

const run = promisify(execFile);

/** No clock that is right shows an earlier date. */
const EARLIEST = Date.UTC(2026, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/** Judges the clock: `synchronised` as timedatectl says it, undefined where that can't be asked. */
export const judgeClock = (now: number, synchronised: string | undefined): Check => {
  const name = 'Clock';
  const text = new Date(now).toISOString();
  if (now < EARLIEST || now > LATEST) {
    return {
      name,
      state: 'fail',
      text: `${text} can't be`,
      mend: 'set the clock: call records carry its time',
    };
  }
  if (synchronised === 'yes') return { name, state: 'ok', text: `${text}, kept by NTP` };
  if (synchronised === 'no') {
    return {
      name,
      state: 'warn',
      text: `${text}, not kept by NTP`,
      mend: 'switch it on: `timedatectl set-ntp true`',
    };
  }
  return { name, state: 'ok', text: `${text} is plausible; whether NTP keeps it can't be told here` };
};

export const checkClock = async (now: number): Promise<Check> => {
  const options = { timeout: 3000 };
  const asked = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], options).catch(
    () => undefined,
  );
  return judgeClock(now, asked?.stdout.trim() || undefined);
};

/** Opens the database as commands do and lets SQLite look through it. */
export const checkDatabase = async (session: Session): Promise<Check> => {
  const name = 'Database';
  const { path } = session.config().database;
  if (await isMissing(path)) {
    return {
      name,
      state: 'warn',
      text: `${path} does not exist yet`,
      mend: 'the first `dialtrace start` or `apply` makes it',
    };
  }
  try {
    return await session.withStore('read', async ({ db }) => {
      const { rows } = await sql<{ quick_check: string }>`PRAGMA quick_check(5)`.execute(db);
      const faults = rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
      if (faults.length > 0) {
        const mend = 'stop the gateway and put back a copy from database.backupDirectory';
        const text = `${path} is damaged: ${faults.join('; ').replaceAll('\n', '; ')}`;
        return { name, state: 'fail', text, mend };
      }
      const { calls } = await db
        .selectFrom('call')
        .select((eb) => eb.fn.countAll<number>().as('calls'))
        .executeTakeFirstOrThrow();
      return { name, state: 'ok', text: `${path} is sound, ${plural(calls, 'call')}` };
    });
  } catch (error) {
    return {
      name,
      state: 'fail',
      text: errorMessage(error),
      mend: 'look at database.path and the rights on that file',
    };
  }
};

/** The gateway does not start without the key that the callers' numbers were sealed with. */
export const checkKeyFile = async (session: Session): Promise<Check> => {
  const name = 'Key file';
  const { path, keyFile } = session.config().database;
  if (await isMissing(path)) return { name, state: 'off', text: 'is made with the database' };
  try {
    await session.withStore('read', async ({ vault }) => vault.hmac(''));
    return { name, state: 'ok', text: `${keyFile} is the right one, and closed to others` };
  } catch (error) {
    return { name, state: 'fail', text: errorMessage(error), mend: 'the gateway does not start without it' };
  }
};
