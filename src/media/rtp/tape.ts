import { createRecorder, type Recorder } from '../recording/index.ts';
import type { RecordingResult } from '../types.ts';
import type { EdgeLeg } from './leg.ts';

const FLUSH_MS = 1_000;

/** A session's recording and which legs it listens to. */
export type Tape = {
  readonly path: string;
  /** Listens to these legs from now on, and to no others. */
  listen(left: EdgeLeg, right: EdgeLeg): void;
  tick(now: number): void;
  /** Ends the recording at `now`; undefined when it had failed and nothing could be saved. */
  close(now: number): Promise<RecordingResult | undefined>;
};

/**
 * Begins a recording. A disk that refuses ends it and is told once; the call goes on.
 *
 * @param began monotonic milliseconds: the recording's first moment, now or a little while ago
 * @throws what the recorder throws when the file can't be made
 */
export const startTape = (path: string, began: number, failed: (error: unknown) => void): Tape => {
  const startedAt = Math.round(Date.now() - (performance.now() - began));
  /** The wall clock as it was at the start plus the time passed: a clock that is set leaves no hole in the recording. */
  const wall = (now: number): number => startedAt + (now - began);
  const recorder: Recorder = createRecorder(path, startedAt);
  let legs: readonly EdgeLeg[] = [];
  let flushAt = began + FLUSH_MS * (0.5 + Math.random());
  let closing: Promise<RecordingResult | undefined> | undefined;

  const fail = (error: unknown): void => {
    if (closing !== undefined) return;
    closing = finish(performance.now()).catch(() => undefined);
    failed(error);
  };

  const attempt = (work: () => void): void => {
    if (closing !== undefined) return;
    try {
      work();
    } catch (error) {
      fail(error);
    }
  };

  const detach = (): void => {
    for (const leg of legs) leg.tap = undefined;
    legs = [];
  };

  const finish = async (now: number): Promise<RecordingResult> => {
    detach();
    return recorder.close(wall(now));
  };

  return {
    path,
    listen(left, right) {
      if (closing !== undefined) return;
      detach();
      legs = [left, right];
      // One leg may be both sides: what it says then stands in both channels.
      for (const leg of new Set(legs)) {
        const channels = ([0, 1] as const).filter((channel) => legs[channel] === leg);
        leg.tap = (now, ssrc, timestamp, codec, payload) =>
          attempt(() => {
            for (const channel of channels)
              recorder.packet(channel, wall(now), ssrc, timestamp, codec, payload);
          });
      }
    },
    tick(now) {
      if (now < flushAt) return;
      flushAt = now + FLUSH_MS;
      attempt(() => recorder.flush(wall(now)));
    },
    close(now) {
      closing ??= finish(now).catch((error: unknown) => {
        failed(error);
        return undefined;
      });
      return closing;
    },
  };
};
