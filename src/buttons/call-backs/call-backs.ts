import { errorMessage } from '../../base/errors.ts';
import type { CallBackTable } from '../../store/index.ts';
import { OUT_OF_HOURS, takeRequest } from './ask.ts';
import { attempt } from './attempt.ts';
import { createDestinations, scheduleOf } from './destinations.ts';
import {
  claimCallBack,
  countWaiting,
  deferCallBack,
  dueCallBacks,
  finishCallBack,
  hasCalledSince,
  recoverCallBacks,
  type Tries,
} from './queue.ts';
import { hoursFor, nextCallMoment, quietFrom } from './rules.ts';
import type { CallBackOptions, CallBacks } from './types.ts';

const EVERY_MS = 2000;
/** Those that are looked at in one go. */
const MOST_AT_ONCE = 200;

export const createCallBacks = (options: CallBackOptions): CallBacks => {
  const { store, turns, plan, limits, regions, logger, now } = options;
  const running = new Map<string, { readonly siteId: string; readonly done: Promise<void> }>();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> = Promise.resolve();
  let recovered = false;

  const destinations = createDestinations({ store, plan, regions });

  /** Looks once more whether somebody may be called, and marks the row before anything is dialled. */
  const begin = async (row: CallBackTable, at: number): Promise<void> => {
    const button = plan().buttons.get(row.button_id);
    const giveUp = (reason: string): Promise<void> =>
      turns.take((file) => finishCallBack(file, row.id, 'failed', reason));
    if (!button?.callback.enabled) return giveUp('the button calls nobody back any more');
    const number = store.vault.reveal(row.number_encrypted);
    const { destination, blocked } = await destinations.of(number, button);
    if (destination.type === 'refused') return giveUp(destination.reason);
    if (blocked) return giveUp('the number is on the list of blocked callers');
    const { region } = destination;
    const schedule = await store.exclusively((file) => scheduleOf(file, button));
    const hours = hoursFor(button, region, schedule);
    const moment = nextCallMoment(hours, at);
    if (moment === undefined) return giveUp('there is no time at which the number could be called');
    if (moment > at) return turns.take((file) => deferCallBack(file, row.id, moment, OUT_OF_HOURS));
    const { id, number_hmac, requested_at } = row;
    if (await store.exclusively((file) => hasCalledSince(file, number_hmac, requested_at)))
      return turns.take((file) => finishCallBack(file, id, 'done', 'the visitor has called meanwhile'));
    if (stopping.signal.aborted || options.isDraining()) return;
    if (!(await turns.take((file) => claimCallBack(file, row.id)))) return;
    const done = attempt(
      { turns, place: options.place, logger, now, stopped: stopping.signal },
      { row, button, number, region, notFrom: quietFrom(hours, at) },
    ).finally(() => running.delete(row.id));
    running.set(row.id, { siteId: row.site_id, done });
  };

  const callsOf = (site: string): number =>
    [...running.values()].filter(({ siteId }) => siteId === site).length;

  const triesOf = ({ button_id }: CallBackTable): Tries => {
    const callback = plan().buttons.get(button_id)?.callback;
    return { most: callback?.tries ?? 1, retryMs: (callback?.retryMinutes ?? 15) * 60_000 };
  };

  /** Before the first look: until it is done, nobody is called. */
  const recover = async (): Promise<void> => {
    const waiting = await turns.take((file) => recoverCallBacks(file, now(), triesOf));
    recovered = true;
    if (waiting > 0) logger.info({ callBacks: waiting }, 'call backs of the last run wait again');
  };

  const look = async (): Promise<void> => {
    if (!recovered) await recover();
    const at = now();
    // A site with more requests than it may have calls keeps nobody else's from being looked at.
    const full = [...new Set([...running.values()].map(({ siteId }) => siteId))].filter(
      (site) => callsOf(site) >= limits.callsPerSite,
    );
    const due = await store.exclusively((file) => dueCallBacks(file, at, { full, most: MOST_AT_ONCE }));
    for (const row of due) {
      if (stopping.signal.aborted || options.isDraining()) return;
      if (callsOf(row.site_id) >= limits.callsPerSite) continue;
      await begin(row, at).catch((error: unknown) =>
        logger.error({ callBack: row.id, error: errorMessage(error) }, 'call back not begun'),
      );
    }
  };

  const tick = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await look().catch((error: unknown) =>
      logger.error({ error: errorMessage(error) }, 'call backs not looked at'),
    );
    if (!stopping.signal.aborted) timer = setTimeout(again, options.everyMs ?? EVERY_MS).unref();
  };
  const again = (): void => {
    ticking = tick();
  };

  return {
    askForCallBack: async (request) => {
      const verdict = await takeRequest({ ...options, destinations }, request);
      // Who is to be called now waits for no clock; a look that is under way may have missed it, and comes again soon.
      if (verdict.type === 'taken' && verdict.state === 'now' && timer !== undefined) again();
      return verdict;
    },
    figures: async () => ({
      waiting: await store.exclusively(countWaiting),
      calling: running.size,
    }),
    start: again,
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await ticking;
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
};
