import type { Admittance } from '../sip/index.ts';

const RETRY_S = 10;

/**
 * Counts the calls that each user has placed or has handed to somebody outside, so that a stolen login can't run up a bill.
 * A call counts until it is over, also when its user has left it.
 */
export type UserPlaces = {
  /** Asks for a place for one call more of this user. */
  enter(user: string): Admittance;
  /** Counts a call that is up already, room or not. @returns how to give its place back */
  keep(user: string): () => void;
};

/** @param most calls of one user at once */
export const createUserPlaces = (most: number): UserPlaces => {
  const up = new Map<string, number>();
  const countOf = (user: string): number => up.get(user) ?? 0;

  const keep = (user: string): (() => void) => {
    up.set(user, countOf(user) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const rest = countOf(user) - 1;
      if (rest > 0) up.set(user, rest);
      else up.delete(user);
    };
  };

  return {
    keep,
    enter: (user) => {
      if (countOf(user) < most) return { type: 'admitted', leave: keep(user) };
      const reason = `${user} has ${most} calls up already, as many as phone.outbound.maxCalls allows`;
      return { type: 'full', reason, retryAfterSeconds: RETRY_S };
    },
  };
};
