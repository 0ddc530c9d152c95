/** A running timer. Opaque to everybody but `Timers`. */
export type Timer = {
  handle: NodeJS.Timeout | undefined;
  readonly run: (argument: never) => void;
  readonly argument: unknown;
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
  const running = new Set<Timer>();
  let closed = false;
  const fire = (timer: Timer): void => {
    timer.handle = undefined;
    running.delete(timer);
    (timer.run as (argument: unknown) => void)(timer.argument);
  };
  return {
    set(ms, run, argument) {
      const timer: Timer = { handle: undefined, run, argument };
      if (closed) return timer;
      timer.handle = setTimeout(fire, ms, timer);
      timer.handle.unref();
      running.add(timer);
      return timer;
    },
    clear(timer) {
      if (timer?.handle === undefined) return;
      clearTimeout(timer.handle);
      timer.handle = undefined;
      running.delete(timer);
    },
    get count() {
      return running.size;
    },
    close() {
      closed = true;
      for (const timer of running) {
        clearTimeout(timer.handle);
        timer.handle = undefined;
      }
      running.clear();
    },
  };
};
