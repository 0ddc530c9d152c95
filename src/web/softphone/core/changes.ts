import type { Account, Call, PhoneProblem, PhoneState, WrapUp } from '../contract.ts';
import { QUALITY_UNKNOWN } from './quality.ts';

/** A change of the phone's state; the same state when nothing changes. */
export type Change = (state: PhoneState) => PhoneState;

const EMPTY_HISTORY: PhoneState['history'] = { calls: [], more: false, loading: false };

/** The state of a page that was just opened. */
export const INITIAL: PhoneState = {
  stage: 'starting',
  account: undefined,
  connection: 'off',
  problems: [],
  calls: [],
  wrapUp: undefined,
  identities: [],
  people: [],
  lines: [],
  history: EMPTY_HISTORY,
  live: [],
  devices: {
    microphones: [],
    speakers: [],
    microphone: undefined,
    speaker: undefined,
    ringer: undefined,
    canChooseSpeaker: false,
  },
  testLevel: undefined,
  notifications: 'unknown',
};

export const EMPTY_WRAP_UP: WrapUp = { disposition: null, tags: [], note: '', value: null };

/** Sets some fields. */
export const set =
  (fields: Partial<PhoneState>): Change =>
  (state) => ({ ...state, ...fields });

/** A problem comes first, and only once of its kind. */
export const addProblem =
  (problem: PhoneProblem): Change =>
  (state) => ({
    ...state,
    problems: [problem, ...state.problems.filter(({ type }) => type !== problem.type)],
  });

/** Takes problems of these kinds away. */
export const clearProblems =
  (...types: readonly PhoneProblem['type'][]): Change =>
  (state) =>
    state.problems.some(({ type }) => types.includes(type))
      ? { ...state, problems: state.problems.filter(({ type }) => !types.includes(type)) }
      : state;

/** Somebody is logged in, or has changed. */
export const setAccount =
  (account: Account): Change =>
  (state) => ({ ...state, stage: 'phone', account });

/** Nobody is logged in any more: what was theirs goes, what is the browser's stays. */
export const loggedOut =
  (problem?: PhoneProblem): Change =>
  ({ devices, notifications }) => ({
    ...INITIAL,
    stage: 'login',
    devices,
    notifications,
    problems: problem ? [problem] : [],
  });

type NewCall = Pick<Call, 'key' | 'direction' | 'phase' | 'party' | 'startedAt'> & Partial<Call>;

/** A call of this page; the newest stands last. */
export const addCall =
  (call: NewCall): Change =>
  (state) => ({
    ...state,
    calls: [
      ...state.calls,
      {
        id: undefined,
        context: undefined,
        answeredAt: undefined,
        muted: false,
        heldByOther: false,
        keys: '',
        quality: QUALITY_UNKNOWN.quality,
        levels: { microphone: 0, speaker: 0 },
        consultsFor: undefined,
        supervision: undefined,
        end: undefined,
        ...call,
      },
    ],
  });

/** Changes one call; nothing when it is gone. */
export const changeCall =
  (key: string, change: Partial<Call> | ((call: Call) => Partial<Call>)): Change =>
  (state) => {
    if (!state.calls.some((call) => call.key === key)) return state;
    const changed = (call: Call): Call => ({
      ...call,
      ...(typeof change === 'function' ? change(call) : change),
    });
    return { ...state, calls: state.calls.map((call) => (call.key === key ? changed(call) : call)) };
  };

/** A call is over; it is shown for a moment yet. Calls that consulted about it are calls of their own now. */
export const endCall =
  (key: string, end: NonNullable<Call['end']>): Change =>
  (state) => ({
    ...state,
    calls: state.calls.map((call) => {
      if (call.key === key) return { ...call, phase: 'ended', end, levels: { microphone: 0, speaker: 0 } };
      return call.consultsFor === key ? { ...call, consultsFor: undefined } : call;
    }),
  });

/** The call is not shown any more. */
export const dropCall =
  (key: string): Change =>
  (state) => ({ ...state, calls: state.calls.filter((call) => call.key !== key) });

/** Of this page, not over. */
export const callOf = (state: PhoneState, key: string): Call | undefined =>
  state.calls.find((call) => call.key === key && call.phase !== 'ended');

/** Calls that are not over. */
export const openCalls = (state: PhoneState): readonly Call[] =>
  state.calls.filter(({ phase }) => phase !== 'ended');

/** The call that is spoken in: a page talks in one at a time. */
export const activeCall = (state: PhoneState): Call | undefined =>
  state.calls.findLast(({ phase }) => phase === 'talking' || phase === 'calling');

/** Whether a call that ended wants a wrap-up: it was answered, is on record, and was neither supervision nor consultation. */
export const wantsWrapUp = (call: Call): boolean =>
  call.answeredAt !== undefined &&
  call.id !== undefined &&
  call.supervision === undefined &&
  call.consultsFor === undefined &&
  call.context?.direction !== 'internal';

/** Sound levels, in steps that can be seen; the same state when nothing moved. */
export const setLevels =
  (key: string, microphone: number, speaker: number): Change =>
  (state) => {
    const levels = { microphone: Math.round(microphone * 50) / 50, speaker: Math.round(speaker * 50) / 50 };
    const call = state.calls.find((one) => one.key === key);
    const same =
      !call || (call.levels.microphone === levels.microphone && call.levels.speaker === levels.speaker);
    return same ? state : changeCall(key, { levels })(state);
  };
