import { createRecorder, type Recorder } from '../recording/index.ts';
import type { RecordingResult } from '../types.ts';
import type { EdgeLeg } from './leg.ts';

const FLUSH_MS = 1_000;

/** A session's recording and which legs it listens to. */
export type Tape = {
  readonly path: string;
  /** Listens to these legs from now on, and to no others. Those of one channel are added up. */
  listen(left: readonly EdgeLeg[], right: readonly EdgeLeg[]): void;
  /** Hears a leg no more that goes elsewhere. */
  leave(leg: EdgeLeg): void;
  /** While paused nobody is heard, and time goes on. */
  pause(paused: boolean): void;
  tick(now: number): void;
  /** Ends the recording at `now`; undefined when it had failed and nothing could be saved. */
  close(now: number): Promise<RecordingResult | undefined>;
};

type Voices = readonly (EdgeLeg | undefined)[];

const without = (voices: Voices, leg: EdgeLeg): Voices =>
  voices.map((each) => (each === leg ? undefined : each));

/** Seats `legs`: those that sat before where they sat, the others on the first free places. */
const seat = (before: Voices, legs: readonly EdgeLeg[]): Voices => {
  const seats = before.map((leg) => (leg !== undefined && legs.includes(leg) ? leg : undefined));
  for (const leg of legs) {
    if (seats.includes(leg)) continue;
    const free = seats.indexOf(undefined);
    seats[free < 0 ? seats.length : free] = leg;
  }
  return seats;
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
  /** Whom each channel listens to; a leg keeps its place as long as it is heard. */
  let channels: readonly [Voices, Voices] = [[], []];
  let paused = false;
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
    for (const leg of channels.flat()) if (leg !== undefined) leg.ears.tape = undefined;
    channels = [[], []];
  };

  const attach = (leg: EdgeLeg): void => {
    const places = ([0, 1] as const).flatMap((channel) => {
      const voice = channels[channel].indexOf(leg);
      return voice < 0 ? [] : [{ channel, voice }];
    });
    leg.ears.tape = (now, ssrc, timestamp, codec, payload) => {
      if (paused) return;
      attempt(() => {
        for (const { channel, voice } of places)
          recorder.packet(channel, wall(now), ssrc, timestamp, codec, payload, voice);
      });
    };
  };

  const finish = async (now: number): Promise<RecordingResult> => {
    detach();
    return recorder.close(wall(now));
  };

  return {
    path,
    listen(left, right) {
      if (closing !== undefined) return;
      const before = channels;
      detach();
      channels = [seat(before[0], left), seat(before[1], right)];
      // One leg may be both sides: what it says then stands in both channels.
      for (const leg of new Set([...left, ...right])) attach(leg);
    },
    leave(leg) {
      if (!channels.flat().includes(leg)) return;
      leg.ears.tape = undefined;
      channels = [without(channels[0], leg), without(channels[1], leg)];
    },
    pause(yes) {
      paused = yes;
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
