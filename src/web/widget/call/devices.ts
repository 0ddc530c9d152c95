import { devicesOf, present } from '../../call/devices.ts';
import type { Store } from './store.ts';

/** Looks what is plugged in, now and whenever that changes. */
export type DeviceWatch = {
  refresh(): Promise<void>;
  stop(): void;
};

/**
 * @param useSpeaker called when sound has to come out elsewhere, as the device in use is gone
 * @param plugged called after something was plugged in or out
 */
export const watchDevices = (
  store: Store,
  useSpeaker: (id: string | undefined) => void,
  plugged: () => void,
): DeviceWatch => {
  const refresh = async (): Promise<void> => {
    const all = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
    if (!all) return;
    const former = store.state.devices;
    const [microphones, speakers] = [devicesOf(all, 'audioinput'), devicesOf(all, 'audiooutput')];
    // Before the microphone is allowed nothing is listed: what was chosen before may well be there.
    const speaker = speakers.length > 0 ? present(former.speaker, speakers) : former.speaker;
    const microphone = microphones.length > 0 ? present(former.microphone, microphones) : former.microphone;
    store.change({ devices: { ...former, microphones, speakers, microphone, speaker } });
    if (former.speaker === speaker) return;
    useSpeaker(speaker);
    const label = former.speakers.find(({ id }) => id === former.speaker)?.label;
    if (label === undefined) return;
    store.change({ problem: { type: 'device-gone', kind: 'speaker', label, replaced: speakers.length > 0 } });
  };

  const changed = (): void => void refresh().then(plugged);
  navigator.mediaDevices?.addEventListener('devicechange', changed);
  return {
    refresh,
    stop: () => navigator.mediaDevices?.removeEventListener('devicechange', changed),
  };
};
