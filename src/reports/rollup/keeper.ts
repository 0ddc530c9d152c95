import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { isBusy, type SqliteFile, type Store } from '../../store/index.ts';
import { keepBlock, missingBlocks } from './blocks.ts';
import { keepDay, staleDays } from './keep.ts';
import type { BlockFigures, DayFigures } from './types.ts';

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
  /** The same for a block of days, from its first. */
  readonly countBlock: (day: number) => Promise<BlockFigures>;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/**
 * Keeps the figures of days that are over up to date: looks every minute, counts stale days in the thread of reports, and
 * writes each in a short transaction.
 */
export const startRollupKeeper = ({ store, countDay, countBlock, logger, now }: Parts): RollupKeeper => {
  let stopped = false;
  /** Whether a block may have to be counted. */
  let blocksDue = true;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds).unref();
    });

  const each = async <Counted>(
    days: readonly number[],
    count: (day: number) => Promise<Counted>,
    keep: (file: SqliteFile, counted: Counted) => boolean,
  ): Promise<void> => {
    for (const day of days) {
      if (stopped) return;
      const counted = await count(day);
      if (stopped) return;
      await store.exclusively((file) => keep(file, counted));
      await sleep(PAUSE_MS);
    }
  };

  const catchUp = async (): Promise<void> => {
    const days = await store.exclusively((file) => staleDays(file, now()));
    blocksDue ||= days.length > 0;
    await each(days, countDay, keepDay);
    if (!blocksDue) return;
    await each(await store.exclusively((file) => missingBlocks(file, now())), countBlock, keepBlock);
    blocksDue = false;
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
