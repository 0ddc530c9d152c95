import type { ChoiceStorage } from './choices.ts';

/** `localStorage`, whose very name may throw where a browser forbids it. */
export const storage: ChoiceStorage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, value),
};
