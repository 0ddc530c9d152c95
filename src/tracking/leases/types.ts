import type { PoolPlan } from '../../config/index.ts';
import type { LeaseTable, Millis, NumberState } from '../../store/index.ts';

/** A visit asks a pool for a number. */
export type LeaseRequest = {
  readonly pool: PoolPlan;
  /** Digest of what visits that may share a number have in common; undefined: a number of its own. */
  readonly class: string | undefined;
  readonly visitId: string;
  readonly visitorId: string;
  /** Keyed pseudonym of the address (/64 of IPv6), for the limit on new leases; null: unknown. */
  readonly address: string | null;
  readonly at: Millis;
};

/** How a visit came to its number. `kept`: it, or its visitor, had it already; `sticky`: the visitor had it earlier. */
export type GrantWay = 'kept' | 'sticky' | 'shared' | 'free' | 'stolen';

/** Why there is no number of the pool. */
export type RefusalReason = 'exhausted' | 'no_numbers' | 'visitor_limit' | 'too_many_new';

export type Grant =
  | {
      readonly type: 'leased';
      /** E.164 */
      readonly number: string;
      readonly leaseId: string;
      readonly how: GrantWay;
    }
  /** The pool's overflow number, which belongs to a source. */
  | { readonly type: 'overflow'; readonly number: string; readonly reason: RefusalReason }
  | { readonly type: 'none'; readonly reason: RefusalReason };

/** What decisions need to know of an open lease. */
export type OpenLease = Pick<
  LeaseTable,
  | 'id'
  | 'pool_id'
  | 'number'
  | 'visit_id'
  | 'visitor_id'
  | 'class'
  | 'opened_at'
  | 'last_seen_at'
  | 'idle_at'
  | 'expires_at'
>;

export type CloseReason = NonNullable<LeaseTable['close_reason']>;

/** A row of the ledger before it is written, by its type. Bodies hold ids and times alone: nothing of a person. */
export type LedgerEntry = { readonly at: Millis; readonly poolId: string } & (
  | {
      readonly type: 'opened';
      readonly number: string;
      readonly leaseId: string;
      readonly visitId: string;
      readonly body: {
        readonly how: 'sticky' | 'free' | 'stolen';
        readonly visitor: string;
        readonly class: string | null;
        readonly expires_at: Millis;
        readonly stolen_from: string | null;
      };
    }
  | {
      readonly type: 'joined';
      readonly number: string;
      readonly leaseId: string;
      readonly visitId: string;
      readonly body: { readonly why: 'visitor' | 'class'; readonly visitor: string };
    }
  | {
      readonly type: 'closed';
      readonly number: string;
      readonly leaseId: string;
      readonly visitId: string;
      /** What the lease looked like: it proves that nobody had the number in view when it was taken. */
      readonly body: {
        readonly reason: CloseReason;
        readonly last_seen_at: Millis;
        readonly idle_at: Millis | null;
        readonly expires_at: Millis;
      };
    }
  | {
      readonly type: 'held';
      readonly number: string;
      readonly leaseId: string;
      readonly visitId: string;
      readonly body: { readonly until: Millis };
    }
  | {
      readonly type: 'refused';
      readonly number: null;
      readonly leaseId: null;
      readonly visitId: string;
      readonly body: { readonly reason: RefusalReason; readonly overflow: boolean };
    }
);

/** A number of a pool, with what its lending depends on. */
export type PoolNumber = {
  /** E.164 */
  readonly number: string;
  readonly poolId: string;
  readonly state: NumberState;
  readonly stateSince: Millis;
  readonly enabled: boolean;
  /** Last call on it, tests apart; null: none. */
  readonly lastCallAt: Millis | null;
};
