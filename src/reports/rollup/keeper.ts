import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { isBusy, type Store } from '../../store/index.ts';
import { keepDay, staleDays } from './keep.ts';
import type { DayFigures } from './types.ts';

const LOOK_EVERY_MS = 60_000;
/** Between two days: whoever waits for the database comes first. */
const PAUSE_MS = 20;

export type RollupKeeper = {
  /** Lets the day under way be finished. */
  stop(): Promise<void>;
};

type Parts = {
  readonly store: Pick<Store, 'exclusively'>;
  /** Counts a day elsewhere than on this thread. */
  readonly countDay: (day: number) => Promise<DayFigures>;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/**
 * Keeps the figures of days that are over up to date: looks every minute, counts stale days in the thread of reports, and
 * writes each in a short transaction.
 */
export const startRollupKeeper = ({ store, countDay, logger, now }: Parts): RollupKeeper => {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds).unref();
    });

  const catchUp = async (): Promise<void> => {
    for (const day of await store.exclusively((file) => staleDays(file, now()))) {
      const figures = await countDay(day);
      if (stopped) return;
      await store.exclusively((file) => keepDay(file, figures));
      if (stopped) return;
      await sleep(PAUSE_MS);
    }
  };

  const look = async (): Promise<void> => {
    try {
      await catchUp();
    } catch (error) {
      // Reports read the calls themselves meanwhile.
      if (!stopped && !isBusy(error))
        logger.error({ error: errorMessage(error) }, 'figures of past days not brought up to date');
    }
    if (!stopped) lookIn(LOOK_EVERY_MS);
  };
  const lookIn = (milliseconds: number): void => {
    timer = setTimeout(() => {
      looking = look();
    }, milliseconds).unref();
  };
  lookIn(0);

  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
};
