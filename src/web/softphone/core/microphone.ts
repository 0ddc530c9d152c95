import type { PhoneProblem } from '../contract.ts';
import { problemOfCapture } from './capture-problem.ts';

export type Capture =
  | { readonly type: 'open'; readonly track: MediaStreamTrack; release(): void }
  | { readonly type: 'failed'; readonly problem: PhoneProblem };

/** The page's one microphone, open while a call or the device dialogue uses it. */
export type Microphone = {
  /**
   * A track of its own for one use. Nothing rejects.
   *
   * @param replace called with another track when the device changes; the former one ends
   */
  open(replace: (track: MediaStreamTrack) => void): Promise<Capture>;
  /** Uses another device, also in what is open. @returns the problem when it can't be had; the former one stays then */
  choose(id: string | undefined): Promise<PhoneProblem | undefined>;
};

type Use = { track: MediaStreamTrack; readonly replace: (track: MediaStreamTrack) => void };

const constraintsFor = (id: string | undefined): MediaTrackConstraints => ({
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  ...(id === undefined ? {} : { deviceId: { exact: id } }),
});

const capture = async (id: string | undefined): Promise<MediaStreamTrack | PhoneProblem> => {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: constraintsFor(id), video: false });
    return stream.getAudioTracks()[0] ?? { type: 'no-microphone' };
  } catch (error) {
    return problemOfCapture(error instanceof Error ? error.name : '');
  }
};

/** @param gone called when the device in use disappeared: its label, and the problem when there is no other */
export const createMicrophone = (
  chosen: string | undefined,
  gone: (label: string, problem: PhoneProblem | undefined) => void,
): Microphone => {
  let id = chosen;
  let source: Promise<MediaStreamTrack | PhoneProblem> | undefined;
  const uses = new Set<Use>();

  /** The chosen device, or any other when that one is not there. */
  const find = async (wanted: string | undefined): Promise<MediaStreamTrack | PhoneProblem> => {
    const found = await capture(wanted);
    const absent = 'type' in found && found.type === 'no-microphone' && wanted !== undefined;
    return absent ? await capture(undefined) : found;
  };

  const switchTo = (track: MediaStreamTrack): void => {
    source = Promise.resolve(track);
    watch(track);
    for (const use of uses) {
      const next = track.clone();
      next.enabled = use.track.enabled;
      const former = use.track;
      use.track = next;
      use.replace(next);
      former.stop();
    }
  };

  const watch = (track: MediaStreamTrack): void =>
    track.addEventListener('ended', () => {
      void (async () => {
        if (uses.size === 0 || (await source) !== track) return;
        const other = await capture(undefined);
        if (!('type' in other)) switchTo(other);
        gone(track.label, 'type' in other ? other : undefined);
      })();
    });

  const current = async (): Promise<MediaStreamTrack | PhoneProblem> => {
    if (source) {
      const found = await source;
      if (!('type' in found) && found.readyState === 'live') return found;
    }
    source = find(id);
    const found = await source;
    if (!('type' in found)) watch(found);
    return found;
  };

  const stopUnused = async (): Promise<void> => {
    if (uses.size > 0) return;
    const idle = source;
    source = undefined;
    const found = await idle;
    if (found && !('type' in found)) found.stop();
  };

  return {
    open: async (replace) => {
      const found = await current();
      if ('type' in found) {
        source = undefined;
        return { type: 'failed', problem: found };
      }
      const use: Use = { track: found.clone(), replace };
      uses.add(use);
      return {
        type: 'open',
        track: use.track,
        release: () => {
          use.track.stop();
          if (uses.delete(use)) void stopUnused();
        },
      };
    },
    choose: async (next) => {
      if (uses.size === 0) {
        id = next;
        return undefined;
      }
      const found = await capture(next);
      if ('type' in found) return found;
      id = next;
      const former = await source;
      switchTo(found);
      if (former && !('type' in former)) former.stop();
      return undefined;
    },
  };
};
