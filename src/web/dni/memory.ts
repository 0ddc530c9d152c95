import type { Answer } from './contract.ts';

/** The last answer, as the browser keeps it. */
export type Kept = Answer & {
  /** Its numbers may be shown until then, ms. */
  readonly until: number;
  /** The visitor said yes. */
  readonly granted: boolean;
};

export type Memory = {
  read(): Kept | undefined;
  write(kept: Kept | undefined): void;
};

/**
 * What can be worked with: others write into storage too, and proxies and service workers answer in the gateway's stead.
 *
 * @throws for anything else
 */
export const checked = <T extends Answer>(answer: T): T => {
  if (answer.targets && answer.numbers && answer.heartbeat > 0) return answer;
  throw 'no answer';
};

/** First-party storage; a browser without it just forgets. */
export const createMemory = (site: string): Memory => {
  const key = `dt:${site}`;
  return {
    read: () => {
      try {
        return checked(JSON.parse(localStorage[key]) as Kept);
      } catch {
        return undefined;
      }
    },
    write: (kept) => {
      try {
        if (kept) localStorage[key] = JSON.stringify(kept);
        else delete localStorage[key];
      } catch {}
    },
  };
};
