import type { TokenAnswer } from './contract.ts';

export type Pass = Extract<TokenAnswer, { readonly type: 'given' }>;

/** Fetches the permission for a call, and another one when it got too old. */
export type Permit = {
  /** One that is good for a while yet. Never rejects. */
  fresh(): Promise<TokenAnswer>;
};

/** A token has to reach the gateway within its time. */
const MARGIN_MS = 5000;

const UNREACHABLE: TokenAnswer = { type: 'refused', status: 0, code: 'unreachable' };

/** @param now milliseconds since the epoch */
export const createPermit = (fetch: () => Promise<TokenAnswer>, now: () => number): Permit => {
  let asked: Promise<TokenAnswer> | undefined;
  let goodUntil = 0;

  const ask = async (): Promise<TokenAnswer> => {
    const answer = await fetch().catch(() => UNREACHABLE);
    goodUntil = answer.type === 'given' ? now() + answer.expiresIn * 1000 - MARGIN_MS : 0;
    return answer;
  };

  return {
    fresh: async () => {
      // Asked for in the press itself when it is the first one: nothing is to come before it.
      const known = asked && (await asked);
      if (known?.type === 'given' && now() < goodUntil) return known;
      asked = ask();
      return asked;
    },
  };
};
