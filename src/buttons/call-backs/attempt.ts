import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Region } from '../../base/phone.ts';
import type { ButtonPlan } from '../../config/index.ts';
import type { CallBackTable, NewWebCall } from '../../store/index.ts';
import type { Turns } from '../../tracking/index.ts';
import { attemptsOf, countCall, findCallBack, noteCall, settleCallBack } from './queue.ts';
import { afterAttempt } from './rules.ts';
import type { CallBackOrder, CallBackResult, Placer } from './types.ts';

type Dependencies = {
  readonly turns: Turns;
  readonly place: Placer;
  readonly logger: Logger;
  readonly now: () => number;
  readonly stopped: AbortSignal;
};

type Claimed = {
  readonly row: CallBackTable;
  readonly button: ButtonPlan;
  readonly number: string;
  readonly region: Region;
  readonly notFrom: number | undefined;
};

const webColumns = (row: CallBackTable): NewWebCall => ({
  kind: 'callback',
  press_id: row.press_id,
  button_id: row.button_id,
  site_id: row.site_id,
  experiment_id: row.experiment_id,
  arm: row.arm,
  viewer: row.viewer,
  visit_id: row.visit_id,
  intent: row.intent,
  origin: null,
  page: row.page,
  device: row.device,
  pressed_at: row.requested_at,
  verified: row.verified,
});

const WAITS_MS = [200, 1000, 5000, 15_000, 60_000];
/** What a gateway that stops does not get written is taken up by the next start. */
const LAST_TRIES = 2;

/** Calls somebody whose row is marked, and notes what came of it. Never rejects. */
export const attempt = async (
  { turns, place, logger, now, stopped }: Dependencies,
  { row, button, number, region, notFrom }: Claimed,
): Promise<void> => {
  const { id } = row;
  const { tries, retryMinutes } = button.callback;
  let counted = false;
  const order: CallBackOrder = {
    id,
    button,
    intent: row.intent ?? undefined,
    number,
    region,
    language: row.language,
    visitId: row.visit_id ?? undefined,
    web: webColumns(row),
    notFrom,
    begun: async (callId) => {
      counted = true;
      await turns
        .take((file) => noteCall(file, id, callId))
        .catch((error: unknown) =>
          logger.warn({ callBack: id, error: errorMessage(error) }, 'call of a call back not noted'),
        );
    },
    dialling: () => turns.take((file) => countCall(file, id, tries)).catch(() => false),
  };
  const result = await place(order).catch((error: unknown): CallBackResult => {
    logger.error({ callBack: id, error: errorMessage(error) }, 'call back failed');
    return { end: 'failed', reason: 'the gateway failed' };
  });
  const at = now();
  for (let failures = 0; ; failures += 1) {
    try {
      await turns.take((file) => {
        const calls = findCallBack(file, id)?.tries ?? 0;
        const facts = {
          result,
          calls,
          maxCalls: tries,
          attempts: attemptsOf(file, row.press_id),
          counted,
          retryMs: retryMinutes * 60_000,
          at,
        };
        settleCallBack(file, id, afterAttempt(facts));
      });
      return;
    } catch (error) {
      logger.error({ callBack: id, error: errorMessage(error) }, 'end of a call back not written yet');
      if (stopped.aborted && failures >= LAST_TRIES) return;
      const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 0;
      await sleep(wait, undefined, { signal: stopped, ref: false }).catch(() => sleep(200));
    }
  }
};
