import { errorCode, errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { isBusy } from '../store/index.ts';

/** Waits after a write that failed, in milliseconds; the last one again and again. */
const AFTER_FAILURE_MS = [200, 1000, 5000, 15_000, 60_000];
/** Waits while another process holds the database: commands hold it for milliseconds, a person in a shell for longer. */
const AFTER_BUSY_MS = [5, 10, 20, 40, 80, 160, 320, 500];
/** How long a call waits for a database that is held. */
const CALL_WAITS_MS = 200;
/** Memory bounds this: a call that waits to be written takes about 10 kB. */
const GIVE_UP_AFTER_MS = 3_600_000;
/** A row that breaks a constraint will break it again; what comes after it is not to wait for long. */
const HOPELESS_TRIES = 3;

export type Write = {
  /** The first try is over, well or not; while the database is held, once the call has waited for it long enough. */
  readonly tried: Promise<void>;
  /** Written or given up. */
  readonly settled: Promise<void>;
};

/** Writes of one call to the database, one after the other. None of them rejects. */
export type Writer = {
  /** @param what names it in the log: `end of the call` */
  write(what: string, run: () => Promise<void>): Write;
};

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });

type Verdict =
  | { readonly type: 'give-up' }
  | {
      readonly type: 'again';
      readonly wait: number;
      /** The call waits no longer for this write. */
      readonly release: boolean;
      readonly tell: boolean;
    };

/** What to do after a write failed, `tries` times before and `waited` milliseconds after the first time. */
const judge = (error: unknown, tries: number, waited: number): Verdict => {
  const busy = isBusy(error);
  const hopeless = tries >= HOPELESS_TRIES && errorCode(error)?.startsWith('SQLITE_CONSTRAINT') === true;
  if (hopeless || waited > GIVE_UP_AFTER_MS) return { type: 'give-up' };
  const waits = busy ? AFTER_BUSY_MS : AFTER_FAILURE_MS;
  const wait = waits[Math.min(tries, waits.length - 1)] ?? 0;
  const release = !busy || waited + wait > CALL_WAITS_MS;
  // A database that is held is looked at twice a second: once in the log is enough.
  return { type: 'again', wait, release, tell: release && (!busy || waited <= CALL_WAITS_MS) };
};

/**
 * Tries writes again until they succeed, so that a database that is full or held delays a call's record and not the call.
 * Each write waits for the one before it: a record never runs ahead of its own beginning.
 */
export const createWriter = (call: string, logger: Logger): Writer => {
  let last: Promise<void> = Promise.resolve();

  const persist = async (what: string, run: () => Promise<void>, tried: () => void): Promise<void> => {
    let waited = 0;
    for (let tries = 0; ; tries += 1) {
      try {
        await run();
        if (waited > CALL_WAITS_MS) logger.info({ call, what, waited }, 'written to the database at last');
        return tried();
      } catch (error) {
        const detail = { call, what, error: errorMessage(error) };
        const verdict = judge(error, tries, waited);
        if (verdict.type === 'give-up') {
          logger.error(detail, 'not written to the database, given up');
          return tried();
        }
        if (verdict.tell) logger.error(detail, 'not written to the database yet, trying again');
        if (verdict.release) tried();
        waited += verdict.wait;
        await sleep(verdict.wait);
      }
    }
  };

  return {
    write: (what, run) => {
      let tried: () => void = () => undefined;
      const firstTry = new Promise<void>((resolve) => {
        tried = resolve;
      });
      last = last.then(() => persist(what, run, tried));
      return { tried: firstTry, settled: last };
    },
  };
};
