import type { PhoneActions } from '../contract.ts';
import type { Api, Reply } from './api.ts';
import { addProblem, set } from './changes.ts';
import type { Store } from './store.ts';

export type Lists = Pick<PhoneActions, 'loadHistory' | 'loadPeople' | 'watchLive'> & {
  loadIdentities(): Promise<void>;
  /** Forgets what belongs to a login. */
  reset(): void;
};

const LIVE_MS = 2000;

/** What is shown beside the calls: earlier calls, people, numbers to call from, other people's calls. */
export const createLists = (
  store: Store,
  api: Api,
  failed: (reply: Reply<unknown> & { readonly type: 'failed' }) => void,
): Lists => {
  let cursor: string | undefined;
  let polling: ReturnType<typeof setInterval> | undefined;

  const stop = (): void => {
    clearInterval(polling);
    polling = undefined;
  };

  const poll = async (): Promise<void> => {
    const reply = await api.live();
    if (polling === undefined) return;
    if (reply.type === 'ok') store.change(set({ live: reply.value.calls }));
    else if (reply.status === 401 || reply.status === 403) {
      stop();
      failed(reply);
    }
  };

  return {
    loadHistory: async (more) => {
      const { history } = store.state;
      if (history.loading || (more && !history.more)) return;
      store.change(set({ history: { ...history, loading: true } }));
      const reply = await api.calls(more ? cursor : undefined);
      const former = store.state.history;
      if (reply.type === 'failed') {
        store.change(set({ history: { ...former, loading: false } }));
        failed(reply);
        return;
      }
      const { calls, next } = reply.value;
      cursor = next ?? undefined;
      const before = more ? former.calls : [];
      const known = new Set(before.map(({ id }) => id));
      store.change(
        set({
          history: {
            calls: [...before, ...calls.filter(({ id }) => !known.has(id))],
            more: cursor !== undefined,
            loading: false,
          },
        }),
      );
    },
    loadPeople: async () => {
      const reply = await api.people();
      if (reply.type === 'ok') store.change(set({ people: reply.value.people, lines: reply.value.lines }));
      else failed(reply);
    },
    loadIdentities: async () => {
      const reply = await api.identities();
      if (reply.type === 'ok') store.change(set({ identities: reply.value.numbers }));
    },
    watchLive: (watch) => {
      stop();
      if (!watch) {
        store.change(set({ live: [] }));
        return;
      }
      polling = setInterval(() => void poll(), LIVE_MS);
      void poll();
    },
    reset: () => {
      stop();
      cursor = undefined;
    },
  };
};

/** Tells the person that a request failed, in the words that fit. */
export const problemOfReply = (
  store: Store,
  { status, text }: { readonly status: number; readonly text: string },
): void =>
  store.change(
    addProblem(status === 0 ? { type: 'gateway-unreachable' } : { type: 'refused', status, text }),
  );
