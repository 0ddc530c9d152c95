/** Length of what is generated at a time, in milliseconds. */
export const FRAME_MS = 20;
/** After a stall longer than so many frames, time lost is left lost. */
const MOST_AT_ONCE = 5;

/** Called once a frame; `now` is monotonic milliseconds. */
export type Frame = (now: number) => void;

/** The one timer of a thread's players: 20 ms without drift, running only while somebody wants it. */
export type Pacer = {
  add(frame: Frame): void;
  remove(frame: Frame): void;
  readonly running: boolean;
};

export const createPacer = (): Pacer => {
  const frames = new Set<Frame>();
  let timer: NodeJS.Timeout | undefined;
  let next = 0;

  const schedule = (now: number): void => {
    timer = setTimeout(run, Math.max(0, next - now));
  };

  const run = (): void => {
    timer = undefined;
    const now = performance.now();
    if (now - next > MOST_AT_ONCE * FRAME_MS) next = now;
    for (; next <= now; next += FRAME_MS) {
      for (const frame of frames) frame(now);
    }
    if (frames.size > 0) schedule(performance.now());
  };

  return {
    add(frame) {
      frames.add(frame);
      if (timer !== undefined || frames.size > 1) return;
      const now = performance.now();
      next = now;
      schedule(now);
    },
    remove(frame) {
      frames.delete(frame);
      if (frames.size > 0) return;
      clearTimeout(timer);
      timer = undefined;
    },
    get running() {
      return timer !== undefined;
    },
  };
};
