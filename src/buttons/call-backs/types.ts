import type { Logger } from '../../base/logger.ts';
import type { Region } from '../../base/phone.ts';
import type { ButtonPlan } from '../../config/index.ts';
import type { CallBackTable, NewWebCall, Store } from '../../store/index.ts';
import type { LivePlan, Turns } from '../../tracking/index.ts';

/**
 * What a visitor asks for. The page's origin, its work, its proof of the number and how often its address may ask have been
 * looked at.
 */
export type CallBackRequest = {
  readonly button: ButtonPlan;
  readonly pressId: string;
  readonly viewer: string;
  readonly visitId: string | undefined;
  readonly experimentId: string | undefined;
  readonly arm: string | undefined;
  readonly intent: string | undefined;
  readonly device: CallBackTable['device'];
  /** Path of the page. */
  readonly page: string | undefined;
  readonly verified: CallBackTable['verified'];
  /** As it was typed. */
  readonly number: string;
  /** The visitor agreed to the words that `consentWords` gives. */
  readonly consent: boolean;
  /** Keyed pseudonym of the IP address. */
  readonly addressHmac: string | undefined;
  /** That the page is in, and the words that were agreed to: `en`, `zh-CN`. */
  readonly language: string;
};

/** Why somebody is not called back. */
export type RefusalCode =
  | 'disabled'
  | 'consent'
  /** No telephone number. */
  | 'number'
  | 'emergency'
  /** A number that this gateway calls for nobody: its country, its price, one of our own. */
  | 'not-allowed'
  | 'blocked'
  | 'too-many';

export type CallBackVerdict =
  | {
      readonly type: 'taken';
      readonly id: string;
      /** `later`: not before `dueAt`. */
      readonly state: 'now' | 'later';
      /** Milliseconds since the epoch. */
      readonly dueAt: number;
    }
  | {
      readonly type: 'refused';
      readonly code: RefusalCode;
      /** One sentence for people, without its full stop; names no number. */
      readonly reason: string;
      /** With `too-many`: when it may be asked again. */
      readonly retryAfterSeconds?: number;
    };

/** One call back that is to be placed now. */
export type CallBackOrder = {
  /** Id of its row. */
  readonly id: string;
  readonly button: ButtonPlan;
  readonly intent: string | undefined;
  /** E.164 of the visitor. */
  readonly number: string;
  readonly region: Region | undefined;
  readonly language: string;
  readonly visitId: string | undefined;
  /** What its record has beside it. */
  readonly web: NewWebCall;
  /** The visitor is not called at this moment or later, milliseconds since the epoch; undefined: at any time. */
  readonly notFrom: number | undefined;
  /** Told of the call's id when its record stands. Never rejects. */
  begun(callId: string): Promise<void>;
  /**
   * Counts that the visitor is called, on disk, before it is. Never rejects.
   *
   * @returns false when it could not be noted: then the visitor must not be called
   */
  dialling(): Promise<boolean>;
};

/** How one attempt ended. */
export type CallBackResult = {
  /**
   * `talked`: both did; `nobody`: the visitor was not called, since nobody of the business answered; `visitor`: not reached;
   * `declined`: the visitor does not want the call; `not-now`: neither was called, or no longer in time; `failed`: it can't be.
   */
  readonly end: 'talked' | 'nobody' | 'visitor' | 'declined' | 'not-now' | 'failed';
  /** One sentence, without its full stop; names no number. */
  readonly reason: string;
};

/** Places one call back: rings the business, then the visitor. Rejects only by a fault. */
export type Placer = (order: CallBackOrder) => Promise<CallBackResult>;

export type CallBackOptions = {
  readonly store: Pick<Store, 'exclusively' | 'vault' | 'numbers' | 'blockedCallers'>;
  readonly turns: Turns;
  readonly plan: () => Pick<LivePlan, 'buttons' | 'sites'>;
  readonly limits: { readonly callbacksPerDay: number; readonly callsPerSite: number };
  /** Countries that may be called; none: that of the button's own number. */
  readonly regions: readonly Region[];
  /** Whether there is a trunk through which visitors of this button can be called. */
  readonly canDial: (button: ButtonPlan) => boolean;
  /** Places the calls. */
  readonly place: Placer;
  /** New calls are refused from now on. */
  readonly isDraining: () => boolean;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How often is looked for calls that are due; default 2 s. */
  readonly everyMs?: number;
};

/** Visitors who want to be called: their requests, and when each is called. */
export type CallBacks = {
  /**
   * Takes a visitor's request, or says why not. The same press asked twice is one request.
   *
   * @throws Overload when the database is held
   */
  askForCallBack(request: CallBackRequest): Promise<CallBackVerdict>;
  /** How many visitors wait, and are being called. */
  figures(): Promise<{ readonly waiting: number; readonly calling: number }>;
  /** Takes up what an earlier run left, and calls whoever is due from now on. */
  start(): void;
  /** Ends it; waits until the attempts that are under way are written. */
  stop(): Promise<void>;
};
