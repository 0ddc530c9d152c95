/** A running timer. Opaque to everybody but `Timers`. */
export type Timer = {
  handle: NodeJS.Timeout | undefined;
  readonly run: (argument: never) => void;
  readonly argument: unknown;
  /** Neighbours in the list of those running. */
  before: Timer | undefined;
  after: Timer | undefined;
};

/** Counts and owns all timers of the engine, so that none outlives it. */
export type Timers = {
  /** Calls `run(argument)` once after `ms` milliseconds. */
  set<A>(ms: number, run: (argument: A) => void, argument: A): Timer;
  /** Stops a timer; undefined and expired ones are fine. */
  clear(timer: Timer | undefined): void;
  /** Timers running now. */
  readonly count: number;
  /** Stops all of them, and every one set later. */
  close(): void;
};

/** Timers over setTimeout, which keeps one list for each duration: setting and clearing are O(1). */
export const createTimers = (): Timers => {
  let latest: Timer | undefined;
  let count = 0;
  let closed = false;

  const drop = (timer: Timer): void => {
    const { before, after } = timer;
    if (after === undefined) latest = before;
    else after.before = before;
    if (before !== undefined) before.after = after;
    timer.handle = undefined;
    timer.before = undefined;
    timer.after = undefined;
    count -= 1;
  };

  const fire = (timer: Timer): void => {
    drop(timer);
    (timer.run as (argument: unknown) => void)(timer.argument);
  };

  const clear = (timer: Timer | undefined): void => {
    if (timer?.handle === undefined) return;
    clearTimeout(timer.handle);
    drop(timer);
  };

  return {
    set(ms, run, argument) {
      const timer: Timer = { handle: undefined, run, argument, before: latest, after: undefined };
      if (closed) return timer;
      timer.handle = setTimeout(fire, ms, timer);
      timer.handle.unref();
      if (latest !== undefined) latest.after = timer;
      latest = timer;
      count += 1;
      return timer;
    },
    clear,
    get count() {
      return count;
    },
    close() {
      closed = true;
      while (latest !== undefined) clear(latest);
    },
  };
};
