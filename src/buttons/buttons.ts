import type { Logger } from '../base/logger.ts';
import type { Region } from '../base/phone.ts';
import type { ButtonPlan, GatewayConfig } from '../config/index.ts';
import type { Store } from '../store/index.ts';
import { createTurns, type Dni, type LivePlan } from '../tracking/index.ts';
import { type AdmissionOptions, createAdmission } from './admission.ts';
import { createArms } from './arms.ts';
import { createAvailability } from './availability.ts';
import type { CallBackDesk } from './call-back-asked.ts';
import { createEventLog } from './event-log.ts';
import { createNetworkNames } from './networks.ts';
import { createButtonPages } from './pages.ts';
import type { ButtonPages } from './pages-types.ts';
import { createQualityBook } from './quality.ts';
import { createSmsSender } from './sms/index.ts';
import { type ButtonTally, createTally } from './tally.ts';
import { createTokens } from './tokens.ts';
import type { ButtonCalls } from './types.ts';
import { createWho } from './who.ts';
import { createWork } from './work.ts';

export type ButtonsOptions = {
  readonly settings: GatewayConfig['buttons'];
  readonly store: Pick<Store, 'exclusively' | 'vault'>;
  readonly plan: () => LivePlan;
  readonly dni: Pick<Dni, 'events'>;
  /** Countries that visitors' numbers may be of; none: that of the button's own number. */
  readonly regions: readonly Region[];
  readonly originUnknown: AdmissionOptions['originUnknown'];
  /** Whether the gateway takes calls of browsers now. */
  readonly takesCalls: () => boolean;
  /** Whoever calls visitors back; undefined: nobody. Asked at each request. */
  readonly callBacks: () => CallBackDesk | undefined;
  /** Whether visitors of a button can be called back at all. */
  readonly canCallBack: (button: ButtonPlan) => boolean;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Call buttons: what pages ask, and what calls ask. */
export type Buttons = {
  readonly pages: ButtonPages;
  readonly calls: ButtonCalls;
  /** What happened since the start. */
  figures(): ButtonTally;
  /** Writes what browsers have told of calls that are over; for tests. */
  flush(): Promise<void>;
  stop(): Promise<void>;
};

/** Call buttons over a store. Every secret is derived from its key file. */
export const createButtons = (options: ButtonsOptions): Buttons => {
  const { settings, store, plan, dni, logger, now } = options;
  const { vault } = store;
  const turns = createTurns(store);
  const tokens = createTokens(vault.derive('call-token'));
  const tally = createTally();
  const quality = createQualityBook(store, logger, now);
  const networkName = createNetworkNames(vault);
  const admission = createAdmission({
    tokens,
    // Of their own: pages that ask too much keep no call waiting, and have none refused.
    turns: createTurns(store),
    plan,
    limits: settings.limits,
    networkName,
    originUnknown: options.originUnknown,
    now,
    onAdmitted: ({ pressId, siteId }) => quality.open(pressId, siteId),
  });
  const ground = {
    settings,
    plan,
    turns,
    tokens,
    admission,
    work: createWork(vault.derive('call-work'), settings.proofOfWork.bits),
    who: createWho(vault),
    networkName,
    arms: createArms(plan),
    availability: createAvailability(),
    log: createEventLog(tally.noted),
    regions: options.regions,
    takesCalls: options.takesCalls,
    canCallBack: options.canCallBack,
    now,
  };
  const pages = createButtonPages({
    ground,
    vault,
    dni,
    sendSms: createSmsSender(settings.sms, logger),
    quality,
    callBacks: options.callBacks,
  });
  const { admit, resumes, enter } = admission;
  return {
    pages: tally.watch(pages),
    figures: tally.read,
    calls: { admit, resumes, enter },
    flush: quality.flush,
    stop: quality.stop,
  };
};
