import { SessionState, UserAgent } from 'sip.js';
import type { Done } from '../../call/session.ts';
import type { Call } from '../contract.ts';
import type { Calls } from './calls.ts';
import { addProblem, callOf, clearProblems } from './changes.ts';
import type { Legs } from './legs.ts';
import { refer } from './refer.ts';
import { addressOf, domainOf } from './sip-text.ts';
import type { Store } from './store.ts';

export type Transfers = {
  blind(key: string, target: string): Promise<void>;
  consult(key: string, target: string): Promise<void>;
  complete(consultKey: string): Promise<void>;
  /** A call ended: one that it consulted for is talked again. */
  ended(call: Call): void;
};

/** Handing calls over. A call whose transfer fails is there as before. */
export const createTransfers = (store: Store, legs: Legs, calls: Calls): Transfers => {
  /** Calls that are being joined by the gateway: what ends now ends because of that. */
  const joining = new Set<string>();

  const report = (done: Done): void => {
    if (done.type === 'refused')
      store.change(addProblem({ type: 'refused', status: done.status, text: done.text }));
  };

  const leave = async (key: string): Promise<void> => {
    const leg = legs.all.get(key);
    if (leg) await legs.leave(leg);
  };

  const blind = async (key: string, target: string): Promise<Done> => {
    const session = legs.all.get(key)?.session;
    const address = addressOf(target, domainOf(store.state.account?.address ?? ''));
    const uri = address === undefined ? undefined : UserAgent.makeURI(address);
    if (!session) return { type: 'refused', status: 481, text: '' };
    if (!uri) return { type: 'refused', status: 484, text: 'Address Incomplete' };
    store.change(clearProblems('refused'));
    const done = await refer(session, uri);
    if (done.type === 'done') await leave(key);
    return done;
  };

  const attended = async (key: string, consultKey: string): Promise<Done> => {
    const [session, other] = [legs.all.get(key)?.session, legs.all.get(consultKey)?.session];
    if (!session || !other) return { type: 'refused', status: 481, text: '' };
    const done = await refer(session, other);
    if (done.type === 'done') await Promise.all([leave(key), leave(consultKey)]);
    return done;
  };

  const complete = async (consult: Call, key: string): Promise<Done> => {
    const answered = legs.all.get(consult.key)?.session?.state === SessionState.Established;
    if (answered) return attended(key, consult.key);
    // Nobody has answered yet: the caller waits for them instead of us.
    await leave(consult.key);
    return blind(key, consult.party);
  };

  return {
    blind: async (key, target) => report(await blind(key, target)),
    consult: async (key, target) => {
      const call = callOf(store.state, key);
      if (!call || (call.phase !== 'talking' && call.phase !== 'held')) return;
      await calls.hold(key, true);
      const consultKey = await calls.dial(target, undefined, key);
      if (consultKey === undefined) await calls.hold(key, false);
    },
    complete: async (consultKey) => {
      const consult = callOf(store.state, consultKey);
      const key = consult?.consultsFor;
      if (!consult || key === undefined) return;
      joining.add(key);
      const done = await complete(consult, key);
      joining.delete(key);
      report(done);
    },
    ended: (call) => {
      const key = call.consultsFor;
      if (key === undefined || joining.has(key)) return;
      void calls.hold(key, false);
    },
  };
};
