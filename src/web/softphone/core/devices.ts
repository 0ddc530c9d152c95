import { SPEAKER_TEST } from '../../call/cadences.ts';
import { devicesOf, present } from '../../call/devices.ts';
import type { Capture, Microphone } from '../../call/microphone.ts';
import { canChooseSpeaker, type Sound } from '../../call/sound.ts';
import type { PhoneActions, PhoneProblem } from '../contract.ts';
import { addProblem, clearProblems, set } from './changes.ts';
import type { Legs } from './legs.ts';
import type { Store } from './store.ts';

type Choice = { readonly microphone?: string; readonly speaker?: string; readonly ringer?: string };

export type Devices = Pick<
  PhoneActions,
  'chooseMicrophone' | 'chooseSpeaker' | 'chooseRinger' | 'testMicrophone' | 'testSpeaker'
> & {
  /** Looks what is plugged in; labels are known once the microphone was allowed. */
  refresh(): Promise<void>;
};

const KEY = 'dialtrace-devices';
const TEST_LEVEL_MS = 100;

/** The devices chosen in this browser before. */
export const readChoice = (): Choice => {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Choice) : {};
  } catch {
    return {};
  }
};

/** Choosing and trying devices. What is chosen holds at once, in calls under way too, and for this browser's next visits. */
export const createDevices = (
  store: Store,
  legs: Legs,
  microphone: Microphone<PhoneProblem>,
  sound: Sound,
): Devices => {
  let test: { readonly capture: Capture<PhoneProblem>; readonly stop: () => void } | undefined;

  const choose = (fields: Choice): void => {
    localStorage.setItem(KEY, JSON.stringify({ ...readChoice(), ...fields }));
    store.change(set({ devices: { ...store.state.devices, ...fields } }));
  };

  const refresh = async (): Promise<void> => {
    const all = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
    if (!all) return;
    const former = store.state.devices;
    const chosen = readChoice();
    const [microphones, speakers] = [devicesOf(all, 'audioinput'), devicesOf(all, 'audiooutput')];
    const [speaker, ringer] = [present(chosen.speaker, speakers), present(chosen.ringer, speakers)];
    const lost = former.speaker !== undefined && speaker === undefined;
    const label = former.speakers.find(({ id }) => id === former.speaker)?.label ?? '';
    store.change(
      set({
        devices: {
          microphones,
          speakers,
          microphone: present(chosen.microphone, microphones),
          speaker,
          ringer,
          canChooseSpeaker: canChooseSpeaker(),
        },
      }),
      ...(lost ? [addProblem({ type: 'device-gone', label })] : []),
    );
    if (former.speaker !== speaker) for (const leg of legs.all.values()) leg.media?.playOn(speaker);
  };

  const closeTest = (): void => {
    test?.stop();
    if (test?.capture.type === 'open') test.capture.release();
    test = undefined;
    store.change(set({ testLevel: undefined }));
  };

  const startMeter = (track: MediaStreamTrack): (() => void) => {
    const meter = sound.meter(track);
    const timer = setInterval(
      () => store.change(set({ testLevel: Math.round(meter.read() * 50) / 50 })),
      TEST_LEVEL_MS,
    );
    return () => {
      clearInterval(timer);
      meter.stop();
    };
  };

  const openTest = async (): Promise<void> => {
    const capture = await microphone.open((track) => {
      test?.stop();
      if (test) test = { ...test, stop: startMeter(track) };
    });
    if (capture.type === 'failed') {
      store.change(addProblem(capture.problem));
      return;
    }
    test = { capture, stop: startMeter(capture.track) };
    store.change(
      set({ testLevel: 0 }),
      clearProblems('microphone-refused', 'microphone-busy', 'no-microphone'),
    );
    await refresh();
  };

  return {
    refresh,
    chooseMicrophone: async (id) => {
      const problem = await microphone.choose(id);
      if (problem) store.change(addProblem(problem));
      else choose({ microphone: id });
    },
    chooseSpeaker: async (id) => {
      choose({ speaker: id });
      for (const leg of legs.all.values()) leg.media?.playOn(id);
    },
    chooseRinger: async (id) => choose({ ringer: id }),
    testMicrophone: async (on) => {
      closeTest();
      if (on) await openTest();
    },
    testSpeaker: async () => sound.once(SPEAKER_TEST, store.state.devices.speaker),
  };
};
