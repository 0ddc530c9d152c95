import type { PhoneState } from '../contract.ts';
import { type Change, INITIAL } from './changes.ts';

/** Holds the phone's state and tells who listens when it changes. */
export type Store = {
  readonly state: PhoneState;
  change(...changes: readonly Change[]): void;
  subscribe(listener: () => void): () => void;
};

export const createStore = (): Store => {
  let state = INITIAL;
  const listeners = new Set<() => void>();
  return {
    get state() {
      return state;
    },
    change: (...changes) => {
      const before = state;
      state = changes.reduce((current, change) => change(current), state);
      if (state !== before) for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
