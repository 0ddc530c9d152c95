import { closeSync, fdatasync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { g711Levels } from '../g711.ts';
import type { RecordingResult } from '../types.ts';
import { sha256OfFile } from './hash.ts';
import {
  FRAME_BYTES,
  FRAMES_PER_MS,
  HEADER_BYTES,
  MAX_FRAMES,
  recordingHeader,
  setFrames,
} from './header.ts';
import { createTimeline, REORDER_SAMPLES } from './timeline.ts';
import type { Recorder } from './types.ts';

const sync = promisify(fdatasync);

/** Frames kept in memory, a power of two: two seconds, twice what a flush a second leaves. */
const RING_FRAMES = 16_384;
/** Samples taken from one packet; 60 ms, the longest that is negotiated, are 480. */
const PACKET_SAMPLES = 4096;
/** Audio of packets that come with the end may outlast it by this much: 40 ms. */
const TAIL_FRAMES = 320;
/** A clock that goes back further than this was set; what follows goes on where the recording stands. */
const CLOCK_SET_BACK_MS = 2000;

const writeFully = (file: number, bytes: Uint8Array, position: number): void => {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
  }
};

/** Turns wall-clock times into frames since the start; never runs back by more than a packet's delay. */
const createFrameClock = (startedAt: number): ((time: number) => number) => {
  let shift = 0;
  let latest = startedAt;
  return (time) => {
    if (time + shift < latest - CLOCK_SET_BACK_MS) shift = latest - time;
    const steady = time + shift;
    if (steady > latest) latest = steady;
    return Math.round((steady - startedAt) * FRAMES_PER_MS);
  };
};

/**
 * Two seconds of stereo in memory, ahead of what is in the file. Frames are counted from the recording's start.
 */
const createRing = (file: number) => {
  const frames = new Int16Array(RING_FRAMES * 2);
  const bytes = Buffer.from(frames.buffer);
  let written = 0;

  const writeSpan = (count: number): void => {
    const from = written % RING_FRAMES;
    const span = bytes.subarray(from * FRAME_BYTES, (from + count) * FRAME_BYTES);
    writeFully(file, span, HEADER_BYTES + written * FRAME_BYTES);
    span.fill(0);
    written += count;
  };

  return {
    written: () => written,
    /** Puts `count` bytes, decoded by `levels`, at `position`; what is in the file already stays as it is. */
    put(channel: number, position: number, payload: Uint8Array, count: number, levels: Int16Array): void {
      const first = Math.max(0, written - position);
      let at = ((position + first) % RING_FRAMES) * 2 + channel;
      for (let i = first; i < count; i += 1) {
        frames[at] = levels[payload[i] as number] as number;
        at = (at + 2) & (RING_FRAMES * 2 - 1);
      }
    },
    /** Writes all frames before `target`; those that nobody sent are silent, and a hole in the file where they are many. */
    writeTo(target: number): void {
      const end = Math.min(target, MAX_FRAMES);
      const inMemory = written + RING_FRAMES;
      while (written < Math.min(end, inMemory)) {
        writeSpan(Math.min(Math.min(end, inMemory) - written, RING_FRAMES - (written % RING_FRAMES)));
      }
      if (end <= written) return;
      ftruncateSync(file, HEADER_BYTES + end * FRAME_BYTES);
      written = end;
    },
    /** Takes back what is in the file from `target` on. */
    cutTo(target: number): void {
      written = Math.max(0, Math.min(written, target));
      ftruncateSync(file, HEADER_BYTES + written * FRAME_BYTES);
    },
  };
};

/**
 * Starts a recording: 8 kHz 16-bit stereo WAV, silence where nothing was heard. The header is right after each flush, so
 * that the file plays after a crash up to the last one, and to its end once repaired. Directories are made as needed.
 *
 * Packets find their place by RTP timestamp; see timeline.ts for what happens when timestamps misbehave. Memory is 64 KB a
 * recording whatever comes. A refused write ends the recording: `flush` throws it, and `close` gives what is in the file.
 *
 * @param path must not exist
 * @param startedAt milliseconds since the epoch: the file's first sample
 * @throws the file system's error
 */
export const createRecorder = (path: string, startedAt: number): Recorder => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'wx', 0o600);
  const header = recordingHeader(0);
  const ring = createRing(file);
  const timelines = [createTimeline(), createTimeline()] as const;
  const frameAt = createFrameClock(startedAt);
  let failure: Error | undefined;
  let closing: Promise<RecordingResult> | undefined;

  const writeTo = (target: number): void => {
    if (failure) return;
    try {
      ring.writeTo(target);
      setFrames(header, ring.written());
      writeFully(file, header, 0);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
  };

  const finish = async (now: number): Promise<RecordingResult> => {
    try {
      const end = frameAt(now);
      const heard = Math.max(timelines[0].end(), timelines[1].end());
      const length = Math.max(end, Math.min(heard, end + TAIL_FRAMES));
      writeTo(length);
      if (failure || ring.written() > length) {
        // Overwriting and shortening work on a full disk.
        ring.cutTo(length);
        setFrames(header, ring.written());
        writeFully(file, header, 0);
      }
      await sync(file);
    } finally {
      closeSync(file);
    }
    const frames = ring.written();
    return {
      path,
      startedAt,
      durationMs: Math.round(frames / FRAMES_PER_MS),
      bytes: HEADER_BYTES + frames * FRAME_BYTES,
      sha256: await sha256OfFile(path),
    };
  };

  try {
    writeFully(file, header, 0);
  } catch (error) {
    closeSync(file);
    throw error;
  }

  return {
    packet(channel, arrivedAt, ssrc, timestamp, codec, payload) {
      if (failure || closing) return;
      const arrival = frameAt(arrivedAt);
      const count = Math.min(payload.length, PACKET_SAMPLES);
      const position = timelines[channel].place(arrival, ssrc, timestamp, count);
      if (position === undefined) return;
      if (position + count > ring.written() + RING_FRAMES) writeTo(arrival - REORDER_SAMPLES);
      if (failure) return;
      ring.put(channel, position, payload, count, g711Levels(codec));
    },
    flush(now) {
      if (closing) return;
      writeTo(frameAt(now) - REORDER_SAMPLES);
      if (failure) throw failure;
    },
    close(now) {
      closing ??= finish(now);
      return closing;
    },
  };
};
