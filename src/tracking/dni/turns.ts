import { setImmediate as nextRound, setTimeout as sleep } from 'node:timers/promises';
import { isBusy, type SqliteFile, type Store } from '../../store/index.ts';

/** Pages that may wait for the database. Above, a page is told at once to keep its own numbers. */
const WAITING = 500;
/** Decisions in one transaction: a call never waits for more than these. */
const TOGETHER = 32;
const RETRY_MS = 20;
/** How long another process may hold the database before the pages are sent away. */
const PATIENCE_MS = 1000;

type Turn = {
  readonly work: (file: SqliteFile) => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

type Outcome = { readonly turn: Turn } & (
  | { readonly type: 'done'; readonly result: unknown }
  | { readonly type: 'failed'; readonly error: unknown }
);

/** Nobody can be served now. */
export class Overload extends Error {
  constructor() {
    super('Too many pages wait.');
    this.name = 'Overload';
  }
}

/** Decisions that wait for the database, one after the other. */
export type Turns = {
  /**
   * Runs `work` in an immediate transaction. Those that wait at the same time share one, each in a savepoint of its own:
   * what fails is undone alone.
   *
   * @throws Overload at once when too many wait, or when the database was held by another process for a second
   */
  take<T>(work: (file: SqliteFile) => T): Promise<T>;
  waiting(): number;
};

/** `file.transaction` is dear: once for a file. Inside another transaction it is a savepoint. */
const transactions = new WeakMap<SqliteFile, Transact>();

type Transact = ReturnType<SqliteFile['transaction']>;

const transactionOn = (file: SqliteFile): Transact => {
  const found = transactions.get(file);
  if (found) return found;
  const transact = file.transaction((work: () => unknown) => work());
  transactions.set(file, transact);
  return transact;
};

const runOne = (file: SqliteFile, turn: Turn): Outcome => {
  try {
    return { turn, type: 'done', result: transactionOn(file)(() => turn.work(file)) };
  } catch (error) {
    // Another process is in the way: all of them are tried again.
    if (isBusy(error)) throw error;
    return { turn, type: 'failed', error };
  }
};

/** One alone needs no savepoint. */
const runAlone = (file: SqliteFile, turn: Turn): Outcome => {
  try {
    return { turn, type: 'done', result: transactionOn(file).immediate(() => turn.work(file)) };
  } catch (error) {
    if (isBusy(error)) throw error;
    return { turn, type: 'failed', error };
  }
};

const runAll = (file: SqliteFile, turns: readonly Turn[]): readonly Outcome[] => {
  const [first, second] = turns;
  if (first && !second) return [runAlone(file, first)];
  return transactionOn(file).immediate(() => turns.map((turn) => runOne(file, turn))) as Outcome[];
};

const settle = (outcome: Outcome): void => {
  if (outcome.type === 'done') outcome.turn.resolve(outcome.result);
  else outcome.turn.reject(outcome.error);
};

export const createTurns = (store: Pick<Store, 'exclusively'>): Turns => {
  let queue: Turn[] = [];
  let running = false;

  const serve = async (): Promise<void> => {
    // Whoever came by the same round of the event loop comes along: a commit costs more than a decision.
    await nextRound();
    const outcomes = await store.exclusively((file) => {
      const done = runAll(file, queue.slice(0, TOGETHER));
      queue = queue.slice(done.length);
      return done;
    });
    for (const outcome of outcomes) settle(outcome);
  };

  const sendAway = (error: unknown): void => {
    const turns = queue;
    queue = [];
    for (const turn of turns) turn.reject(error);
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; queue.length > 0; ) {
      try {
        await serve();
        failures = 0;
      } catch (error) {
        failures += 1;
        if (!isBusy(error)) sendAway(error);
        else if (failures * RETRY_MS >= PATIENCE_MS) sendAway(new Overload());
        else await sleep(RETRY_MS);
      }
    }
    running = false;
  };

  return {
    take: <T>(work: (file: SqliteFile) => T): Promise<T> => {
      if (queue.length >= WAITING) return Promise.reject(new Overload());
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: (result) => resolve(result as T), reject });
        if (running) return;
        running = true;
        void run();
      });
    },
    waiting: () => queue.length,
  };
};
