import { backOffMs } from '../../call/back-off.ts';
import { createMicrophone } from '../../call/microphone.ts';
import { createSound } from '../../call/sound.ts';
import type { Call, Phone, PhoneActions, PhoneProblem } from '../contract.ts';
import { createApi, type Me, type Reply } from './api.ts';
import { createCalls } from './calls.ts';
import { problemOfCapture } from './capture-problem.ts';
import { addProblem, changeCall, clearProblems, loggedOut, openCalls, set, setAccount } from './changes.ts';
import { createConnection } from './connection.ts';
import { createDevices, readChoice } from './devices.ts';
import { createLegs } from './legs.ts';
import { createLists, problemOfReply } from './lists.ts';
import { createNotices } from './notices.ts';
import { startRinging } from './ringing.ts';
import { type Seat, takeSeat } from './seat.ts';
import { createStore } from './store.ts';
import { createTransfers } from './transfers.ts';
import { startWatch } from './watch.ts';
import { createWrapUps } from './wrap-ups.ts';

export type PhoneOptions = {
  /** Address of the gateway's API for the softphone, with a slash at its end; `api/` beside the page by default. */
  readonly api?: URL;
};

/** How long after a missed call the gateway has certainly noted it. */
const MISSED_MS = 1000;

/** Why this browser can't carry calls at this address. */
const obstacle = (): PhoneProblem | undefined => {
  if (!isSecureContext) return { type: 'insecure-origin' };
  const able = 'RTCPeerConnection' in globalThis && 'mediaDevices' in navigator;
  return able ? undefined : { type: 'no-webrtc' };
};

/** A softphone in this page: looks who is logged in, connects, takes up the calls of the page before a reload. */
export const createPhone = ({ api: base = new URL('api/', document.baseURI) }: PhoneOptions = {}): Phone => {
  const store = createStore();
  const api = createApi(base);
  const sound = createSound();
  const notices = createNotices();
  const unable = obstacle();
  let seat: Seat | undefined;
  let resumed = false;
  let over = false;
  let supervisionVisible = false;
  let readying: Promise<void> | undefined;

  const microphone = createMicrophone<PhoneProblem>({
    chosen: readChoice().microphone,
    problemOf: ({ name }) => problemOfCapture(name),
    gone: (label, problem) => {
      store.change(addProblem(problem ?? { type: 'device-gone', label }));
      void devices.refresh();
    },
  });

  const connection = createConnection({
    get instance() {
      return seat?.instance ?? '';
    },
    descriptions: (session) => calls.descriptions(session),
    credentials: api.sip,
    changed: (next, retryAt) =>
      store.change(
        set({ connection: next }),
        next === 'lost' ? addProblem({ type: 'connection-lost', retryAt }) : (state) => state,
        next === 'ready' || next === 'off'
          ? clearProblems('connection-lost', 'gateway-unreachable')
          : (state) => state,
      ),
    invited: (invitation) => calls.invited(invitation),
    registered: () => {
      legs.sayGoodbyes();
      legs.checkAll();
      void resume();
    },
    loginOver: () => endLogin(),
    refused: (status, text) => problemOfReply(store, { status, text }),
  });

  const keep = (): void => {
    // Before the calls of the page before are taken up, they are what a reload would need.
    if (resumed) seat?.keep(store.state.account?.name ?? '', calls.kept());
  };

  const legs = createLegs({
    store,
    api,
    connection,
    microphone,
    changed: keep,
    ended: (call: Call) => {
      transfers.ended(call);
      wrapUps.ended(call);
      if (call.direction === 'in' && call.answeredAt === undefined)
        setTimeout(() => void lookAgain(), MISSED_MS);
      if (over) endLogin();
    },
  });
  const calls = createCalls({ store, legs, connection });
  const transfers = createTransfers(store, legs, calls);
  const devices = createDevices(store, legs, microphone, sound);
  const wrapUps = createWrapUps(store, api);
  const lists = createLists(store, api, (reply) => failed(reply));
  startRinging(store, legs, sound, notices);
  startWatch({
    store,
    legs,
    sound,
    api,
    connection,
    supervisionVisible: () => supervisionVisible,
    ticked: keep,
  });

  const resume = async (): Promise<void> => {
    if (resumed) return;
    const kept = seat?.kept(store.state.account?.name ?? '') ?? [];
    resumed = true;
    await Promise.all(kept.map((call) => calls.resume(call)));
  };

  /** The gateway knows the login no more. Calls under way are talked to their end. */
  const endLogin = (): void => {
    over = true;
    store.change(addProblem({ type: 'login-over' }));
    if (openCalls(store.state).length > 0) return;
    over = false;
    lists.reset();
    void connection.stop();
    store.change(loggedOut({ type: 'login-over' }));
  };

  const failed = (reply: Reply<unknown> & { readonly type: 'failed' }): void => {
    if (reply.status === 401) endLogin();
    else problemOfReply(store, reply);
  };

  const adopt = (me: Me): void => {
    supervisionVisible = me.supervisionVisible;
    store.change(setAccount(me));
  };

  /** Whoever misses too many calls of a group is set away. */
  const lookAgain = async (): Promise<void> => {
    const me = await api.me();
    if (me.type === 'ok' && store.state.stage === 'phone') adopt(me.value);
  };

  const enter = (me: Me): void => {
    over = false;
    adopt(me);
    store.change(clearProblems('wrong-login', 'too-many-logins', 'login-over', 'gateway-unreachable'));
    void lists.loadIdentities();
    if (!unable) connection.start();
  };

  const boot = async (failures = 0): Promise<void> => {
    const me = await api.me();
    if (me.type === 'ok') return enter(me.value);
    if (me.status === 401) return store.change(set({ stage: 'login' }));
    problemOfReply(store, me);
    setTimeout(() => void boot(failures + 1), backOffMs(failures));
  };

  const start = async (): Promise<void> => {
    store.change(set({ notifications: notices.permission() }));
    if (unable) store.change(addProblem(unable));
    else {
      seat = await takeSeat();
      await devices.refresh();
      navigator.mediaDevices.addEventListener('devicechange', () => void devices.refresh());
    }
    await boot();
  };

  addEventListener('pagehide', keep);
  addEventListener('online', connection.nudge);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) connection.nudge();
  });

  const supervise: PhoneActions['supervise'] = async (callId, mode) => {
    const own = openCalls(store.state).filter(({ supervision }) => supervision !== undefined);
    const same = own.find(({ id }) => id === callId);
    if (!same) {
      await Promise.all(own.map(({ key }) => calls.hangUp(key)));
      return calls.supervise(callId, mode);
    }
    const reply = await api.mode(callId, mode);
    if (reply.type === 'failed') return failed(reply);
    const leg = legs.all.get(same.key);
    if (leg) legs.mute(leg, mode === 'listen');
    store.change(changeCall(same.key, { supervision: mode }));
  };

  const actions: PhoneActions = {
    ...devices,
    ...wrapUps,
    ...lists,
    reconnect: () => {
      if (store.state.stage === 'starting') void boot();
      else connection.nudge();
    },
    login: async (user, password) => {
      const reply = await api.login(user, password);
      if (reply.type === 'ok') return enter(reply.value.user);
      if (reply.status === 401) store.change(addProblem({ type: 'wrong-login' }));
      else if (reply.status === 429) store.change(addProblem({ type: 'too-many-logins' }));
      else problemOfReply(store, reply);
    },
    logout: async () => {
      await Promise.all([...legs.all.keys()].map((key) => calls.hangUp(key)));
      lists.reset();
      await connection.stop();
      await api.logout();
      store.change(loggedOut(unable));
    },
    setReady: async (ready) => {
      // Switched to and fro, the last wish counts.
      const before = readying;
      readying = (async () => {
        await before;
        const reply = await api.ready(ready);
        if (reply.type === 'ok') adopt(reply.value);
        else failed(reply);
      })();
      await readying;
    },
    dial: async (target, identity) => void (await calls.dial(target, identity)),
    answer: calls.answer,
    reject: calls.hangUp,
    hangUp: calls.hangUp,
    hold: calls.hold,
    mute: (key, muted) => {
      const leg = legs.all.get(key);
      if (leg) legs.mute(leg, muted);
    },
    press: (key, digits) => {
      for (const digit of calls.press(key, digits)) sound.key(digit, store.state.devices.speaker);
    },
    transfer: transfers.blind,
    consult: transfers.consult,
    completeTransfer: transfers.complete,
    supervise,
    askForNotifications: async () => store.change(set({ notifications: await notices.ask() })),
    dismiss: (problem) => store.change(clearProblems(problem.type)),
  };

  void start();
  return {
    get state() {
      return store.state;
    },
    subscribe: store.subscribe,
    actions,
  };
};
