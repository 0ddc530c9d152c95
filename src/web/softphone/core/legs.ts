import { type Invitation, type Inviter, type Session, SessionState } from 'sip.js';
import type { Media } from '../../call/media.ts';
import type { Microphone } from '../../call/microphone.ts';
import { createOpus, type Opus } from '../../call/opus.ts';
import { type Done, reinvite, takeDown } from '../../call/session.ts';
import { endOfBye, reasonOf } from '../../call/sip-text.ts';
import type { Call, PhoneProblem } from '../contract.ts';
import type { Api } from './api.ts';
import {
  addProblem,
  type Change,
  callOf,
  changeCall,
  clearProblems,
  dropCall,
  endCall,
  openCalls,
  setLevels,
} from './changes.ts';
import type { PhoneConnection } from './connection.ts';
import { openMedia } from './media.ts';
import type { KeptCall } from './resume.ts';
import type { Store } from './store.ts';

/** What stands behind a call of the state: its SIP session and its sound. */
export type Leg = {
  readonly key: string;
  session: Invitation | Inviter | undefined;
  media: Media | undefined;
  /** What we asked for last: we hold this call. */
  held: boolean;
  muted: boolean;
  /** We ended it. */
  left: boolean;
  end: Call['end'];
  /** What the page before this one knew of it, until it is taken up again. */
  kept: KeptCall | undefined;
  /** The gateway's call id whose context was asked for. */
  learnt: string | undefined;
  /** Negotiations of one call go one after the other. */
  turn: Promise<unknown>;
  ringback: boolean;
  /** The gateway lets hear the other network before the answer. */
  early: boolean;
  /** How Opus is spoken, where both sides have it. */
  readonly opus: Opus;
};

export type LegParts = {
  readonly store: Store;
  readonly api: Api;
  readonly connection: PhoneConnection;
  readonly microphone: Microphone<PhoneProblem>;
  /** An answered or unanswered call is over; told once, with what it was. */
  ended(call: Call): void;
  /** Something that a reload would have to know has changed. */
  changed(): void;
};

/** The calls of this page and what can be done to any of them. */
export type Legs = {
  readonly all: ReadonlyMap<string, Leg>;
  add(key: string, session: Invitation | Inviter | undefined, fields?: Partial<Leg>): Leg;
  /** Follows a session until it ends. */
  follow(leg: Leg, session: Invitation | Inviter): void;
  /** Opens the microphone for a call. @returns false when that can't be; the person is told why */
  speak(leg: Leg): Promise<boolean>;
  of(session: Session): Leg | undefined;
  learnId(leg: Leg, id: string | undefined): void;
  hold(leg: Leg, held: boolean): Promise<Done>;
  /** Holds every talked call but one: a person speaks in one at a time. */
  holdOthers(key: string | undefined): Promise<void>;
  mute(leg: Leg, muted: boolean): void;
  leave(leg: Leg): Promise<void>;
  /** The call can't go on. */
  fail(leg: Leg, end: NonNullable<Call['end']>): Promise<void>;
  /** A new audio path, after whatever else is being negotiated. */
  mend(leg: Leg): Promise<void>;
  /** Goodbyes that could not be said while the connection was lost. */
  sayGoodbyes(): void;
  /** Asks the gateway about each call: one whose end was told while the connection was lost is over. */
  checkAll(): void;
};

/** The gateway does not know the call any more. */
const GONE = 481;
/** An ended call is shown for so long. */
const SHOWN_MS = 4000;

export const createLegs = ({ store, api, connection, microphone, ended, changed }: LegParts): Legs => {
  const legs = new Map<string, Leg>();
  const bySession = new WeakMap<Session, Leg>();
  const unsaid = new Set<Session>();
  const change = (...changes: readonly Change[]): void => store.change(...changes);

  const talkingPhase = (leg: Leg): 'held' | 'talking' => (leg.held ? 'held' : 'talking');

  const finish = (leg: Leg): void => {
    if (!legs.delete(leg.key)) return;
    leg.media?.close();
    leg.opus.stop();
    const call = callOf(store.state, leg.key);
    const end = leg.left ? ({ by: 'us', text: '' } as const) : (leg.end ?? { by: 'other', text: '' });
    change(endCall(leg.key, end));
    if (legs.size === 0) change(clearProblems('no-sound-yet'));
    setTimeout(() => change(dropCall(leg.key)), SHOWN_MS);
    changed();
    if (call) ended({ ...call, end });
  };

  /** Says goodbye, now or when the gateway can be reached again. */
  const part = async (leg: Leg, status: number): Promise<void> => {
    const { session } = leg;
    if (session?.state === SessionState.Established && !connection.ready) unsaid.add(session);
    else if (session) await takeDown(session, status);
    finish(leg);
  };

  const fail: Legs['fail'] = (leg, end) => {
    leg.end = end;
    return part(leg, 480);
  };

  const answered = (leg: Leg): void => {
    const { kept } = leg;
    leg.kept = undefined;
    leg.ringback = false;
    change(
      changeCall(leg.key, (call) => ({
        phase: talkingPhase(leg),
        answeredAt: kept?.answeredAt ?? call.answeredAt ?? Date.now(),
      })),
    );
    changed();
  };

  const loadContext = async (leg: Leg, id: string): Promise<void> => {
    const reply = await api.context(id);
    if (reply.type === 'ok') change(changeCall(leg.key, { context: reply.value }));
  };

  const inTurn = <T>(leg: Leg, task: () => Promise<T>): Promise<T> => {
    const result = leg.turn.then(task, task);
    leg.turn = result.catch(() => undefined);
    return result;
  };

  const renegotiate = async (leg: Leg, session: Session): Promise<Done> => {
    const done = await reinvite(session);
    // Its end was told while the connection was lost.
    if (done.type === 'refused' && done.status === GONE) await fail(leg, { by: 'other', text: '' });
    return done;
  };

  /** The descriptions say how Opus is to be sent: they are exchanged anew. */
  const adapt = async (key: string): Promise<void> => {
    const leg = legs.get(key);
    if (!leg) return;
    await inTurn(leg, async () => {
      const { session } = leg;
      if (session?.state === SessionState.Established && connection.ready) await renegotiate(leg, session);
    });
  };

  const applySpeech = (leg: Leg): void => leg.media?.speak(leg);

  const hold = (leg: Leg, held: boolean): Promise<Done> =>
    inTurn(leg, async (): Promise<Done> => {
      if (leg.held === held || !leg.session) return { type: 'done' };
      leg.held = held;
      applySpeech(leg);
      const done = await renegotiate(leg, leg.session);
      if (done.type === 'refused') {
        leg.held = !held;
        applySpeech(leg);
        return done;
      }
      change(changeCall(leg.key, { phase: talkingPhase(leg) }), setLevels(leg.key, 0, 0));
      changed();
      return done;
    });

  const follow: Legs['follow'] = (leg, session) => {
    leg.session = session;
    bySession.set(session, leg);
    session.delegate = {
      onBye: (bye) => {
        leg.end = endOfBye(bye.request.getHeader('reason'));
        void bye.accept();
      },
      onCancel: (cancel) => {
        leg.end = { by: 'other', text: reasonOf(cancel.request.getHeader('reason'))?.text ?? '' };
      },
      // The gateway moves calls by itself; it never asks a page to.
      onRefer: (referral) => void referral.reject(),
    };
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) answered(leg);
      if (state === SessionState.Terminated) finish(leg);
    });
  };

  const speak: Legs['speak'] = async (leg) => {
    const media = await openMedia({
      microphone,
      iceServers: connection.iceServers,
      texts: leg.opus,
      speaker: store.state.devices.speaker,
      connection: () => undefined,
      direction: (direction) =>
        change(changeCall(leg.key, { heldByOther: direction === 'sendonly' || direction === 'inactive' })),
      blocked: (blocked) =>
        change(blocked ? addProblem({ type: 'no-sound-yet' }) : clearProblems('no-sound-yet')),
      tracks: () => changed(),
    });
    if ('type' in media) {
      change(addProblem(media as PhoneProblem));
      return false;
    }
    change(clearProblems('microphone-refused', 'microphone-busy', 'no-microphone'));
    if (!legs.has(leg.key)) {
      media.close();
      return false;
    }
    leg.media = media;
    applySpeech(leg);
    return true;
  };

  return {
    all: legs,
    add: (key, session, fields = {}) => {
      const leg: Leg = {
        key,
        session,
        media: undefined,
        held: false,
        muted: false,
        left: false,
        end: undefined,
        kept: undefined,
        learnt: undefined,
        turn: Promise.resolve(),
        ringback: false,
        early: false,
        opus: createOpus(() => void adapt(key)),
        ...fields,
      };
      legs.set(key, leg);
      if (session) follow(leg, session);
      return leg;
    },
    follow,
    speak,
    of: (session) => bySession.get(session),
    learnId: (leg, id) => {
      if (!id || leg.learnt === id) return;
      leg.learnt = id;
      change(changeCall(leg.key, { id }));
      void loadContext(leg, id);
    },
    hold,
    holdOthers: async (key) => {
      const others = openCalls(store.state).filter((call) => call.key !== key && call.phase === 'talking');
      await Promise.all(
        others.map(async (call) => {
          const leg = legs.get(call.key);
          if (leg) await hold(leg, true);
        }),
      );
    },
    mute: (leg, muted) => {
      leg.muted = muted;
      applySpeech(leg);
      change(changeCall(leg.key, { muted }));
      changed();
    },
    leave: async (leg) => {
      leg.left = true;
      await part(leg, 486);
    },
    fail,
    mend: (leg) =>
      inTurn(leg, async () => {
        if (!leg.session || !connection.ready) return;
        leg.media?.peer.restartIce();
        await renegotiate(leg, leg.session);
      }),
    sayGoodbyes: () => {
      for (const session of unsaid) void takeDown(session);
      unsaid.clear();
    },
    checkAll: () => {
      for (const leg of legs.values()) {
        const { session } = leg;
        if (session?.state === SessionState.Established) void inTurn(leg, () => renegotiate(leg, session));
      }
    },
  };
};
