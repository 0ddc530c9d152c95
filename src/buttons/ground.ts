import type { Region } from '../base/phone.ts';
import type { ButtonPlan, GatewayConfig } from '../config/index.ts';
import type { LivePlan, Turns } from '../tracking/index.ts';
import type { Admission } from './admission.ts';
import type { Arms } from './arms.ts';
import type { Availability } from './availability.ts';
import type { EventLog } from './event-log.ts';
import type { Refusal } from './pages-types.ts';
import type { Tokens } from './tokens.ts';
import type { Who } from './who.ts';
import type { Work } from './work.ts';

/** What each of the pages' questions stands on. */
export type Ground = {
  readonly settings: GatewayConfig['buttons'];
  readonly plan: () => LivePlan;
  readonly turns: Turns;
  readonly tokens: Tokens;
  readonly admission: Admission;
  readonly work: Work;
  readonly who: Who;
  /** Pseudonym of the network of an address. */
  readonly networkName: (address: string) => string;
  readonly arms: Arms;
  readonly availability: Availability;
  readonly log: EventLog;
  /** Countries that visitors' numbers may be of. */
  readonly regions: readonly Region[];
  /** Whether the gateway takes calls of browsers now. */
  readonly takesCalls: () => boolean;
  /** Whether visitors of a button can be called back at all. */
  readonly canCallBack: (button: ButtonPlan) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

export const refuse = (
  status: Refusal['status'],
  code: string,
  detail: string,
  more: Pick<Refusal, 'retryAfterSeconds' | 'work' | 'left'> = {},
): Refusal => ({ type: 'refused', status, code, detail, ...more });

export const tooMany = (detail: string, waitMs: number): Refusal =>
  refuse(429, 'too-many', detail, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
