import type { CallerVault, SqliteFile } from '../store/index.ts';
import type { Dni } from '../tracking/index.ts';
import { type CallBackDesk, createCallBackTaker } from './call-back-asked.ts';
import { describeButtons } from './describe.ts';
import { createEventTaker } from './events.ts';
import type { Ground } from './ground.ts';
import type { ButtonPages } from './pages-types.ts';
import { preparedOnce } from './prepared.ts';
import type { QualityBook } from './quality.ts';
import { createRater } from './rating.ts';
import type { SmsSender } from './sms/index.ts';
import { createGuard, createTokenGiver } from './token.ts';
import { createVerifier } from './verify.ts';

export type PagesOptions = {
  readonly ground: Ground;
  readonly vault: CallerVault;
  readonly dni: Pick<Dni, 'events'>;
  readonly sendSms: SmsSender;
  readonly quality: QualityBook;
  /** Undefined: nobody is called back. */
  readonly callBacks: () => CallBackDesk | undefined;
};

const statementsOf = preparedOnce((file) => ({
  tracked: file.prepare<[e164: string], number>('SELECT 1 FROM tracking_number WHERE number = ?').pluck(),
}));

const isTracked = (file: SqliteFile, e164: string): boolean =>
  statementsOf(file).tracked.get(e164) !== undefined;

/** What web pages ask of call buttons. */
export const createButtonPages = (options: PagesOptions): ButtonPages => {
  const { ground, vault, dni, sendSms, quality, callBacks } = options;
  const guard = createGuard(ground);
  const events = createEventTaker(ground, dni);
  const token = createTokenGiver(ground, guard);
  const { verify, checkCode } = createVerifier(ground, guard, vault, sendSms);
  const callBack = createCallBackTaker(ground, guard, vault, callBacks);
  const rate = createRater(ground);

  return {
    sites: () => ground.plan().sites,
    isOurs: async (button, e164) =>
      e164 === button.number || (await ground.turns.take((file) => isTracked(file, e164))),
    button: (site, id) => {
      const button = ground.plan().buttons.get(id);
      return button?.site === site.id ? button : undefined;
    },
    hosted: (id) => {
      const { buttons, sites } = ground.plan();
      const button = buttons.get(id);
      const site = button && sites.get(button.site);
      return button && site && { button, site };
    },
    config: (request) => describeButtons(ground, request),
    events,
    token,
    verify,
    checkCode,
    callBack,
    quality: async (siteId, pressId, samples) => quality.take(pressId, siteId, samples),
    rate,
  };
};
