import {
  type Invitation,
  Inviter,
  type InviterOptions,
  type Session,
  type SessionDescriptionHandler,
  SessionState,
  UserAgent,
} from 'sip.js';
import type { Done } from '../../call/session.ts';
import { keysOf, replacesOf } from '../../call/sip-text.ts';
import type { Call, PhoneProblem, SupervisionMode } from '../contract.ts';
import { addCall, addProblem, callOf, changeCall, clearProblems, dropCall } from './changes.ts';
import type { PhoneConnection } from './connection.ts';
import type { Leg, Legs } from './legs.ts';
import type { KeptCall } from './resume.ts';
import {
  addressOf,
  dialHeaders,
  domainOf,
  endOfRefusal,
  isAnswerOfPerson,
  superviseHeaders,
} from './sip-text.ts';
import type { Store } from './store.ts';

const CALL_ID = 'x-dialtrace-call';

export type CallParts = {
  readonly store: Store;
  readonly legs: Legs;
  readonly connection: PhoneConnection;
};

/** Calls as the person makes and takes them. Nothing here rejects: what goes wrong is a problem in the state. */
export type Calls = {
  /** For SIP.js: who makes a session's descriptions. */
  descriptions(session: Session): SessionDescriptionHandler;
  invited(invitation: Invitation): void;
  /** @returns the call's key; undefined when it could not be made */
  dial(target: string, identity: string | undefined, consultsFor?: string): Promise<string | undefined>;
  supervise(callId: string, mode: SupervisionMode): Promise<void>;
  resume(kept: KeptCall): Promise<void>;
  answer(key: string): Promise<void>;
  hangUp(key: string): Promise<void>;
  hold(key: string, held: boolean): Promise<void>;
  press(key: string, digits: string): string;
  /** What a reload would need. */
  kept(): readonly KeptCall[];
};

const newKey = (): string => crypto.randomUUID();

/** A name, or the number or user of the address, of who calls. */
const partyOf = (invitation: Invitation): string => {
  const identity = invitation.assertedIdentity ?? invitation.remoteIdentity;
  return identity.displayName || identity.uri.user || identity.uri.host;
};

type Outgoing = {
  readonly address: string;
  readonly headers: readonly string[];
  readonly call: Parameters<typeof addCall>[0];
  readonly leg?: Partial<Leg>;
};

export const createCalls = ({ store, legs, connection }: CallParts): Calls => {
  const problem = (what: PhoneProblem): void => store.change(addProblem(what));

  const refusedBy = (done: Done): void => {
    if (done.type === 'refused') problem({ type: 'refused', status: done.status, text: done.text });
  };

  const domain = (): string => domainOf(store.state.account?.address ?? '');

  const send = async (leg: Leg, inviter: Inviter): Promise<void> => {
    const learn = (id: string | undefined): void => legs.learnId(leg, id);
    await inviter.invite({
      requestDelegate: {
        onProgress: ({ message }) => {
          learn(message.getHeader(CALL_ID));
          // The gateway lets hear what the other network plays; without that this phone makes the tone.
          leg.early ||= message.body !== '';
          leg.ringback = !leg.early && message.statusCode === 180;
          store.change(changeCall(leg.key, {}));
        },
        onAccept: ({ message }) => learn(message.getHeader(CALL_ID)),
        onReject: ({ message }) => {
          const [status, text] = [message.statusCode ?? 500, message.reasonPhrase ?? ''];
          leg.end ??= endOfRefusal(status, text);
          if (!leg.left && !isAnswerOfPerson(status)) problem({ type: 'refused', status, text });
        },
      },
    });
  };

  /** Makes a call of whatever kind. @returns its key; undefined when it could not be made */
  const place = async ({ address, headers, call, leg: fields }: Outgoing): Promise<string | undefined> => {
    const uri = UserAgent.makeURI(address);
    if (!uri) {
      problem({ type: 'refused', status: 484, text: 'Address Incomplete' });
      return undefined;
    }
    const { key } = call;
    const leg = legs.add(key, undefined, fields);
    store.change(addCall(call), clearProblems('refused'));
    const [, speaks] = await Promise.all([
      fields?.held ? undefined : legs.holdOthers(key),
      legs.speak(leg),
      connection.refresh(),
    ]);
    const { agent } = connection;
    if (!speaks || !agent || !legs.all.has(key)) {
      if (legs.all.has(key)) await legs.leave(leg);
      store.change(dropCall(key));
      return undefined;
    }
    const options: InviterOptions = { earlyMedia: true, extraHeaders: [...headers] };
    const inviter = new Inviter(agent, uri, options);
    legs.follow(leg, inviter);
    try {
      await send(leg, inviter);
      return key;
    } catch {
      await legs.fail(leg, { by: 'gateway', text: '' });
      return undefined;
    }
  };

  const outgoing = (party: string, fields: Partial<Call> = {}): Outgoing['call'] => ({
    key: newKey(),
    direction: 'out',
    phase: 'calling',
    party,
    startedAt: Date.now(),
    ...fields,
  });

  const online = (): boolean => {
    if (!connection.ready) problem({ type: 'gateway-unreachable' });
    return connection.ready;
  };

  return {
    descriptions: (session) => {
      const media = legs.of(session)?.media;
      if (!media) throw new Error('a call without sound');
      return media.peer.handler;
    },

    invited: (invitation) => {
      if (invitation.state !== SessionState.Initial) return;
      const key = newKey();
      const leg = legs.add(key, invitation);
      store.change(
        addCall({
          key,
          direction: 'in',
          phase: 'ringing',
          party: partyOf(invitation),
          startedAt: Date.now(),
        }),
      );
      legs.learnId(leg, invitation.request.getHeader(CALL_ID));
    },

    dial: async (target, identity, consultsFor) => {
      if (!online()) return undefined;
      const address = addressOf(target, domain());
      if (!address) {
        problem({ type: 'refused', status: 484, text: 'Address Incomplete' });
        return undefined;
      }
      const call = outgoing(target.trim(), { consultsFor });
      return place({ address, headers: dialHeaders(identity), call });
    },

    supervise: async (callId, mode) => {
      if (!online()) return;
      const silent = mode === 'listen';
      await place({
        address: `sip:supervise@${domain()}`,
        headers: superviseHeaders(callId, mode),
        call: outgoing('', { supervision: mode, id: callId, muted: silent }),
        leg: { muted: silent },
      });
    },

    resume: async (kept) => {
      const { id, direction, party, startedAt, answeredAt, held, muted, keys } = kept;
      const call = { key: newKey(), id, direction, party, startedAt, answeredAt, muted, keys };
      const key = await place({
        address: `sip:resume@${domain()}`,
        headers: [`Replaces: ${replacesOf(kept)}`],
        call: { ...call, phase: 'resuming' },
        leg: { kept, held, muted },
      });
      const leg = key === undefined ? undefined : legs.all.get(key);
      if (leg) legs.learnId(leg, id);
    },

    answer: async (key) => {
      const leg = legs.all.get(key);
      const session = leg?.session;
      if (!leg || !session || !('accept' in session)) return;
      if (callOf(store.state, key)?.phase !== 'ringing' || !online()) return;
      store.change(changeCall(key, { phase: 'answering' }));
      const [, speaks] = await Promise.all([legs.holdOthers(key), legs.speak(leg)]);
      if (!speaks) {
        store.change(changeCall(key, { phase: 'ringing' }));
        return;
      }
      await session.accept().catch(() => undefined);
    },

    hangUp: async (key) => {
      const leg = legs.all.get(key);
      if (leg) await legs.leave(leg);
    },

    hold: async (key, held) => {
      const leg = legs.all.get(key);
      const phase = callOf(store.state, key)?.phase;
      if (!leg || (phase !== 'talking' && phase !== 'held')) return;
      if (!held) await legs.holdOthers(key);
      refusedBy(await legs.hold(leg, held));
    },

    press: (key, digits) => {
      const keys = keysOf(digits);
      const leg = legs.all.get(key);
      if (keys === '' || !leg?.media?.peer.press(keys)) return '';
      store.change(changeCall(key, (call) => ({ keys: call.keys + keys })));
      return keys;
    },

    kept: () =>
      [...legs.all.values()].flatMap((leg): KeptCall[] => {
        const call = callOf(store.state, leg.key);
        if (!call || call.supervision) return [];
        if (leg.kept) return [leg.kept];
        const dialog = leg.session?.state === SessionState.Established ? leg.session.dialog : undefined;
        if (!dialog || call.answeredAt === undefined) return [];
        const { callId, localTag, remoteTag } = dialog;
        const { id, direction, party, startedAt, answeredAt, muted, keys } = call;
        const name = { callId, localTag, remoteTag };
        return [{ ...name, id, direction, party, startedAt, answeredAt, held: leg.held, muted, keys }];
      }),
  };
};
