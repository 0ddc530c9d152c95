import { canChooseSpeaker } from '../../call/sound.ts';
import type { CallDevices, CallState, KeptCall, OpenCallOptions } from './contract.ts';

const LEVELS = { microphone: 0, speaker: 0 };

/** Devices chosen before, until it is known what is plugged in. */
const devicesOf = ({ devices, resumed }: OpenCallOptions): CallDevices => ({
  microphones: [],
  speakers: [],
  microphone: resumed?.microphone ?? devices?.microphone,
  speaker: resumed?.speaker ?? devices?.speaker,
  canChooseSpeaker: canChooseSpeaker(),
});

const fieldsOf = (kept: KeptCall | undefined): Partial<CallState> =>
  kept
    ? {
        phase: 'reconnecting',
        startedAt: kept.startedAt,
        answeredAt: kept.answeredAt,
        maxSeconds: kept.maxSeconds,
        muted: kept.muted,
        listenOnly: kept.listenOnly,
        keys: kept.keys,
      }
    : {};

const initialState = (options: OpenCallOptions, now: number): CallState => ({
  phase: 'preparing',
  startedAt: now,
  ringingAt: undefined,
  answeredAt: undefined,
  maxSeconds: undefined,
  connected: false,
  muted: false,
  heldByOther: false,
  levels: LEVELS,
  quality: undefined,
  problem: undefined,
  end: undefined,
  listenOnly: options.microphone === 'none',
  devices: devicesOf(options),
  hearTest: undefined,
  keys: '',
  ...fieldsOf(options.resumed),
});

/** The state of one call, and who is told of it. */
export type Store = {
  readonly state: CallState;
  /** Nothing changes any more once the call has ended. */
  change(fields: Partial<CallState>): void;
  end(end: NonNullable<CallState['end']>): void;
};

/** @param now milliseconds since the epoch */
export const createStore = (options: OpenCallOptions, now: number): Store => {
  let state = initialState(options, now);
  let told = true;

  /** Several changes at once are told once, and none before `openCall` has returned. */
  const tell = (): void => {
    if (!told) return;
    told = false;
    queueMicrotask(() => {
      told = true;
      options.onChange(state);
    });
  };

  const change = (fields: Partial<CallState>): void => {
    if (state.phase === 'ended') return;
    state = { ...state, ...fields };
    tell();
  };

  return {
    get state() {
      return state;
    },
    change,
    end: (end) => change({ phase: 'ended', end, problem: undefined, hearTest: undefined, levels: LEVELS }),
  };
};
