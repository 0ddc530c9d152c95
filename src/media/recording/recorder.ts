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
import { createTimeline, REORDER_SAMPLES, type Timeline } from './timeline.ts';
import type { Channel, Recorder } from './types.ts';

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

const saturated = (sample: number): number => Math.max(-32_768, Math.min(32_767, sample));

/**
 * Two seconds of stereo in memory, ahead of what is in the file. Frames are counted from the recording's start. The first
 * voice of each channel is put where it is written from; each further one has a layer of its own until then.
 */
const createRing = (file: number) => {
  const frames = new Int16Array(RING_FRAMES * 2);
  const bytes = Buffer.from(frames.buffer);
  const layers: readonly [Int16Array[], Int16Array[]] = [[], []];
  let written = 0;

  const layerOf = (channel: Channel, voice: number): Int16Array => {
    const known = layers[channel][voice - 1];
    if (known !== undefined) return known;
    const layer = new Int16Array(RING_FRAMES);
    layers[channel][voice - 1] = layer;
    return layer;
  };

  const addLayer = (channel: Channel, layer: Int16Array, from: number, count: number): void => {
    for (let i = from; i < from + count; i += 1) {
      const at = i * 2 + channel;
      if (layer[i] !== 0) frames[at] = saturated((frames[at] as number) + (layer[i] as number));
    }
    layer.fill(0, from, from + count);
  };

  const writeSpan = (count: number): void => {
    const from = written % RING_FRAMES;
    for (const layer of layers[0]) addLayer(0, layer, from, count);
    for (const layer of layers[1]) addLayer(1, layer, from, count);
    const span = bytes.subarray(from * FRAME_BYTES, (from + count) * FRAME_BYTES);
    writeFully(file, span, HEADER_BYTES + written * FRAME_BYTES);
    span.fill(0);
    written += count;
  };

  return {
    written: () => written,
    /** Puts `count` bytes, decoded by `levels`, at `position`; what is in the file already stays as it is. */
    put(
      channel: Channel,
      voice: number,
      position: number,
      payload: Uint8Array,
      count: number,
      levels: Int16Array,
    ): void {
      const [samples, step] = voice === 0 ? [frames, 2] : [layerOf(channel, voice), 1];
      const first = Math.max(0, written - position);
      let at = ((position + first) % RING_FRAMES) * step + (voice === 0 ? channel : 0);
      for (let i = first; i < count; i += 1) {
        samples[at] = levels[payload[i] as number] as number;
        at = (at + step) & (samples.length - 1);
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
 * recording, and 32 KB for each further voice of a channel, whatever comes. A refused write ends the recording: `flush` throws it, and `close` gives what is in the file.
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
  /** Of each channel's voices. */
  const timelines: readonly [Timeline[], Timeline[]] = [[], []];
  const frameAt = createFrameClock(startedAt);
  let failure: Error | undefined;
  let closing: Promise<RecordingResult> | undefined;

  const timelineOf = (channel: Channel, voice: number): Timeline => {
    const known = timelines[channel][voice];
    if (known !== undefined) return known;
    const timeline = createTimeline();
    timelines[channel][voice] = timeline;
    return timeline;
  };

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
      const heard = Math.max(0, ...timelines.flatMap((each) => each.map((timeline) => timeline.end())));
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
    packet(channel, arrivedAt, ssrc, timestamp, codec, payload, voice = 0) {
      if (failure || closing) return;
      const arrival = frameAt(arrivedAt);
      const count = Math.min(payload.length, PACKET_SAMPLES);
      const position = timelineOf(channel, voice).place(arrival, ssrc, timestamp, count);
      if (position === undefined) return;
      if (position + count > ring.written() + RING_FRAMES) writeTo(arrival - REORDER_SAMPLES);
      if (failure) return;
      ring.put(channel, voice, position, payload, count, g711Levels(codec));
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
