import type { Call, PhoneActions, PhoneState } from '../contract.ts';
import type { Api, Reply } from './api.ts';
import { addProblem, clearProblems, EMPTY_WRAP_UP, set, wantsWrapUp } from './changes.ts';
import type { Store } from './store.ts';

export type WrapUps = Pick<PhoneActions, 'draftWrapUp' | 'saveWrapUp' | 'skipWrapUp'> & {
  /** Opens the wrap-up of a call that ended, or queues it behind the one that is open. */
  ended(call: Call): void;
};

/** How long "saved" is shown. */
const SAVED_MS = 1200;
const AGAIN_MS = 3000;

/** Waits until the browser is on a network again, 3 s at least and 15 at most. */
const backOnline = (): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, navigator.onLine ? AGAIN_MS : 5 * AGAIN_MS);
    addEventListener('online', done, { once: true });
  });

/** What people note about calls that ended, one after the other. */
export const createWrapUps = (store: Store, api: Api): WrapUps => {
  let waiting: readonly Pick<NonNullable<PhoneState['wrapUp']>, 'callId' | 'party' | 'visitor'>[] = [];

  const openNext = (): void => {
    const [next, ...rest] = waiting;
    waiting = rest;
    store.change(set({ wrapUp: next ? { ...next, draft: EMPTY_WRAP_UP, saved: false } : undefined }));
  };

  const closeOf = (callId: string): void => {
    if (store.state.wrapUp?.callId === callId) openNext();
  };

  const send = async (callId: string): Promise<Reply<unknown>> => {
    const draft = store.state.wrapUp?.draft ?? EMPTY_WRAP_UP;
    const reply = await api.wrapUp(callId, draft);
    if (reply.type === 'ok') {
      const { history } = store.state;
      const calls = history.calls.map((call) => (call.id === callId ? reply.value : call));
      store.change(set({ history: { ...history, calls } }));
    }
    return reply;
  };

  return {
    ended: (call) => {
      if (!wantsWrapUp(call) || call.id === undefined) return;
      const known = [store.state.wrapUp, ...waiting].some((one) => one?.callId === call.id);
      if (known) return;
      const { party = null, visitor = false } = call.context ?? {};
      waiting = [...waiting, { callId: call.id, party: party ?? call.party, visitor }];
      if (!store.state.wrapUp) openNext();
    },
    draftWrapUp: (draft) => {
      const { wrapUp } = store.state;
      if (wrapUp) store.change(set({ wrapUp: { ...wrapUp, draft, saved: false } }));
    },
    saveWrapUp: async () => {
      const callId = store.state.wrapUp?.callId;
      if (callId === undefined) return;
      let reply = await send(callId);
      if (reply.type === 'failed' && reply.status === 0) {
        await backOnline();
        if (store.state.wrapUp?.callId === callId) reply = await send(callId);
      }
      if (reply.type === 'failed') {
        const { status, text } = reply;
        store.change(
          addProblem(status === 0 ? { type: 'gateway-unreachable' } : { type: 'refused', status, text }),
        );
        return;
      }
      const { wrapUp } = store.state;
      if (wrapUp?.callId !== callId) return;
      store.change(set({ wrapUp: { ...wrapUp, saved: true } }), clearProblems('gateway-unreachable'));
      setTimeout(() => {
        if (store.state.wrapUp?.saved) closeOf(callId);
      }, SAVED_MS);
    },
    skipWrapUp: openNext,
  };
};
