import type { Features } from '../../config/index.ts';

/** What a code stands for. */
export type FeatureCode = 'blindTransfer' | 'attendedTransfer' | 'pauseRecording';

/** What becomes of keys that were pressed. */
export type Read =
  | { readonly type: 'code'; readonly code: FeatureCode }
  /** They are no code: whoever they are for is to have them. */
  | { readonly type: 'keys'; readonly keys: string };

/** Finds codes among the keys of one party. Pure; whoever uses it keeps the time. */
export type CodeReader = {
  press(key: string): readonly Read[];
  /** Keys that may yet become a code. */
  readonly pending: string;
  /** Too long has passed: gives the pending keys back. */
  giveUp(): string;
};

const NAMES: readonly FeatureCode[] = ['blindTransfer', 'attendedTransfer', 'pauseRecording'];

/** The codes of a gateway, by their keys. */
export const codesOf = (features: Features): ReadonlyMap<string, FeatureCode> =>
  new Map(
    NAMES.flatMap((name) => {
      const keys = features[name];
      return keys === false ? [] : [[keys, name] as const];
    }),
  );

/** @param codes by their keys, none of which begins with another */
export const createCodeReader = (codes: ReadonlyMap<string, FeatureCode>): CodeReader => {
  const beginnings = new Set(
    [...codes.keys()].flatMap((keys) => [...keys].map((_, i) => keys.slice(0, i + 1))),
  );
  let pending = '';

  return {
    press(key) {
      pending += key;
      let passed = '';
      while (pending !== '' && !beginnings.has(pending)) {
        passed += pending.charAt(0);
        pending = pending.slice(1);
      }
      const code = codes.get(pending);
      if (code !== undefined) pending = '';
      const reads: Read[] = [];
      if (passed !== '') reads.push({ type: 'keys', keys: passed });
      if (code !== undefined) reads.push({ type: 'code', code });
      return reads;
    },
    get pending() {
      return pending;
    },
    giveUp() {
      const keys = pending;
      pending = '';
      return keys;
    },
  };
};
