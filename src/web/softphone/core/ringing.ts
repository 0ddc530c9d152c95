import { RINGTONE, ringbackOf, WAITING } from '../../call/cadences.ts';
import type { Sound } from '../../call/sound.ts';
import type { Call } from '../contract.ts';
import { activeCall } from './changes.ts';
import type { Legs } from './legs.ts';
import type { Notices } from './notices.ts';
import type { Store } from './store.ts';

/** What the notice of a call says beside who it is: what brought them. */
const aboutOf = ({ context }: Call): string =>
  [context?.sourceName, context?.campaign, context?.didLabel ?? context?.did]
    .filter((part): part is string => typeof part === 'string' && part !== '')
    .join(' · ');

const whoOf = ({ context, party }: Call): string => context?.partyName ?? context?.party ?? party;

type Tone = 'ring' | 'waiting' | 'ringback' | undefined;

/** Rings, shows notices, and lets hear that it rings at the other end, as the state of the calls asks for. */
export const startRinging = (store: Store, legs: Legs, sound: Sound, notices: Notices): void => {
  let tone: Tone;
  let sink: string | undefined;
  let stop: (() => void) | undefined;
  const noticed = new Map<string, string>();

  const wanted = (): Tone => {
    const { calls } = store.state;
    const active = activeCall(store.state);
    if (calls.some(({ phase }) => phase === 'ringing')) return active ? 'waiting' : 'ring';
    const ringback = calls.some(({ key, phase }) => phase === 'calling' && legs.all.get(key)?.ringback);
    return ringback ? 'ringback' : undefined;
  };

  const play = (next: Tone, on: string | undefined): (() => void) | undefined => {
    if (next === 'ring') return sound.loop(RINGTONE, on);
    if (next === 'waiting') return sound.loop(WAITING, on, 0.1);
    return next === 'ringback' ? sound.loop(ringbackOf(navigator.language), on, 0.1) : undefined;
  };

  const tune = (): void => {
    const next = wanted();
    const { ringer, speaker } = store.state.devices;
    const on = next === 'ring' ? ringer : speaker;
    if (next === tone && on === sink) return;
    stop?.();
    [tone, sink] = [next, on];
    stop = play(next, on);
  };

  const notify = (): void => {
    const ringing = store.state.calls.filter(({ phase }) => phase === 'ringing');
    for (const key of [...noticed.keys()].filter((one) => !ringing.some((call) => call.key === one))) {
      noticed.delete(key);
      notices.hide(key);
    }
    for (const call of ringing) {
      const text = `${whoOf(call)}\n${aboutOf(call)}`;
      if (noticed.get(call.key) === text) continue;
      noticed.set(call.key, text);
      notices.show(call.key, whoOf(call), aboutOf(call));
    }
  };

  store.subscribe(() => {
    tune();
    notify();
  });
};
