import { closeSync, fdatasync, ftruncateSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { CodecName } from '../../sdp/index.ts';
import { g711Levels } from '../g711.ts';
import type { MessageOptions, MessageResult } from '../types.ts';
import { sha256OfFile } from './hash.ts';
import { FRAMES_PER_MS, HEADER_BYTES, recordingHeader, setFrames } from './header.ts';
import { createSpeechDetector, SPEECH_FRAME } from './speech.ts';
import { createTimeline, REORDER_SAMPLES } from './timeline.ts';

const sync = promisify(fdatasync);

/** Samples kept in memory: what may still change, a second that waits to be written, and a packet. */
const RING = SPEECH_FRAME * 128;
/** What waits is written once there is so much of it: 1 s. */
const WRITTEN_AT_ONCE = SPEECH_FRAME * 50;
/** Samples taken from one packet. */
const PACKET_SAMPLES = 4096;
const SAMPLE_BYTES = 2;

type EndedBy = MessageResult['endedBy'];

/** A message as it is recorded, in the RTP edge's thread. Times are monotonic milliseconds. */
export type MessageRecorder = {
  packet(now: number, ssrc: number, timestamp: number, codec: CodecName, payload: Uint8Array): void;
  /** Judges and writes what is complete; to be called every 50 ms or so. @returns why the message is over, if it is */
  tick(now: number): EndedBy | undefined;
  /**
   * Cuts off the silence at its end and closes the file. To be called once.
   * @throws the file system's error, what was written before left in place
   */
  finish(now: number, endedBy: EndedBy): Promise<MessageResult>;
};

const writeFully = (file: number, bytes: Uint8Array, position: number): void => {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
  }
};

/** Samples in order, from a ring of packets to the file. Positions are samples from the beginning. */
const createReel = (path: string) => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'wx', 0o600);
  const samples = new Int16Array(RING);
  const bytes = Buffer.from(samples.buffer);
  const header = recordingHeader(0, 1);
  let written = 0;

  const writeHeader = (): void => {
    setFrames(header, written, 1);
    writeFully(file, header, 0);
  };

  try {
    writeHeader();
  } catch (error) {
    closeSync(file);
    throw error;
  }

  return {
    samples,
    written: () => written,
    /** Writes what comes before `target`, at most a ring ahead. */
    writeTo(target: number): void {
      while (written < target) {
        const from = written % RING;
        const count = Math.min(target - written, RING - from);
        const span = bytes.subarray(from * SAMPLE_BYTES, (from + count) * SAMPLE_BYTES);
        writeFully(file, span, HEADER_BYTES + written * SAMPLE_BYTES);
        span.fill(0);
        written += count;
      }
      writeHeader();
    },
    /** Takes back what is in the file from `target` on. */
    cutTo(target: number): void {
      written = Math.min(written, target);
      ftruncateSync(file, HEADER_BYTES + written * SAMPLE_BYTES);
      writeHeader();
    },
    sync: () => sync(file),
    close: () => closeSync(file),
  };
};

/**
 * Starts a message: mono 8 kHz 16-bit WAV, silence where nothing was heard, its header right after each write.
 *
 * @param began monotonic milliseconds: the message's first moment
 * @throws the file system's error
 */
export const startMessage = (options: MessageOptions, began: number): MessageRecorder => {
  const { path, silenceMs, minMs = 0 } = options;
  const reel = createReel(path);
  const timeline = createTimeline();
  const speech = createSpeechDetector();
  const frame = new Int16Array(SPEECH_FRAME);
  const most = Math.floor(options.maxMs * FRAMES_PER_MS);
  /** Up to here it is complete and judged. */
  let judged = 0;

  const frameAt = (now: number): number => Math.min(most, Math.round((now - began) * FRAMES_PER_MS));

  /** Takes everything before `target` as complete. */
  const advance = (target: number): void => {
    for (; judged + SPEECH_FRAME <= target; judged += SPEECH_FRAME) {
      if (judged + SPEECH_FRAME > reel.written() + RING) reel.writeTo(judged);
      const from = judged % RING;
      frame.set(reel.samples.subarray(from, from + SPEECH_FRAME));
      speech.frame(frame);
    }
    if (judged - reel.written() >= WRITTEN_AT_ONCE) reel.writeTo(judged);
  };

  const close = async (length: number): Promise<Pick<MessageResult, 'bytes' | 'sha256' | 'kept'>> => {
    const kept = length > 0 && length >= minMs * FRAMES_PER_MS;
    try {
      if (kept) {
        reel.writeTo(Math.min(judged, length));
        reel.cutTo(length);
        await reel.sync();
      }
    } finally {
      reel.close();
    }
    if (kept) return { kept, bytes: HEADER_BYTES + length * SAMPLE_BYTES, sha256: await sha256OfFile(path) };
    unlinkSync(path);
    return { kept, bytes: 0, sha256: '' };
  };

  return {
    packet(now, ssrc, timestamp, codec, payload) {
      const arrival = frameAt(now);
      const count = Math.min(payload.length, PACKET_SAMPLES);
      const position = timeline.place(arrival, ssrc, timestamp, count);
      if (position === undefined) return;
      if (position + count > reel.written() + RING) {
        advance(arrival - REORDER_SAMPLES);
        reel.writeTo(judged);
      }
      const levels = g711Levels(codec);
      const last = Math.min(count, most - position, reel.written() + RING - position);
      for (let i = Math.max(0, judged - position); i < last; i += 1) {
        reel.samples[(position + i) % RING] = levels[payload[i] as number] as number;
      }
    },
    tick(now) {
      const reached = frameAt(now);
      advance(reached - REORDER_SAMPLES);
      if (reached >= most) return 'max';
      return judged - speech.spokenUntil >= silenceMs * FRAMES_PER_MS ? 'silence' : undefined;
    },
    async finish(now, endedBy) {
      advance(frameAt(now));
      const length = speech.keepUntil;
      const closed = await close(length);
      return {
        path,
        endedBy,
        durationMs: Math.round(length / FRAMES_PER_MS),
        speechMs: Math.round(speech.spoken / FRAMES_PER_MS),
        ...closed,
      };
    },
  };
};
