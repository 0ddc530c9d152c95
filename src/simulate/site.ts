import type { Store } from '../store/index.ts';
import type { LedgerVerdict } from '../tracking/index.ts';
import type { Post } from './browsers.ts';

/** A call as the outside world makes it. */
export type PlacedCall = {
  /** E.164 */
  readonly did: string;
  /** E.164; undefined: withheld. */
  readonly caller: string | undefined;
  /** Whether somebody will answer it. */
  readonly answered: boolean;
};

/** A call that rings. */
export type OngoingCall = {
  answer(): Promise<void>;
  /** Ends it, and waits until its record is complete: its id in the call log. */
  end(): Promise<string>;
};

/** A gateway of the simulation's own, in a folder that goes with it, whose time is the simulation's. */
export type Site = {
  readonly store: Pick<Store, 'db' | 'exclusively' | 'vault'>;
  readonly post: Post;
  call(call: PlacedCall): Promise<OngoingCall>;
  /** Looks after leases and numbers, as a gateway does every 30 s. */
  sweep(at: number): Promise<void>;
  /** Learns how long after a visit people call, as a gateway does every day. */
  refit(at: number): Promise<void>;
  /** Replays the ledger of leases. @throws FailureError when a number was ever lent twice at once, or the ledger is not whole */
  verify(): Promise<LedgerCounts>;
  close(): Promise<void>;
};

/** What the ledger of leases holds. */
export type LedgerCounts = LedgerVerdict['counts'];

/** The clock of a simulation: moves when it is told to. */
export type Clock = { now(): number; set(at: number): void };

export const createClock = (start: number): Clock => {
  let at = start;
  return {
    now: () => at,
    set: (later) => {
      at = Math.max(at, later);
    },
  };
};
