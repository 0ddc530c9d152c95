import type { Begin } from '../../../src/web/widget/button/contract.ts';
import type { CallState, OpenCallOptions, WidgetCall } from '../../../src/web/widget/call/contract.ts';
import { createPhone } from '../../../src/web/widget/panel/phone.tsx';

/** A call that a test plays: what it was asked to do, and what it says of itself. */
export type PlayedCall = {
  readonly options: OpenCallOptions;
  readonly log: (readonly unknown[])[];
  change(change: Partial<CallState>): void;
};

declare global {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface adds to another
  interface Window {
    /** The latest one. */
    played: PlayedCall | undefined;
    /** All that were opened. */
    playedCount: number;
  }
}

const BEGINNING: CallState = {
  phase: 'preparing',
  startedAt: 0,
  ringingAt: undefined,
  answeredAt: undefined,
  maxSeconds: undefined,
  muted: false,
  connected: true,
  heldByOther: false,
  levels: { microphone: 0, speaker: 0 },
  quality: undefined,
  problem: undefined,
  end: undefined,
  listenOnly: false,
  devices: {
    microphones: [{ id: 'desk', label: 'Desk microphone' }],
    speakers: [{ id: 'ears', label: 'Headphones' }],
    microphone: undefined,
    speaker: undefined,
    canChooseSpeaker: true,
  },
  hearTest: undefined,
  keys: '',
};

const openPlayed = (options: OpenCallOptions): WidgetCall => {
  const log: (readonly unknown[])[] = [];
  let state: CallState = { ...BEGINNING, startedAt: Date.now(), listenOnly: options.microphone === 'none' };
  const change = (more: Partial<CallState>): void => {
    state = { ...state, ...more };
    options.onChange(state);
  };
  const note =
    (name: string) =>
    (...inputs: readonly unknown[]): void =>
      void log.push([name, ...inputs]);
  window.played = { options, log, change };
  window.playedCount = (window.playedCount ?? 0) + 1;
  return {
    get state() {
      return state;
    },
    hangUp: () => {
      if (state.phase === 'ended') return;
      note('hangUp')();
      change({ phase: 'ended', end: { by: 'us', reason: 'hung-up' } });
    },
    goOn: note('goOn'),
    mute: (muted) => {
      note('mute')(muted);
      change({ muted });
    },
    press: (keys) => {
      note('press')(keys);
      change({ keys: state.keys + keys });
      return keys;
    },
    setMicrophone: note('setMicrophone'),
    setSpeaker: note('setSpeaker'),
    hearTest: note('hearTest'),
    playSound: note('playSound'),
    dismiss: () => change({ problem: undefined }),
    keep: () =>
      state.phase === 'talking' && state.answeredAt !== undefined
        ? {
            version: 1,
            savedAt: Date.now(),
            callId: 'played',
            localTag: 'a',
            remoteTag: 'b',
            resume: 'resume',
            uri: 'sip:sales@gateway.example',
            servers: ['wss://gateway.example'],
            iceServers: [],
            maxSeconds: 3600,
            pressId: options.pressId,
            startedAt: state.startedAt,
            answeredAt: state.answeredAt,
            muted: state.muted,
            listenOnly: state.listenOnly,
            keys: state.keys,
            microphone: undefined,
            speaker: undefined,
          }
        : undefined,
  };
};

export const begin: Begin = (ground) => createPhone(ground, openPlayed);
