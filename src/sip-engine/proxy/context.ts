import type { Incoming } from '../dialog/types.ts';
import type { SipUri } from '../message/types.ts';
import type { ClientTransaction, Timer } from '../transaction/index.ts';
import type { Candidate } from './choice.ts';
import type { Place } from './places.ts';
import type { Routing } from './routes.ts';
import type { ProxyPlan, ProxyReport } from './types.ts';

/** Where a branch is to go. */
export type Destination = {
  readonly uri: SipUri;
  /** Whether it becomes the Request-URI. */
  readonly replaces: boolean;
};

/** A request while it is being proxied (RFC 3261 16.6: response context). */
export type Context = {
  readonly incoming: Incoming;
  readonly plan: ProxyPlan;
  readonly report: ProxyReport;
  /** Request-URI and route set without what was for us. */
  readonly routing: Routing;
  readonly branches: Branch[];
  /** Destinations yet to be tried. */
  queue: Destination[];
  /** Request-URIs that had their turn, for redirections (RFC 3261 16.5). */
  readonly seen: Set<string>;
  redirects: number;
  readonly candidates: Candidate[];
  /** The caller has withdrawn. */
  cancelled: boolean;
  /** A final response has gone to the caller. */
  finished: boolean;
  /** The report is closed. */
  told: boolean;
};

/** The request on its way to one destination, over all places that stand for it. */
export type Branch = {
  readonly context: Context;
  readonly destination: Destination;
  places: Place[];
  transaction: ClientTransaction<Branch> | undefined;
  provisional: boolean;
  /** Of its INVITE: wanted before the first provisional response, or sent. */
  cancel: 'none' | 'held' | 'sent';
  /** Header lines of the CANCEL. */
  cancelLines: string;
  /** It was too slow; the others go on without it. */
  late: boolean;
  /** It had a 2xx. */
  accepted: boolean;
  ended: boolean;
  /** Limits on the first response and on the final one; timer C, or what CANCEL may take. */
  silence: Timer | undefined;
  patience: Timer | undefined;
  expiry: Timer | undefined;
};

export const newBranch = (context: Context, destination: Destination): Branch => ({
  context,
  destination,
  places: [],
  transaction: undefined,
  provisional: false,
  cancel: 'none',
  cancelLines: '',
  late: false,
  accepted: false,
  ended: false,
  silence: undefined,
  patience: undefined,
  expiry: undefined,
});

/** Whether the caller's answer waits for it. One that was too slow and never said a word is waited for no more. */
export const isAwaited = ({ ended, late, cancel }: Branch): boolean => !ended && !(late && cancel === 'held');
