import type { Core } from '../dialog/types.ts';
import type { SipRequest } from '../message/types.ts';

/** How long who asked for credentials is remembered, in milliseconds. */
const KEPT = 32_000;
const MOST = 10_000;

/** Who asked a caller for credentials, so that the request that has them goes there. */
export type Challenges = {
  remember(request: SipRequest, destinations: readonly string[]): void;
  /** The destinations whose challenge this request meets; forgets them. */
  take(request: SipRequest): readonly string[];
};

type Entry = { readonly cseq: number; readonly destinations: readonly string[] };

const keyOf = ({ core }: SipRequest): string => `${core.callId}|${core.fromTag}`;

const hasCredentials = ({ headers }: SipRequest): boolean =>
  headers.some(({ key }) => key === 'authorization' || key === 'proxy-authorization');

export const createChallenges = (core: () => Core): Challenges => {
  const entries = new Map<string, Entry>();
  const forget = ({ key, entry }: { key: string; entry: Entry }): void => {
    if (entries.get(key) === entry) entries.delete(key);
  };
  return {
    remember(request, destinations) {
      if (entries.size >= MOST) return;
      const key = keyOf(request);
      const entry = { cseq: request.core.cseq.number, destinations };
      entries.set(key, entry);
      core().timers.set(KEPT, forget, { key, entry });
    },
    take(request) {
      const key = keyOf(request);
      const entry = entries.get(key);
      if (entry === undefined || request.core.cseq.number <= entry.cseq || !hasCredentials(request))
        return [];
      entries.delete(key);
      return entry.destinations;
    },
  };
};
