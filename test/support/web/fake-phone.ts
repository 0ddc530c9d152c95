import type {
  Call,
  Phone,
  PhoneActions,
  PhoneProblem,
  PhoneState,
  WrapUp,
} from '../../../src/web/softphone/contract.ts';

/** A phone without a gateway: its actions change the state as the real ones would, and are written down. */
export type FakePhone = Phone & {
  readonly log: readonly (readonly [action: string, ...args: readonly unknown[]])[];
  change(fields: Partial<PhoneState>): void;
  changeCall(key: string, fields: Partial<Call>): void;
  /** A call comes in. */
  ring(key: string): void;
};

const EMPTY: WrapUp = { disposition: null, tags: [], note: '', value: null };

export const newCall = (fields: Partial<Call> & Pick<Call, 'key' | 'party'>): Call => ({
  id: undefined,
  direction: 'out',
  phase: 'calling',
  context: undefined,
  startedAt: Date.now(),
  answeredAt: undefined,
  muted: false,
  heldByOther: false,
  keys: '',
  quality: {
    level: 'unknown',
    mos: undefined,
    rttMs: undefined,
    jitterMs: undefined,
    lossPercent: undefined,
    reason: undefined,
  },
  levels: { microphone: 0, speaker: 0 },
  consultsFor: undefined,
  supervision: undefined,
  end: undefined,
  ...fields,
});

export const createFakePhone = (initial: PhoneState): FakePhone => {
  let state = initial;
  let made = 0;
  const log: [string, ...unknown[]][] = [];
  const listeners = new Set<() => void>();
  const change = (fields: Partial<PhoneState>): void => {
    state = { ...state, ...fields };
    for (const listener of [...listeners]) listener();
  };
  const changeCall = (key: string, fields: Partial<Call>): void =>
    change({ calls: state.calls.map((call) => (call.key === key ? { ...call, ...fields } : call)) });
  const call = (key: string): Call | undefined => state.calls.find((one) => one.key === key);
  const drop = (key: string): void => change({ calls: state.calls.filter((one) => one.key !== key) });
  const holdOthers = (key: string): void => {
    for (const other of state.calls) {
      if (other.key !== key && other.phase === 'talking') changeCall(other.key, { phase: 'held' });
    }
  };
  const place = (party: string, fields: Partial<Call>): void => {
    made += 1;
    holdOthers('');
    change({ calls: [...state.calls, newCall({ key: `made-${made}`, party, ...fields })] });
  };
  const end = (key: string): void => {
    const ended = call(key);
    drop(key);
    if (ended?.consultsFor !== undefined) changeCall(ended.consultsFor, { phase: 'talking' });
    if (ended?.answeredAt === undefined || ended.supervision || ended.consultsFor !== undefined) return;
    const party = ended.context?.partyName ?? ended.party;
    change({ wrapUp: { callId: ended.id ?? key, party, visitor: false, draft: EMPTY, saved: false } });
  };
  const actions: PhoneActions = {
    login: async (user) => {
      if (user === 'wrong') change({ problems: [{ type: 'wrong-login' }] });
      else change({ stage: 'phone', problems: [] });
    },
    logout: async () => change({ stage: 'login' }),
    setReady: async (ready) => {
      if (state.account) change({ account: { ...state.account, ready } });
    },
    reconnect: () => change({ connection: 'connecting' }),
    dial: async (target) => place(target, {}),
    answer: async (key) => {
      holdOthers(key);
      changeCall(key, { phase: 'talking', answeredAt: Date.now() });
    },
    reject: async (key) => drop(key),
    hangUp: async (key) => end(key),
    hold: async (key, held) => {
      if (!call(key)) return;
      if (!held) holdOthers(key);
      changeCall(key, { phase: held ? 'held' : 'talking' });
    },
    mute: (key, muted) => changeCall(key, { muted }),
    press: (key, digits) => changeCall(key, { keys: `${call(key)?.keys ?? ''}${digits}` }),
    transfer: async (key) => end(key),
    consult: async (key, target) =>
      place(target, { consultsFor: key, phase: 'talking', answeredAt: Date.now() }),
    completeTransfer: async (key) => {
      const about = call(key)?.consultsFor;
      drop(key);
      if (about !== undefined) end(about);
    },
    draftWrapUp: (draft) => {
      if (state.wrapUp) change({ wrapUp: { ...state.wrapUp, draft, saved: false } });
    },
    saveWrapUp: async () => {
      if (state.wrapUp) change({ wrapUp: { ...state.wrapUp, saved: true } });
    },
    skipWrapUp: () => change({ wrapUp: undefined }),
    loadHistory: async () => undefined,
    loadPeople: async () => undefined,
    watchLive: () => undefined,
    supervise: async (callId, mode) => {
      const leg = state.calls.find(({ supervision }) => supervision !== undefined);
      if (leg) changeCall(leg.key, { supervision: mode });
      else place('supervise', { id: callId, supervision: mode, phase: 'talking', answeredAt: Date.now() });
    },
    chooseMicrophone: async (microphone) => change({ devices: { ...state.devices, microphone } }),
    chooseSpeaker: async (speaker) => change({ devices: { ...state.devices, speaker } }),
    chooseRinger: async (ringer) => change({ devices: { ...state.devices, ringer } }),
    testMicrophone: async (on) => change({ testLevel: on ? 0.62 : undefined }),
    testSpeaker: async () => undefined,
    askForNotifications: async () => change({ notifications: 'granted' }),
    dismiss: (problem: PhoneProblem) =>
      change({ problems: state.problems.filter((other) => other !== problem) }),
  };
  // Every action is written down on its way.
  const logged = new Proxy(actions, {
    get: (target, name: keyof PhoneActions & string) => {
      const action = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        log.push([name, ...args]);
        return action(...args);
      };
    },
  });
  return {
    get state() {
      return state;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    actions: logged,
    log,
    change,
    changeCall,
    ring: (key) =>
      change({
        calls: [...state.calls, newCall({ key, party: '+12125550142', direction: 'in', phase: 'ringing' })],
      }),
  };
};
