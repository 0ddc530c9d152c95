import type { PoolPlan } from '../../config/index.ts';
import type { Millis } from '../../store/index.ts';
import type { LeaseRequest, OpenLease, RefusalReason } from './types.ts';

/**
 * The lease machine: who gets which number. Pure functions of rows and the time. FREE → ACTIVE → IDLE → FREE, or IDLE → stolen;
 * no way leads from ACTIVE to another visit.
 */

/** A visit is in view as long as its last sign is no older, ms: two missed heartbeats of 60 s. */
export const ACTIVE_MS = 150_000;

/**
 * Share of a pool's numbers that are kept for call-backs at most: what is kept is missing to the visits of the next hours, whose
 * calls would be credited wrongly. A pool of less than ten numbers keeps none; there the number goes round and comes last.
 */
export const HELD_SHARE = 0.1;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export type LeaseState = 'active' | 'idle' | 'free';

/** Where an open lease stands at a time; `free` when its time is over, whether it was closed since or not. */
export const leaseState = (
  lease: Pick<OpenLease, 'last_seen_at' | 'idle_at' | 'expires_at'>,
  at: Millis,
): LeaseState => {
  if (isActive(lease, at)) return 'active';
  return at < lease.expires_at ? 'idle' : 'free';
};

/** In view: seen within 150 s and not hidden since. */
export const isActive = (lease: Pick<OpenLease, 'last_seen_at' | 'idle_at'>, at: Millis): boolean =>
  lease.idle_at === null && at - lease.last_seen_at <= ACTIVE_MS;

/** When a lease is free if its last sign was at `at`. One in view is never free, however short the pool's idle time. */
export const expiryAfter = (pool: Pick<PoolPlan, 'idleMinutes'>, at: Millis, hidden: boolean): Millis => {
  const idleMs = Math.round(pool.idleMinutes * MINUTE_MS);
  return at + (hidden ? idleMs : Math.max(idleMs, ACTIVE_MS + 1));
};

/** Kept beyond its last sign: for a call-back. */
export const isHeld = (
  pool: Pick<PoolPlan, 'idleMinutes'>,
  lease: Pick<OpenLease, 'last_seen_at' | 'idle_at' | 'expires_at'>,
): boolean => lease.expires_at > expiryAfter(pool, lease.last_seen_at, lease.idle_at !== null);

/** When it is free after a page was hidden. Time that a call gave it stays. */
export const expiryHidden = (
  pool: Pick<PoolPlan, 'idleMinutes'>,
  lease: Pick<OpenLease, 'last_seen_at' | 'idle_at' | 'expires_at'>,
  at: Millis,
): Millis => {
  const bySigns = expiryAfter(pool, lease.last_seen_at, lease.idle_at !== null);
  const hidden = expiryAfter(pool, at, true);
  return lease.expires_at > bySigns ? Math.max(lease.expires_at, hidden) : hidden;
};

/** A number that may be lent, and the lease that is open on it. */
export type Slot = {
  /** E.164 */
  readonly number: string;
  /** Last sign of the last visit that had it; 0: nobody had it yet. */
  readonly usedAt: Millis;
  readonly lease: OpenLease | undefined;
};

/** What a decision looks at. The functions are asked only when it comes to them. */
export type PoolView = {
  /** The open lease of this visit in this pool; neither this nor the next are expired, or on numbers taken out. */
  readonly ofVisit: () => OpenLease | undefined;
  /** Those of its visitor, in all pools; neither these nor the next are on numbers that are draining. */
  readonly ofVisitor: () => readonly OpenLease[];
  /** The open lease of the request's class in this pool. */
  readonly ofClass: () => OpenLease | undefined;
  /** Whether the pool has any number to lend at all. */
  readonly hasNumbers: () => boolean;
  /** The number that the visitor had last, of those that are free now. */
  readonly earlierFree: () => string | undefined;
  /** The free number that was used longest ago. */
  readonly leastUsed: () => string | undefined;
  /** The lease whose visit was away longest: never one in view. Those kept for a call-back come last. */
  readonly oldestIdle: () => OpenLease | undefined;
  /** Whether this visitor and this address may open another lease now. */
  readonly mayOpen: () => boolean;
};

export type Decision =
  /** It has this one; nothing is written but the sign. */
  | { readonly type: 'keep'; readonly lease: OpenLease }
  | { readonly type: 'join'; readonly lease: OpenLease; readonly why: 'visitor' | 'class' }
  | { readonly type: 'lend'; readonly number: string; readonly how: 'sticky' | 'free' }
  | { readonly type: 'steal'; readonly from: OpenLease }
  | { readonly type: 'refuse'; readonly reason: RefusalReason };

/** The class that a request shares a lease with; undefined: none, or the pool doesn't share. */
export const sharedClass = ({
  pool,
  class: name,
}: Pick<LeaseRequest, 'pool' | 'class'>): string | undefined => (pool.shareClasses ? name : undefined);

/**
 * Which number a visit gets: its own lease, its class's, the visitor's earlier number if it is free, the free number used
 * longest ago, the one of the visit that is away longest, none.
 */
export const decideGrant = (
  request: Pick<LeaseRequest, 'pool' | 'class' | 'visitId'>,
  view: PoolView,
): Decision => {
  const own = view.ofVisit();
  if (own) return { type: 'keep', lease: own };
  // A class's lease is not its last visitor's own: a visit with an ad's click gets one for itself.
  const ofVisitor = view.ofVisitor();
  const visitors = ofVisitor.find((lease) => lease.pool_id === request.pool.id && lease.class === null);
  if (visitors) return { type: 'join', lease: visitors, why: 'visitor' };
  const ofClass = view.ofClass();
  if (ofClass) return { type: 'join', lease: ofClass, why: 'class' };
  if (ofVisitor.length >= request.pool.leasesPerVisitor) return { type: 'refuse', reason: 'visitor_limit' };
  if (!view.mayOpen()) return { type: 'refuse', reason: 'too_many_new' };
  const earlier = view.earlierFree();
  if (earlier !== undefined) return { type: 'lend', number: earlier, how: 'sticky' };
  const free = view.leastUsed();
  if (free !== undefined) return { type: 'lend', number: free, how: 'free' };
  const idle = view.oldestIdle();
  if (idle) return { type: 'steal', from: idle };
  return { type: 'refuse', reason: view.hasNumbers() ? 'exhausted' : 'no_numbers' };
};

/** A visitor whose last sign on a number is later than this is given it again, if it is free. */
export const stickySince = (pool: Pick<PoolPlan, 'stickyDays'>, at: Millis): Millis =>
  at - Math.round(pool.stickyDays * DAY_MS);

/** The numbers free at `at`, the one used longest ago first. */
export const freeSlots = (slots: readonly Slot[], at: Millis): readonly Slot[] => {
  const lastUse = ({ usedAt, lease }: Slot): Millis => lease?.last_seen_at ?? usedAt;
  return slots
    .filter(({ lease }) => lease === undefined || leaseState(lease, at) === 'free')
    .toSorted((a, b) => lastUse(a) - lastUse(b) || (a.number < b.number ? -1 : 1));
};

/** Leases that may be stolen at `at`, the one whose visit is away longest first. */
export const idleLeases = (slots: readonly Slot[], at: Millis): readonly OpenLease[] =>
  slots
    .flatMap(({ lease }) => (lease !== undefined && leaseState(lease, at) === 'idle' ? [lease] : []))
    .toSorted((a, b) => a.expires_at - b.expires_at || (a.id < b.id ? -1 : 1));

/**
 * A view of a whole pool in memory; the gateway's own asks the database for the same answers.
 *
 * @param slots the numbers that may be lent
 * @param earlier numbers that the visitor had, the last first
 */
export const viewOfSlots = (
  slots: readonly Slot[],
  of: Pick<PoolView, 'ofVisit' | 'ofVisitor' | 'ofClass'> & { readonly earlier: readonly string[] },
  at: Millis,
  mayOpen = true,
): PoolView => {
  const free = freeSlots(slots, at);
  const isFree = new Set(free.map(({ number }) => number));
  return {
    ...of,
    hasNumbers: () => slots.length > 0,
    earlierFree: () => of.earlier.find((number) => isFree.has(number)),
    leastUsed: () => free[0]?.number,
    oldestIdle: () => idleLeases(slots, at)[0],
    mayOpen: () => mayOpen,
  };
};
