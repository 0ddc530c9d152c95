import { createMicrophone } from '../../call/microphone.ts';
import type { CallProblem } from './contract.ts';
import { circumstances, type MicrophoneProblem, problemOfCapture } from './microphone-problem.ts';

/** The visitor's microphone in one call. */
export type Voice = {
  readonly track: MediaStreamTrack | undefined;
  /** Asks for it; in a gesture of the visitor. @returns the problem when it can't be had; never rejects */
  open(): Promise<MicrophoneProblem | undefined>;
  /** Uses another device. @returns the problem; the former device stays then */
  choose(id: string | undefined): Promise<MicrophoneProblem | undefined>;
  /** Tries again after the last device was gone, now that there may be another one. */
  revive(): void;
  /** Until it is opened again. */
  close(): void;
};

export type VoiceParts = {
  readonly chosen: string | undefined;
  /** There is a track, or another one. */
  use(track: MediaStreamTrack): void;
  problem(problem: CallProblem): void;
  /** There is a microphone again, after the last one was gone. */
  back(): void;
};

export const createVoice = ({ chosen, use, problem, back }: VoiceParts): Voice => {
  let track: MediaStreamTrack | undefined;
  let release: (() => void) | undefined;
  let closed = false;

  const microphone = createMicrophone<MicrophoneProblem>({
    chosen,
    problemOf: async (refusal) => problemOfCapture(refusal, await circumstances()),
    gone: (label, none) =>
      problem({ type: 'device-gone', kind: 'microphone', label, replaced: none === undefined }),
  });

  const take = (next: MediaStreamTrack): void => {
    track = next;
    use(next);
  };

  return {
    get track() {
      return track;
    },
    open: async () => {
      if (release) return undefined;
      closed = false;
      const opened = await microphone.open(take);
      if (opened.type === 'failed') return opened.problem;
      if (closed || release) {
        opened.release();
        return undefined;
      }
      release = opened.release;
      take(opened.track);
      return undefined;
    },
    choose: (id) => microphone.choose(id),
    revive: () => {
      if (track?.readyState !== 'ended') return;
      void microphone.choose(undefined).then((none) => {
        if (!none) back();
      });
    },
    close: () => {
      closed = true;
      release?.();
      release = undefined;
      track = undefined;
    },
  };
};
