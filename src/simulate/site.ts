import type { Store } from '../store/index.ts';
import type { Post } from './browsers.ts';

/** A call as the outside world makes it. */
export type PlacedCall = {
  /** E.164 */
  readonly did: string;
  /** E.164; undefined: withheld. */
  readonly caller: string | undefined;
  readonly answered: boolean;
  /** From the INVITE to the answer, or to the end of a call that is not answered. */
  readonly ringMs: number;
  /** From the INVITE to the end, on the simulated clock. */
  readonly lengthMs: number;
};

/** A call that is going on. */
export type OngoingCall = {
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
  close(): Promise<void>;
};

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
